"""All runs and what happened in them."""
