"""The dataset stage: teacher answers become training rows without the strategy instruction."""
