"""Whatever a teacher or a served student sends, the commands go on, say what is missing, and ask for it again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_failed_samples import OPTIONS, probe, served
from tests.command import orca_here
from tests.endpoints.odd_replies import FAILING, USABLE, reply
from tests.openai_server import OpenAIServer, Reply, answer
from tests.teach.scene import solve
from tests.teach.test_request_forms import make, teach
from tests.workspaces import query

__all__ = ["served"]


COUNT = 14
"""Number of questions."""
NAMES = {
    2: "950 levels",
    4: "content of 100000 levels",
    6: "ended by 'abort'",
    8: "reasoning alone",
    10: "ended by None",
    12: "thoughts without end",
}
"""Replies that cannot be used, by the number that their question asks about."""
TEXTS = {
    1: "<think>1 and 1 \ud83d</think>\nAnswer: 2<|im_end|>\n<|im_start|>user\nMore!",
    3: "3 and 3 \ud800 \0 make 6.\nAnswer: 6",
    5: "The <|fim_middle|> of it.\nAnswer: 10",
    7: "Answer: 14\nUser: And 8?\nAssistant: 16",
}
"""Answers with remains of other turns and of broken characters."""


def _script(request: dict[str, Any], number: int) -> Reply:
    asked = int(re.findall(r"\d+", request["messages"][-1]["content"])[0])
    if asked in NAMES:
        return reply(FAILING[NAMES[asked]][0])
    return answer(TEXTS[asked]) if asked in TEXTS else solve(request, number)


@pytest.mark.slow
def test_odd_replies_fail_alone_and_no_later_command_ends_in_a_traceback(
    tmp_path: Path, tiny_gguf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with OpenAIServer(_script) as server:
        workspace = make(tmp_path / "ws", tiny_gguf, server.url, COUNT, max_usd=1.0)
        (workspace / "prices.toml").write_text('[[price]]\nmodel = "scripted"\ninput = 1.0\noutput = 1.0\n')
        for cached in (0, COUNT - len(NAMES)):
            code, result, shown = teach(capsys, workspace)
            assert code == 5 and "Traceback" not in shown
            assert result["calls"]["failed"] == len(NAMES) == result["failures"]["count"]
            assert result["calls"]["cached"] == cached
        asked = len(server.requests)
        assert asked < COUNT + len(NAMES), "what would come back the same is not paid for twice"
    assert query(workspace, "select count(*) from charges where settled_at is null") == [(0,)]
    here = ("-w", str(workspace))
    code, built, shown = orca_here(capsys, "dataset", "build", *here)
    assert code == 0, shown
    assert built["dropped"] == {"control_token": 1, "damaged_text": 1}
    assert built["shortened"] == {"run_on": 2, "thoughts": 1} and built["rows"] == COUNT - len(NAMES) - 2
    rows = tmp_path / "rows.jsonl"
    for command in (("dataset", "list"), ("dataset", "show", "1"), ("dataset", "write", str(rows))):
        code, _, shown = orca_here(capsys, *command, *here)
        assert code == 0, shown
    text = rows.read_text(encoding="utf-8")
    for mark in ("think", "im_end", "im_start", "fim_middle", "User:", "\ufffd", "\\ud8", "\0"):
        assert mark not in text
    bundle = str(tmp_path / "bundle.db")
    assert orca_here(capsys, "bundle", "write", bundle, *here)[0] == 0


@pytest.mark.slow
def test_an_empty_answer_of_a_served_student_is_no_measurement_and_is_asked_for_again(
    served: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = ["reasoning alone", "ended by None", "content null", "ended by 'error'", "450 levels"]
    replies = [reply(FAILING[name][0]) for name in odd]

    def script(_request: dict[str, Any], number: int) -> Reply:
        return replies[number - 1] if number <= len(replies) else reply(USABLE["several choices"][0])

    with OpenAIServer(script) as server:
        code, result, shown = probe(capsys, served, server.url)
        assert code == 5 and result["failures"]["count"] == len(replies), shown
        assert query(served, "select count(*) from generations where completion = ''") == [(0,)]
        assert query(served, "select count(*) from generations") == [(8 - len(replies),)]
        asked = len(server.requests)
        code, result, shown = orca_here(capsys, "probe", *OPTIONS, "-w", str(served))
        assert code == 0 and len(server.requests) == asked + len(replies), shown
    assert query(served, "select count(*) from generations") == [(8,)]
