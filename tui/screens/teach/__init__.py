"""What the teacher is asked, what it costs, and what it answers."""
