"""Parts that several screens are made of."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult

from tui.widgets.choices import Choices, Field
from tui.widgets.listing import Column, Listing

pytestmark = pytest.mark.anyio


class Shown(App[None]):
    """One list and one form."""

    def compose(self) -> ComposeResult:
        yield Listing(
            [Column[str]("name", lambda row: row, 8), Column[str]("wide", lambda row: row * 2, 8, at_least=60)],
            lambda row: row[0],
            id="list",
        )
        yield Choices([Field("a", "first", ("one", "two")), Field("b", "second", ("[b]x",))], {"b": "gone"})


async def test_the_cursor_stays_on_its_row() -> None:
    async with Shown().run_test(size=(40, 20)) as pilot:
        rows = pilot.app.query_one(Listing)
        assert rows.current is None
        rows.focus()
        await pilot.press("down", "end")
        rows.show([f"{n}" for n in range(5)])
        await pilot.press("down", "down")
        assert rows.current == "2"
        rows.show(["9", "8", "2", "1"])
        assert rows.current == "2"
        rows.show(["9"])
        assert rows.current == "9"
        rows.change("9!")
        rows.change("unknown")
        assert list(rows.rows) == ["9!"]
        rows.show([])
        assert rows.current is None


async def test_every_row_is_seen_below_the_head() -> None:
    async with Shown().run_test(size=(40, 12)) as pilot:
        rows = pilot.app.query_one(Listing)
        rows.focus()
        rows.show([f"{n} row" for n in range(100)])
        for key in ("end", "pageup", "pageup", "down", "home"):
            await pilot.press(key)
            await pilot.pause()
            lines = [rows.render_line(y).text for y in range(rows.size.height)]
            assert lines[0].startswith("name")
            assert any(line.startswith(str(rows.current)[:8]) for line in lines[1:])
        await pilot.click("#list", offset=(2, 3))
        assert rows.current == "2 row"


async def test_untrusted_text_fills_its_cell_and_no_more() -> None:
    async with Shown().run_test(size=(80, 12)) as pilot:
        rows = pilot.app.query_one(Listing)
        rows.show(["\x1b[31m漢字漢字漢字\nx", "[b]a"])
        await pilot.pause()
        assert rows.render_line(1).text.split() == ["漢字漢", "…", "漢字漢", "…"]
        assert rows.render_line(1).cell_length == rows.size.width
        assert rows.render_line(2).text.split() == ["[b]a", "[b]a[b]a"]


async def test_fields_are_chosen_by_arrows_and_letters() -> None:
    async with Shown().run_test(size=(80, 24)) as pilot:
        choices = pilot.app.query_one(Choices)
        choices.focus()
        await pilot.press("t")
        assert choices.chosen == {"a": "two", "b": "gone"}
        await pilot.press("right", "up", "left")
        assert choices.chosen == {"a": "", "b": "[b]x"}
        await pilot.press("backspace", "down", "left")
        assert choices.chosen == {"a": "two", "b": ""}
