"""Export and evaluation: acceptance test, files, and results of base and tuned."""
