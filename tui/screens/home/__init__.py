"""Where the workspace stands, and the way in."""
