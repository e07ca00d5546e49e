"""The tasks: read, filtered, sorted, imported."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from orca_local.domain.types import SPLITS, Sample
from orca_local.runs.workspace import Workspace
from orca_local.store.selections import SelectionRow
from tests.tui.scene import compare_pictures, opened, settle, until
from tui.screens.tasks.order import ListedTask
from tui.widgets.listing import Listing
from tui.widgets.text_view import TextView

pytestmark = pytest.mark.anyio


def add_tasks(workspace: Workspace, count: int, samples: int = 6) -> None:
    """Tasks `task-0000` and so on, every third with a strategy."""
    rows = []
    for task in range(count):
        for number in range(samples):
            name = f"{task}-{number}"
            kind = "number" if task % 2 else "free"
            prompt = f"Question {name}? [b]bold[/b]\x1b[31m"
            rows.append((Sample(name, f"task-{task:04}", kind, prompt, ("7",), SPLITS[number % 3]), name))
    with workspace.store() as store, store.transaction(durable=False):
        store.samples.add(rows, "test")
        for task in range(0, count, 3):
            name = f"task-{task:04}"
            row = SelectionRow(None, name, "step_by_step", 0.5, 0.4, 0.6, 20, True, "race", 0.05, "", "hand")
            store.selections.set(row)


@pytest.fixture
def many(empty: Workspace) -> Workspace:
    add_tasks(empty, 2000, samples=3)
    return empty


def listing(pilot: Pilot[None]) -> Listing[ListedTask]:
    return pilot.app.screen.query_one("#tasks", Listing)


def names(pilot: Pilot[None]) -> list[str]:
    return [task.count.task for task in listing(pilot).rows]


def count_of(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one("#count", Static).content)


@pytest.mark.slow
async def test_two_thousand_tasks_are_filtered_sorted_and_scrolled(many: Workspace, tmp_path: Path) -> None:
    async with opened(many, tmp_path, (120, 40), "tasks") as pilot:
        table = listing(pilot)
        assert len(table.rows) == 2000 and "2,000 tasks · 6,000 samples" in count_of(pilot)
        await pilot.press("down", "pagedown", "end", "home", *"oooooo")
        await pilot.press("slash", *"step")
        assert len(table.rows) == 667 and "667 of 2,000 tasks" in count_of(pilot)
        await pilot.press("space", *"0003", "enter")
        assert names(pilot) == ["task-0003"] and table.has_focus
        await pilot.press("slash", *"zzz")
        assert not table.rows and "Esc:" in count_of(pilot)
        await pilot.press("escape")
        assert len(table.rows) == 2000 and table.has_focus
        assert not pilot.app.screen.query_one("#filter", Input).display


@pytest.mark.slow
async def test_the_order_goes_from_column_to_column_and_the_cursor_stays_on_its_task(
    empty: Workspace, tmp_path: Path
) -> None:
    add_tasks(empty, 4)
    more = [(Sample(f"m{i}", "task-0002", "free", f"More {i}?", (), "train"), f"m{i}") for i in range(3)]
    with empty.store() as store:
        store.samples.add(more, "test")
    async with opened(empty, tmp_path, mode="tasks") as pilot:
        table = listing(pilot)
        await pilot.press("end")
        await pilot.press("o")
        assert [task.count.kind for task in table.rows] == ["free", "free", "number", "number"]
        await pilot.press("o", "o")
        assert names(pilot)[0] == "task-0002", "numbers from the largest down"
        assert table.current is not None and table.current.count.task == "task-0003"
        await pilot.press("o", "o")
        assert [task.strategy for task in table.rows] == ["", "", "step_by_step", "step_by_step"]
        await pilot.press("o")
        assert names(pilot) == [f"task-000{i}" for i in range(4)]


@pytest.mark.slow
async def test_samples_are_shown_as_they_are_and_more_of_them_on_enter(empty: Workspace, tmp_path: Path) -> None:
    add_tasks(empty, 2, samples=60)
    async with opened(empty, tmp_path, mode="tasks") as pilot:
        view = pilot.app.screen.query_one("#samples", TextView)
        await until(pilot, lambda: view.text.count("── 0-") == 15)
        assert "15 of 60 samples" in str(view.border_title)
        assert "step_by_step, chosen by hand" in str(view.border_title)
        await pilot.press("down")
        await until(pilot, lambda: "── 1-" in view.text)
        await pilot.press("enter")
        await until(pilot, lambda: view.text.count("── 1-") == 60)
        assert "· probe · number" in view.text and "→ 7" in view.text and "[b]bold[/b]" in view.text
        assert view.has_focus and view.size.height > 15
        await pilot.press("end")
        await settle(pilot)
        assert view.scroll_y > 100
        await pilot.press("escape")
        await until(pilot, lambda: view.text.count("── 1-") == 15)
        assert listing(pilot).has_focus


@pytest.fixture
def pictured(empty: Workspace) -> Iterator[Workspace]:
    add_tasks(empty, 40)
    yield empty


@pytest.mark.slow
async def test_it_looks_as_it_should(pictured: Workspace, tmp_path: Path) -> None:
    fresh = Workspace.create(tmp_path / "fresh" / "ws")
    await compare_pictures(fresh, tmp_path, "tasks", "tasks-none")

    async def sort(pilot: Pilot[None]) -> None:
        await pilot.press("down", "o", "o")

    async def filter_and_read(pilot: Pilot[None]) -> None:
        await pilot.press("slash", *"step", "enter", "enter")

    await compare_pictures(pictured, tmp_path, "tasks", "tasks-sorted", sort)
    await compare_pictures(pictured, tmp_path, "tasks", "tasks-reading", filter_and_read)
