"""The reader of each suite. A new suite is an entry of `models/suites.toml` and one line of this table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from orca_local.suites.question import Question, Row
from orca_local.suites.readers.bbh import read_bbh
from orca_local.suites.readers.crass import read_crass
from orca_local.suites.readers.drop import read_drop
from orca_local.suites.readers.gsm8k import read_gsm8k
from orca_local.suites.readers.multiple_choice import read_agieval, read_arc, read_mmlu, read_race

READERS: Mapping[str, Callable[[Row], Question]] = MappingProxyType(
    {
        "agieval": read_agieval,
        "bbh": read_bbh,
        "drop": read_drop,
        "crass": read_crass,
        "race": read_race,
        "gsm8k": read_gsm8k,
        "mmlu": read_mmlu,
        "arc-challenge": read_arc,
    }
)
"""Make a question of a row, by the name of the suite. They raise `InputError` for a row without their columns."""
