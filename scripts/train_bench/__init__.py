"""The trainers that `bench_train.py` compares, and how it counts arithmetic."""
