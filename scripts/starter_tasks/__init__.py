"""The tasks of the starter: small programs that write samples and worked answers."""
