"""The dataset stage: the teacher's answers as training rows, the strategy erased."""
