"""The teach stage: a stronger model's answers, each asked for once and kept for ever."""
