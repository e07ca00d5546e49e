"""Parts that several screens are made of."""

from __future__ import annotations

import asyncio

import pytest
from textual.app import App, ComposeResult
from textual.visual import VisualType

from tui.dialogs.start_form import StartForm
from tui.widgets.choices import Choices, Field
from tui.widgets.lines import Lines
from tui.widgets.listing import Column, Listing
from tui.widgets.live_text import LiveText
from tui.widgets.ticks import Tick, Ticks

pytestmark = pytest.mark.anyio


class Shown(App[None]):
    """One list and one form."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []
        """What the list has said, with the row that was under its cursor."""

    def compose(self) -> ComposeResult:
        yield Listing(
            [Column[str]("name", lambda row: row, 8), Column[str]("wide", lambda row: row * 2, 8, min_list_width=60)],
            lambda row: row[0],
            id="list",
        )
        yield Choices([Field("a", "first", ("one", "two")), Field("b", "second", ("[b]x",))], {"b": "gone"})

    def on_listing_moved(self, event: Listing.Moved) -> None:
        self.heard.append(f"moved {event.listing.current}")

    def on_listing_chosen(self, event: Listing.Chosen) -> None:
        self.heard.append(f"chosen {event.listing.current}")


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
        rows.replace("9!")
        rows.replace("unknown")
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
            assert lines[0].startswith(" name")
            assert any(line.startswith(f" {rows.current}") for line in lines[1:])
        await pilot.click("#list", offset=(2, 3))
        assert rows.current == "2 row"
        rows.show(list(rows.rows)[::-1], to_first=True)
        assert rows.current == "99 row"


async def test_a_double_click_chooses_and_none_is_chosen_below_the_last() -> None:
    app = Shown()
    async with app.run_test(size=(40, 12)) as pilot:
        app.query_one(Listing).show(["0", "1", "2"])
        await pilot.click("#list", offset=(2, 3), times=2)
        await pilot.click("#list", offset=(2, 6), times=2)
        await pilot.click("#list", offset=(2, 0), times=2)
        assert app.heard == ["moved 0", "moved 2", "chosen 2"]


async def test_numbers_stand_at_the_right_and_one_column_takes_the_rest() -> None:
    async with Shown().run_test(size=(40, 12)) as pilot:
        rows = pilot.app.query_one(Listing)
        for count, width in ((2, 40), (20, 39)):
            rows.show(
                [f"{n}" * 50 for n in range(count)],
                [Column[str]("n", lambda row: row[0], 4, is_number=True), Column[str]("rest", lambda row: row)],
            )
            await pilot.pause()
            assert rows.render_line(0).text == "    n  rest".ljust(width)
            assert rows.render_line(2).text == f"    1  {'1' * (width - 9)}… ", "also where there is a scrollbar"


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


class Ticked(App[None]):
    """A list of boxes, and one alone."""

    def compose(self) -> ComposeResult:
        """None of them is ticked."""
        yield Ticks[str](("first", "1"), ("second", "2"))
        yield Tick("alone")


async def test_a_box_tells_by_its_mark_whether_it_is_ticked() -> None:
    app = Ticked()
    async with app.run_test() as pilot:
        boxes, alone = app.query_one(Ticks), app.query_one(Tick)

        def marked() -> list[bool]:
            lines = [boxes.render_line(y).text for y in range(2)]
            return ["X" in line for line in [*lines, str(alone.render())]]

        assert marked() == [False, False, False]
        await pilot.press("down", "space", "tab", "space")
        assert marked() == [False, True, True]


async def test_words_are_laid_out_again_only_where_they_take_other_room() -> None:
    layouts: list[bool] = []

    class Watched(LiveText):
        def update(self, content: VisualType = "", *, layout: bool = True) -> None:
            layouts.append(layout)
            super().update(content, layout=layout)

    class Holder(App[None]):
        CSS = "LiveText { height: auto; }  #short { width: auto; }"

        def compose(self) -> ComposeResult:
            yield Watched("one", id="lines")
            yield LiveText("at the right", id="short")

    async with Holder().run_test(size=(20, 10)) as pilot:
        lines, short = pilot.app.query_one("#lines", Watched), pilot.app.query_one("#short", LiveText)

        async def said(words: LiveText, text: str) -> tuple[int, int]:
            layouts.clear()
            words.set_text(text)
            await pilot.pause()
            assert str(words.content) == text
            return words.size.width, words.size.height

        assert await said(lines, "two [b]") == (20, 1) and not any(layouts)
        assert await said(lines, "two [b]") == (20, 1) and not layouts
        assert await said(lines, "more than fits into twenty") == (20, 2) and any(layouts)
        assert await said(lines, "one again") == (20, 1) and any(layouts)
        assert await said(short, "at the left!") == (12, 1)
        assert await said(short, "left") == (4, 1)


class Late(StartForm):
    """A form whose estimate comes when its parts are gone."""

    def compose_options(self) -> ComposeResult:
        yield LiveText("no options")

    async def estimate(self) -> str:
        while self.query("#estimate"):
            await asyncio.sleep(0)
        return "too late"


@pytest.mark.slow
async def test_a_form_may_be_left_before_its_estimate_comes() -> None:
    async with App[None]().run_test() as pilot:
        for _ in range(2):
            await pilot.app.push_screen(Late())
            await pilot.pause()
            await pilot.press("escape")
            await pilot.pause()
        assert len(pilot.app.screen_stack) == 1
        await pilot.app.push_screen(Late())
        await pilot.pause()


async def test_lines_are_as_wide_with_a_scroll_bar_as_without() -> None:
    widths: list[int] = []

    def make(width: int) -> list[list[tuple[str, str]]]:
        widths.append(width)
        return [[("line", "")]] * 50

    class Holder(App[None]):
        def compose(self) -> ComposeResult:
            yield Lines()

    async with Holder().run_test(size=(60, 10)) as pilot:
        lines = pilot.app.query_one(Lines)
        lines.show(make)
        await pilot.pause()
        assert lines.show_vertical_scrollbar
        lines.show(make)
        assert {*widths} == {59}
