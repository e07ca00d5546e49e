"""Judged: an open answer that a judge grades. Without a judge it is taught, but not probed or evaluated."""

from __future__ import annotations

from orca_local.kinds.free import Free


class Judged(Free):
    """Any text. References are optional, and are shown to the judge."""

    name = "judged"
    is_judged = True
