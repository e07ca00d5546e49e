"""The training: its curves, its figures, start, stop and going on."""
