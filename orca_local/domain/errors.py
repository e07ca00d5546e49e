"""What can go wrong, said once: a message with the value, and the remedy."""

from __future__ import annotations


class OrcaError(Exception):
    """A failure that the user can act on; anything else is a bug of ours."""

    kind = "failed"
    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        """The command or change that fixes it."""


class InputError(OrcaError):
    """Bad usage, a bad file or a bad setting."""

    kind = "input"
    exit_code = 2


class MissingError(OrcaError):
    """Something that this machine lacks: a model, a package, memory, disk."""

    kind = "missing"
    exit_code = 3


class RemoteError(OrcaError):
    """The teacher, the hub or the network did not do its part."""

    kind = "remote"
    exit_code = 4


class BusyError(OrcaError):
    """Another run holds the workspace."""

    kind = "busy"


class AcceptanceError(OrcaError):
    """An export failed its acceptance test; nothing was written under a final name."""

    kind = "acceptance"
