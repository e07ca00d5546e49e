"""The Chat screen: talk to base and tuned side by side."""
