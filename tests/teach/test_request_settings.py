"""`teacher.omit` and `teacher.extra`: fields that the settings leave out of each request or add to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orca_local.domain.settings import EngineSettings, TeacherSettings
from orca_local.domain.teacher_request import TeacherRequest
from orca_local.domain.types import Message
from orca_local.runs.workspace import Workspace
from tests.command import orca_here
from tests.openai_server import OpenAIServer, Reply
from tests.teach.scene import solve
from tests.teach.test_request_forms import make, named, teach


def change(workspace: Path, *lines: str) -> None:
    """Add lines to the teacher's settings."""
    path = workspace / "orca.toml"
    path.write_text(path.read_text().replace("[teacher]\n", "[teacher]\n" + "".join(f"{line}\n" for line in lines)))


def test_fields_are_left_out_and_added(tmp_path: Path, tiny_gguf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with OpenAIServer(solve) as server:
        workspace = make(tmp_path / "ws", tiny_gguf, server.url, 3)
        change(workspace, 'omit = ["temperature", "top_p"]', 'extra = { stream = false, provider = { order = ["a"] } }')
        code, result, _ = teach(capsys, workspace)
        assert (code, result["calls"]["new"]) == (0, 3)
        for body in server.requests:
            assert body.keys() == {"model", "messages", "max_tokens", "stream", "provider"}
            assert (body["stream"], body["provider"]) == (False, {"order": ["a"]})


@pytest.mark.slow
def test_they_are_part_of_the_key_where_they_change_the_request(
    tmp_path: Path, tiny_gguf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with OpenAIServer(solve) as server:
        workspace = make(tmp_path / "ws", tiny_gguf, server.url, 3)
        plain = (workspace / "orca.toml").read_text()
        for lines, new in (
            ((), 3),
            (('omit = ["seed", "stop"]',), 0),  # neither is sent
            (('omit = ["temperature"]',), 3),
            (("extra = { top_k = 1, min_p = 0.1 }",), 3),
            (("extra = { min_p = 0.1, top_k = 1 }",), 0),
            (("extra = { top_k = 2 }",), 3),
            ((), 0),
        ):
            (workspace / "orca.toml").write_text(plain)
            change(workspace, *lines)
            _, result, _ = teach(capsys, workspace)
            assert result["calls"] == {"new": new, "cached": 3 - new, "failed": 0}, lines


def test_without_them_a_request_has_the_key_that_it_always_had() -> None:
    request = TeacherRequest("https://a/v1", "m", (Message("user", "What is 1 + 1?"),), 1024, 0.0)
    assert request.key == "4e700ab4f8cd11bb7ba2a3d0053c12f580c9fd3913c97e6152155e7a7d9b574e"
    changed = TeacherRequest.from_dict(request.to_dict() | {"omit": ["seed"], "extra": '{"top_k":1}'})
    assert TeacherRequest.from_dict(changed.to_dict()) == changed and changed.key != request.key


def test_a_refused_field_of_extra_ends_the_run(
    tmp_path: Path, tiny_gguf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def script(body: dict[str, Any], number: int) -> Reply:
        return (
            named("top_k", "Unrecognized request argument supplied: top_k") if "top_k" in body else solve(body, number)
        )

    with OpenAIServer(script) as server:
        workspace = make(tmp_path / "ws", tiny_gguf, server.url, 3, extra={"top_k": 5})
        code, failed, _ = teach(capsys, workspace)
    assert code == 4 and "refuses the field 'top_k'" in failed["error"]["message"]
    assert "remove it from teacher.extra" in failed["error"]["hint"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('omit = ["messages"]', "'messages' is none of them"),
        ('omit = "temperature"', "teacher.omit"),
        ('omit = ["temprature"]', "'temprature' is none of them"),
        ("extra = { temperature = 1 }", "temperature is one that it sets"),
        ("extra = { max_completion_tokens = 9 }", "max_completion_tokens is one that it sets"),
        ("extra = { messages = [] }", "messages is one that it sets"),
        ("extra = { stream = true }", "stream must be false"),
        ('extra = { api_key = "sk-hidden" }', "without secrets such as api_key"),
        ("extra = { x = nan }", "teacher.extra"),
        ("extra = 3", "teacher.extra"),
        ('omit = ["max_tokens"]\nmax_usd = 1.0', "max_usd needs max_tokens"),
    ],
)
def test_a_wrong_setting_is_named(
    tmp_path: Path, tiny_gguf: Path, capsys: pytest.CaptureFixture[str], line: str, message: str
) -> None:
    workspace = make(tmp_path / "ws", tiny_gguf, "http://127.0.0.1:9/v1", 1)
    change(workspace, line)
    code, failed, shown = orca_here(capsys, "teach", "-w", str(workspace))
    assert code == 2 and message in failed["error"]["message"]
    assert "sk-hidden" not in shown + failed["error"]["message"]


def test_a_workspace_is_created_with_tables_in_its_settings(tmp_path: Path) -> None:
    extra = {"reasoning": {"effort": "low", "tags": ["a", 'b"c']}, "x-y": 1.5}
    workspace = Workspace.create(tmp_path / "ws", settings={"teacher": {"extra": extra, "omit": ["seed"]}})
    assert (workspace.settings.teacher.extra, workspace.settings.teacher.omit) == (extra, ("seed",))


def test_the_environment_sets_them_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCA_LOCAL_TEACHER__EXTRA", '{"top_k": 3}')
    monkeypatch.setenv("ORCA_LOCAL_TEACHER__OMIT", "seed")
    teacher = Workspace.create(tmp_path / "ws").settings.teacher
    assert (teacher.extra, teacher.omit) == ({"top_k": 3}, ("seed",))


def test_several_answers_may_differ_without_a_temperature_in_the_request() -> None:
    assert TeacherSettings(samples=2, omit=("temperature",)).samples == 2
    with pytest.raises(ValueError, match="above 0"):
        TeacherSettings(samples=2, omit=("temperature",), kind="local")


def test_answers_of_a_student_are_kept_apart_by_them() -> None:
    from contextlib import closing

    from orca_local.engines.openai import OpenAIEngine

    names = set()
    for values in ({}, {"omit": ("top_p",)}, {"extra": {"top_k": 1}}):
        settings = EngineSettings.model_validate({"kind": "openai", "model": "m", **values})
        with closing(OpenAIEngine(settings)) as engine:
            names.add(engine.fingerprint)
    assert len(names) == 3 and "openai http://127.0.0.1:8080/v1 m" in names
