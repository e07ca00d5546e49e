"""A judge: a model that grades open answers and compares them."""
