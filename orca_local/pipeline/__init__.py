"""The stages of one workspace, wired to its student, its store and its settings."""
