"""The tasks of a workspace and their samples."""
