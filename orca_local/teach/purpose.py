"""What calls to a model behind an API are made for. Each purpose has limits of its own."""

from __future__ import annotations

from orca_local.domain.frozen import Frozen


class Purpose(Frozen):
    """A use of calls: its name in the store, and what messages about it name."""

    name: str
    """Value of `charges.purpose`. Calls of one purpose never count against the limits of another."""
    section: str
    """Section of `orca.toml` that has the settings and the limits."""
    command: str
    """The command that continues what a limit or an error stopped."""
    subject: str
    """What the messages call the model that answers."""
    keeps_all: bool = False
    """Whether refusals, cut off and empty answers are answers too, as in an evaluation of the model."""


TEACHING = Purpose("teach", "teacher", "orca-local teach", "teacher")
