"""One package per screen, with its styles."""
