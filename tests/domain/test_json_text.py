"""JSON of strangers: what Python reads and this program cannot work with is refused with its reason."""

from __future__ import annotations

import pytest

from orca_local.domain.json_text import MAX_DEPTH, parse_json, parse_json_at

FORMS = (("[", "1", "]"), ('{"a":', "{}", "}"), ("[", "[]", "]"))


@pytest.mark.parametrize(("opened", "inner", "closed"), FORMS)
@pytest.mark.parametrize(("more", "is_read"), [(-1, True), (1, False), (700, False), (100_000, False)])
def test_values_inside_each_other_are_limited(opened: str, inner: str, closed: str, more: int, is_read: bool) -> None:
    depth = MAX_DEPTH + more
    text = opened * depth + inner + closed * depth
    if is_read:
        assert parse_json_at(f"x{text},", 1) == (parse_json(text), 1 + len(text))
        return
    for parse in (parse_json, lambda text: parse_json_at(text, 0)):
        with pytest.raises(ValueError, match="its values are nested too deeply"):
            parse(text)


def test_many_values_beside_each_other_are_read() -> None:
    assert len(parse_json("[" + "[{}]," * 5000 + "[]]")) == 5001
