"""One package a screen, its styles beside it."""
