"""The export stage: writes a GGUF, if it passes the test that it answers as the trained model does."""
