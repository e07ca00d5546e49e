"""How the columns of a row become the keys of the task format."""
