"""Draw the interface's screens on a workspace, for the README.

python scripts/make_pictures.py WORKSPACE [--size 120x36]

Writes docs/figures/tui-SCREEN.svg for the screens that the README shows.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tui.app import OrcaApp

FIGURES = Path(__file__).resolve().parents[1] / "docs" / "figures"
SCREENS = ("home", "probe", "train", "export")


async def draw(workspace: Path, size: tuple[int, int], target: Path) -> None:
    """Draw one picture per screen."""
    app = OrcaApp(workspace, workspace)
    async with app.run_test(size=size) as pilot:
        for mode in SCREENS:
            await app.action_switch_mode(mode)
            await pilot.pause(1.0)
            await app.workers.wait_for_complete()
            app.clear_notifications()
            await pilot.pause(0.5)
            (target / f"tui-{mode}.svg").write_text(app.export_screenshot(title="orca-local"), encoding="utf-8")


def main() -> None:
    """Draw all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--size", default="120x36")
    arguments = parser.parse_args()
    width, height = (int(part) for part in arguments.size.split("x"))
    asyncio.run(draw(arguments.workspace, (width, height), FIGURES))


if __name__ == "__main__":
    main()
