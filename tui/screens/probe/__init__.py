"""The strategy matrix, filling live, and the answers behind each cell."""
