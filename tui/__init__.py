"""The terminal interface; it launches runs, edits review states and reads the store."""
