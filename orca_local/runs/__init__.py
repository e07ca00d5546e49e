"""A workspace and its runs: lock, events, detached processes, progress, deletion."""
