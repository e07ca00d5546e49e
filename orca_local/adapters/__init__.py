"""LoRA adapters as files."""
