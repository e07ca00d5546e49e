"""The teach stage: ask a stronger model for answers and store them; no question is asked twice."""
