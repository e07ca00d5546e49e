"""The model catalog, downloads, and the header of any GGUF."""
