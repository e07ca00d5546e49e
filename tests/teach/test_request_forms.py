"""Endpoints that refuse a field of the request: learned once, inside the ledger, and remembered."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from orca_local.domain.settings import EngineSettings
from orca_local.engines.openai import OpenAIEngine
from orca_local.store.store import Store
from tests.command import orca_here
from tests.engines.drive import prompt, request
from tests.engines.drive import run as drive
from tests.openai_server import OpenAIServer, Reply, Script, answer, error
from tests.teach.scene import solve
from tests.tui.answers import make_answers

Refusal = Callable[[dict[str, Any]], Reply | None]


def refusing(refuse: Refusal) -> Script:
    """Answers what `refuse` does not reject."""
    return lambda body, number: refuse(body) or solve(body, number)


def body_error(status: int, **content: Any) -> Reply:
    return Reply(status, json.dumps(content).encode(), {"Content-Type": "application/json"})


def named(param: str, message: str, code: str = "unsupported_value") -> Reply:
    return body_error(400, error={"message": message, "type": "invalid_request_error", "param": param, "code": code})


def of_reasoning_models(body: dict[str, Any]) -> Reply | None:
    """As OpenAI's reasoning models do."""
    if "max_tokens" in body:
        message = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens'."
        return named("max_tokens", message, "unsupported_parameter")
    if body.get("temperature", 1) != 1:
        return named("temperature", "Unsupported value: 'temperature' does not support 0.0 with this model.")
    return None


def one_of_two(body: dict[str, Any]) -> Reply | None:
    if "temperature" in body and "top_p" in body:
        return error(400, "`temperature` and `top_p` cannot both be specified for this model. Please use only one.")
    return None


def wants_stream(body: dict[str, Any]) -> Reply | None:
    if body.get("stream") is not False:
        return body_error(422, detail=[{"type": "missing", "loc": ["body", "stream"], "msg": "Field required"}])
    return None


def forbids_seed(body: dict[str, Any]) -> Reply | None:
    if "seed" in body:
        detail = [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]
        return body_error(422, object="error", message={"detail": detail})
    return None


def forbids_top_p_in_words(body: dict[str, Any]) -> Reply | None:
    message = 'Invalid JSON payload received. Unknown name "topP": Cannot find field.'
    return error(400, message) if "top_p" in body else None


def relayed(body: dict[str, Any]) -> Reply | None:
    """As a router passes on what the provider said."""
    if "temperature" in body:
        return error(400, "litellm.UnsupportedParamsError: these models don't support temperature=0.0")
    return None


def old_name_only(body: dict[str, Any]) -> Reply | None:
    return error(400, "`top_p` must be > 0.0 and < 1.0") if body.get("top_p") == 1 else None


def teach(capsys: pytest.CaptureFixture[str], workspace: Path, *options: str) -> tuple[int, dict[str, Any], str]:
    return orca_here(capsys, "teach", "-w", str(workspace), *options)


def make(directory: Path, student: Path, url: str, count: int = 12, **teacher: Any) -> Path:
    values = {"kind": "openai", "model": "scripted", "base_url": url, "concurrency": 4, "tries": 1}
    return make_answers(directory, student, count, answered=0, **(values | teacher)).directory


@pytest.mark.parametrize(
    ("refuse", "kept", "lost"),
    [
        (of_reasoning_models, {"max_completion_tokens", "top_p", "seed"}, {"max_tokens", "temperature"}),
        (one_of_two, {"max_tokens", "temperature", "seed"}, {"top_p"}),
        (wants_stream, {"stream", "max_tokens", "temperature", "top_p", "seed"}, set()),
        (forbids_seed, {"max_tokens", "temperature", "top_p"}, {"seed"}),
        (forbids_top_p_in_words, {"max_tokens", "temperature", "seed"}, {"top_p"}),
        (relayed, {"max_tokens", "top_p", "seed"}, {"temperature"}),
        (old_name_only, {"max_tokens", "temperature", "seed"}, {"top_p"}),
    ],
)
def test_a_refused_field_costs_no_question_and_is_remembered(
    tmp_path: Path,
    tiny_gguf: Path,
    capsys: pytest.CaptureFixture[str],
    refuse: Refusal,
    kept: set[str],
    lost: set[str],
) -> None:
    with OpenAIServer(refusing(refuse)) as server:
        workspace = make(tmp_path / "ws", tiny_gguf, server.url, seed=3)
        code, first, shown = teach(capsys, workspace, "--limit", "9")
        changing = sorted(lost & {"temperature", "seed"})
        assert first.get("left_out", []) == changing, "top_p = 1 and another name of max_tokens change no answer"
        assert shown.count("the endpoint refuses") == bool(changing)
        assert (code, first["calls"]) == (0, {"new": 9, "cached": 0, "failed": 0})
        assert kept <= server.requests[-1].keys() and not lost & server.requests[-1].keys()
        asked = len(server.requests)
        code, second, _ = teach(capsys, workspace)
        assert (code, second["calls"]) == (0, {"new": 3, "cached": 9, "failed": 0})
        assert len(server.requests) == asked + 3, "the next run begins with what was learned"


def together(calls: int) -> Refusal:
    """As models that reason, but the first refusal comes only when so many calls have arrived."""
    arrived = threading.Barrier(calls, timeout=60)

    def refuse(body: dict[str, Any]) -> Reply | None:
        if "max_tokens" in body:
            arrived.wait()
        return of_reasoning_models(body)

    return refuse


def test_all_calls_in_flight_are_sent_again_from_the_first_refusal_on(
    tmp_path: Path, tiny_gguf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with OpenAIServer(refusing(together(8))) as server:
        workspace = make(tmp_path / "ws", tiny_gguf, server.url, 40, concurrency=8)
        code, result, _ = teach(capsys, workspace)
        forms = Counter(("max_tokens" in body, "temperature" in body) for body in server.requests)
    assert (code, result["calls"]) == (0, {"new": 40, "cached": 0, "failed": 0})
    assert forms[True, True] == 8 and 1 <= forms[False, True] <= 10 and forms[False, False] == 40
    with Store.open(workspace / "orca.db") as store:
        assert store.charges.spent().calls == sum(forms.values()), "each call that was sent is in the ledger"


@pytest.mark.parametrize("max_calls", [1, 5, 11])
def test_refused_calls_count_and_the_limit_is_never_passed(
    tmp_path: Path, tiny_gguf: Path, capsys: pytest.CaptureFixture[str], max_calls: int
) -> None:
    with OpenAIServer(refusing(together(min(4, max_calls)))) as server:
        workspace = make(tmp_path / "ws", tiny_gguf, server.url, 20, max_calls=max_calls)
        for _ in range(2):
            code, result, _ = teach(capsys, workspace)
            assert len(server.requests) == max_calls
        answered = sum("max_tokens" not in body and "temperature" not in body for body in server.requests)
    assert code == 0 and result["not_asked"] == 20 - answered
    assert result["calls"] == {"new": 0, "cached": answered, "failed": 0}


def test_another_model_or_address_is_asked_in_the_usual_form(
    tmp_path: Path, tiny_gguf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with OpenAIServer(refusing(of_reasoning_models)) as server, OpenAIServer(solve) as other:
        workspace = make(tmp_path / "ws", tiny_gguf, server.url, 2)
        teach(capsys, workspace)
        settings = (workspace / "orca.toml").read_text()
        (workspace / "orca.toml").write_text(settings.replace('"scripted"', '"newer"'))
        before = len(server.requests)
        teach(capsys, workspace)
        assert "max_tokens" in server.requests[before]
        (workspace / "orca.toml").write_text(settings.replace(server.url, other.url))
        teach(capsys, workspace)
        assert {"max_tokens", "temperature"} <= other.requests[0].keys()


def test_an_endpoint_that_takes_the_old_name_again_is_asked_with_it(
    tmp_path: Path, tiny_gguf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    is_changed = False

    def refuse(body: dict[str, Any]) -> Reply | None:
        if not is_changed:
            return of_reasoning_models(body)
        return named("max_completion_tokens", "Unknown parameter") if "max_completion_tokens" in body else None

    with OpenAIServer(refusing(refuse)) as server:
        workspace = make(tmp_path / "ws", tiny_gguf, server.url, 6, concurrency=1)
        teach(capsys, workspace, "--limit", "3")
        is_changed = True
        code, result, _ = teach(capsys, workspace)
        assert (code, result["calls"]["new"]) == (0, 3) and server.requests[-1]["max_tokens"] == 1024


def test_an_endpoint_that_takes_neither_name_ends_the_run(
    tmp_path: Path, tiny_gguf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(body: dict[str, Any]) -> Reply | None:
        name = next((name for name in ("max_tokens", "max_completion_tokens") if name in body), "")
        return named(name, "Unknown parameter", "unknown_parameter") if name else None

    with OpenAIServer(refusing(refuse)) as server:
        workspace = make(tmp_path / "ws", tiny_gguf, server.url, 6, concurrency=1)
        code, failed, _ = teach(capsys, workspace)
        assert code == 4 and "refuses the field 'max_completion_tokens'" in failed["error"]["message"]
        assert "teacher.omit" in failed["error"]["hint"] and len(server.requests) <= 4
        with (workspace / "orca.toml").open("a") as file:
            file.write("\n[teacher.extra]\nmax_output = 9\n")
        settings = (workspace / "orca.toml").read_text()
        (workspace / "orca.toml").write_text(settings.replace("[teacher]\n", '[teacher]\nomit = ["max_tokens"]\n'))
        code, result, _ = teach(capsys, workspace)
    assert (code, result["calls"]["new"], server.requests[-1]["max_output"]) == (0, 6, 9)


def test_an_endpoint_that_streams_unasked_is_told_not_to(
    tmp_path: Path, tiny_gguf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def script(body: dict[str, Any], number: int) -> Reply:
        if body.get("stream") is False:
            return solve(body, number)
        return Reply(body=b'data: {"choices": []}\n\ndata: [DONE]\n\n', headers={"Content-Type": "text/event-stream"})

    with OpenAIServer(script) as server:
        code, result, _ = teach(capsys, make(tmp_path / "ws", tiny_gguf, server.url, 5, concurrency=1))
        assert len(server.requests) == 6
    assert (code, result["calls"]["new"]) == (0, 5)


def test_a_student_behind_an_endpoint_learns_too() -> None:
    with OpenAIServer(lambda body, _: of_reasoning_models(body) or answer("four")) as server:
        settings = EngineSettings(kind="openai", base_url=server.url, model="m", tries=1)
        with closing(OpenAIEngine(settings)) as engine:
            ended = drive(engine, [request(f"r{i}", prompt(i)) for i in range(6)])
    assert {completion.finish_reason for completion in ended.values()} == {"stop"}
