"""The Dataset screen: review the teacher's answers before training on them."""
