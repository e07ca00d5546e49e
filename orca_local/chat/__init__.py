"""A conversation with one or two models."""
