"""Compare what the readers take from answers with what a person reads in them.

    python scripts/check_reading.py ANSWERS.jsonl [--failures]

Each line has `kind`, `prompt`, `labels`, `text` and `gold`: the answer as a person reads it, a list of readings that
are all right, or null if there is none. Prints the agreement of both readings for each kind. A strict reading may be
missing; a wrong one is counted by itself.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

import click

from orca_local.kinds.base import AnswerKind
from orca_local.kinds.table import get_kind


def agrees(kind: AnswerKind, answer: str | None, gold: Any) -> bool:
    """Whether a reading is one that the person accepts."""
    options = gold if isinstance(gold, list) else [gold]
    if answer is None:
        return None in options
    return any(option is not None and kind.compare(answer, str(option)) == 1 for option in options)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("answers", type=Path)
    parser.add_argument("--failures", action="store_true", help="print each answer that is read otherwise")
    arguments = parser.parse_args()
    counts: Counter[tuple[str, str]] = Counter()
    for line in arguments.answers.read_text().splitlines():
        entry = json.loads(line)
        kind = get_kind(entry["kind"])
        readings = kind.read(entry["text"], prompt=entry["prompt"], labels=entry["labels"])
        results = {
            "all": True,
            "lenient": agrees(kind, readings.lenient, entry["gold"]),
            "strict": readings.strict is not None and agrees(kind, readings.strict, entry["gold"]),
            "strict wrong": readings.strict is not None and not agrees(kind, readings.strict, entry["gold"]),
        }
        for name, holds in results.items():
            counts.update({(kind.name, name): holds, ("all", name): holds})
        if arguments.failures and (not results["lenient"] or results["strict wrong"]):
            click.echo(
                json.dumps({**entry, "strict": readings.strict, "lenient": readings.lenient}, ensure_ascii=False)
            )
    click.echo(f"{'kind':16} {'answers':>8} {'lenient agrees':>15} {'strict agrees':>14} {'strict wrong':>13}")
    for name in sorted({kind for kind, _ in counts}):
        n = counts[name, "all"]
        click.echo(
            f"{name:16} {n:8} {counts[name, 'lenient'] / n:15.1%} {counts[name, 'strict'] / n:14.1%}"
            f" {counts[name, 'strict wrong']:13}"
        )


if __name__ == "__main__":
    main()
