"""The stages, wired to a workspace: its settings, its student and its store."""
