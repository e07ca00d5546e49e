"""Models that are known by id, and how to find and fetch them."""
