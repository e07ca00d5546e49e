"""The teacher: its progress, cost and answers."""
