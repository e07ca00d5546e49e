"""The evaluate stage: base and tuned files on the holdout, paired, with intervals, and the report."""
