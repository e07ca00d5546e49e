"""The export stage: one GGUF that answers as the trained model did, or none."""
