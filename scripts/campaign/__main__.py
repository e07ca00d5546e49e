"""Try to break the program, and count what it does right and wrong. Bounded, on loopback, in temporary directories.

    python -m scripts.campaign [faults] [kills] [inputs] [stores] [--limit N]

`faults`: a teacher's endpoint that sends what it should not. `kills`: commands that are killed and started again.
`inputs`: bad values, task files, settings, models and bundles. `stores`: commands on damaged databases. Prints each
case that goes wrong and ends with 1 if there is one. All of it takes about forty minutes on two cores.
"""

from __future__ import annotations

import argparse
import importlib

PARTS = ("faults", "kills", "inputs", "stores")


def main() -> int:
    """Run the named parts, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all")
    parser.add_argument("--limit", type=int, default=0, help="cases of each part (default: all)")
    arguments = parser.parse_args()
    tallies = []
    for part in arguments.parts or PARTS:
        tally = importlib.import_module(f"scripts.campaign.{part}").campaign(arguments.limit)
        tally.show()
        tallies.append(tally)
    return int(any(tally.wrong for tally in tallies))


if __name__ == "__main__":
    raise SystemExit(main())
