"""A campaign of faults against the program, to run before a release: `python -m scripts.campaign`."""
