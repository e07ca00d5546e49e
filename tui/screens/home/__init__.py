"""The first screen: the state of the workspace, or a welcome."""
