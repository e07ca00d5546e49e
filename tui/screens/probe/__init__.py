"""The matrix of tasks and strategies, and the answers of each cell."""
