"""`python -m tests.export.child GGUF DIRECTORY TYPE…`: export a base in a process that may be killed or starved."""

from __future__ import annotations

import sys
from pathlib import Path

from orca_local.store.store import Store
from tests.export.scene import run_base


def main() -> None:
    gguf, directory = Path(sys.argv[1]), Path(sys.argv[2])
    with Store.open(directory / "orca.db", create=True) as store:
        for _ in run_base(store, gguf, directory / "out", sys.argv[3:]):
            pass


if __name__ == "__main__":
    main()
