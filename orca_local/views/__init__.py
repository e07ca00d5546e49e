"""Read-only views of a workspace: one module for each screen or stage that the interface and command line show."""
