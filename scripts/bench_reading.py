"""Time the readers on long and hostile texts.

python scripts/bench_reading.py [--characters 1000000] [--slowest 10]

Each text repeats one character or one piece, such as `\\boxed{`, up to 1 MB; 60,000 line ends are among them. Prints
the slowest readings. The target is 50 ms for each.
"""

from __future__ import annotations

import argparse
import time

from orca_local.kinds.table import get_kind
from tests.kinds.hostile import LABELS, ORDINARY_KINDS, PROMPT, texts

TARGET_MS = 50


def main() -> None:
    """Print the slowest readings in milliseconds of processor time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--characters", type=int, default=1_000_000)
    parser.add_argument("--slowest", type=int, default=10)
    arguments = parser.parse_args()
    hostile = {**texts(arguments.characters), "60,000 line ends": "\n" * 60_000}
    times: list[tuple[float, str, str]] = []
    for kind in ORDINARY_KINDS:
        labels = LABELS if kind == "exact" else ()
        times += [(_milliseconds(kind, text, labels), kind, name) for name, text in hostile.items()]
    times.sort(reverse=True)
    for milliseconds, kind, name in times[: arguments.slowest]:
        print(f"{milliseconds:8.1f} ms  {kind:16} {name!r}")
    over = sum(milliseconds > TARGET_MS for milliseconds, _, _ in times)
    print(f"{len(times)} readings, {over} above {TARGET_MS} ms")


def _milliseconds(kind: str, text: str, labels: tuple[str, ...]) -> float:
    """Return the processor time of one reading; the best of three if it is near the target."""

    def read() -> float:
        start = time.process_time()
        get_kind(kind).read(text, prompt=PROMPT, labels=labels)
        return 1000 * (time.process_time() - start)

    first = read()
    return first if first < TARGET_MS / 2 else min(first, read(), read())


if __name__ == "__main__":
    main()
