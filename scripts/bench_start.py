"""Time the start of the command line: `--help`, and the import of the package.

python scripts/bench_start.py [--runs 15]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

HELP_SECONDS = 0.3
"""Target for `orca-local --help`."""
COMMANDS = {
    "python": ["-c", "pass"],
    "import orca_local": ["-c", "import orca_local"],
    "orca-local --help": ["-m", "orca_local", "--help"],
}


def main() -> None:
    """Print the median and the minimum of each command, in seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(runs):  # in turns, so that a slow moment of the machine does not hit one command alone
        for name, arguments in COMMANDS.items():
            times[name].append(_seconds(arguments))
    for name, seconds in times.items():
        sys.stdout.write(f"{name:20} median {statistics.median(seconds):.3f} s, minimum {min(seconds):.3f} s\n")
    verdict = "within" if min(times["orca-local --help"]) < HELP_SECONDS else "ABOVE"
    sys.stdout.write(f"`--help` is {verdict} its target of {HELP_SECONDS} s\n")


def _seconds(arguments: Sequence[str]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
