"""The files that come out, the test they pass, and how base and tuned compare."""
