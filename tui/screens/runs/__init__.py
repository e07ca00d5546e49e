"""All runs and their events."""
