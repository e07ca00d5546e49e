"""The starter: tasks that come with the program, and worked answers to them that a program wrote."""
