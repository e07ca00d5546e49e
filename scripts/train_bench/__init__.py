"""What `bench_train.py` compares, and how it counts."""
