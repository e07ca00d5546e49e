"""Serve directories as datasets of a hub on loopback, for measurements without the network.

    python -m scripts.serve_hub DIRECTORY

Each `DIRECTORY/OWNER/NAME` is a dataset. A file `COMMIT` in it names the commit of `main`; without it, the commit is
made of the content. The program prints the line that points orca-local at it, and ends with Ctrl-C or after an hour.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.hub_dataset import HubDataset
from tests.hub_server import HubServer

LIFE_S = 3600.0


def load_datasets(directory: Path) -> list[HubDataset]:
    """The datasets of a directory. The content of their files stays on the disk."""
    datasets = []
    for root in sorted(path for path in directory.glob("*/*") if path.is_dir()):
        files: dict[str, bytes | Path] = {
            str(path.relative_to(root)): path for path in sorted(root.rglob("*")) if path.is_file()
        }
        named = files.pop("COMMIT", None)
        commit = named.read_text().strip() if isinstance(named, Path) else ""
        datasets.append(HubDataset(f"{root.parent.name}/{root.name}", files, commit=commit))
    return datasets


def main() -> None:
    """Serve the directory that the command line names."""
    datasets = load_datasets(Path(sys.argv[1]))
    with HubServer(datasets=datasets, life_s=LIFE_S) as hub:
        print(f"export HF_ENDPOINT={hub.url}  # {', '.join(dataset.name for dataset in datasets)}", flush=True)
        end = time.monotonic() + LIFE_S
        while time.monotonic() < end:
            time.sleep(1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
