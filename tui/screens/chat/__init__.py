"""Base and tuned, talked to side by side."""
