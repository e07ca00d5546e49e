"""Training rows, made here alone: the dataset preview and the trainer use the same ones."""
