"""The command line: one module a command, one module for all stderr text and exit codes."""
