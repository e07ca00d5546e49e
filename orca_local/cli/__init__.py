"""The command line: one module per command, one module for all stderr text and exit codes."""
