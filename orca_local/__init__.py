"""Make a small, quantized language model better at your own tasks, on your own machine."""

__version__ = "0.1.0"
