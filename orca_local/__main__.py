"""Entry point of `orca-local` and `python -m orca_local`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its exit code."""
    try:
        from orca_local.cli.app import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt as stop:  # while modules were being loaded
        from orca_local.cli.diagnostics import report_failure

        code = report_failure(stop, as_json="--json" in sys.argv)
    sys.exit(code)


if __name__ == "__main__":
    main()
