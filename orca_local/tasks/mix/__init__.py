"""Mixes of tasks from many ready sources, in proportions that were published."""
