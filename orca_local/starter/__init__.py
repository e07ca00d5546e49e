"""The starter: packaged tasks, and worked answers to them that a program wrote."""
