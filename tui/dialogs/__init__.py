"""What asks before something is done."""
