"""The models that are known by id, and what any GGUF is."""
