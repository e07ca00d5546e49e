"""The training: loss curves, figures, start, stop and resume."""
