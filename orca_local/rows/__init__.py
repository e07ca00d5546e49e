"""Training rows: conversations as token ids with a loss mask. The dataset preview and the trainer use the same rows."""
