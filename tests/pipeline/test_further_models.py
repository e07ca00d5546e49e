"""Models that `[[model]]` tables name, evaluated beside each other: a file, and a scripted endpoint."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orca_local.cli.app import run
from orca_local.domain.errors import InputError, MissingError, OrcaError, RemoteError
from orca_local.domain.evaluation_summary import EvaluationSummary
from orca_local.domain.events import Event, Warned
from orca_local.evaluate.report import render_report
from orca_local.pipeline.pipeline import Pipeline
from orca_local.runs.workspace import Workspace
from tests.openai_server import Gauge, OpenAIServer, Reply, Script, answer, error
from tests.workspaces import make_workspace

KEY = "sk-test-1234567890"


def solve(request: dict[str, Any], _number: int) -> Reply:
    """Right for even numbers."""
    number = int(request["messages"][-1]["content"].split()[2])
    usage = {"prompt_tokens": 40, "completion_tokens": 6, "total_tokens": 46}
    return answer(f"Answer: {2 * number if number % 2 == 0 else -1}", usage=usage)


class Scene:
    """A workspace with twenty holdout samples in two tasks, and a served model."""

    def __init__(self, directory: Path, gguf: Path) -> None:
        self.directory = make_workspace(directory, gguf)
        self.events: list[Event] = []
        self._settings = (directory / "orca.toml").read_text() + f'\n[[model]]\nname = "file"\npath = "{gguf}"\n'

    def write(self, url: str, *lines: str) -> None:
        table = ["[[model]]", 'name = "gpt"', f'base_url = "{url}"', 'model = "m"', 'key_env = "GPT_KEY"', *lines]
        (self.directory / "orca.toml").write_text(self._settings + "\n".join([*table, ""]))

    def evaluate(self, *names: str, offline: bool = False, samples: int = 0) -> EvaluationSummary:
        overrides = {"evaluate": {"samples": samples}} if samples else None
        with Pipeline.open(self.directory, overrides, offline=offline, on_event=self.events.append) as pipeline:
            return pipeline.evaluate(names or ("file", "gpt"))

    def spent(self, url: str) -> tuple[float, int]:
        with Workspace.open(self.directory).store() as store:
            spent = store.charges.spent(f"evaluate m at {url}")
        return spent.usd, spent.calls

    def warnings(self) -> list[tuple[str, str]]:
        return [(event.message, event.hint) for event in self.events if isinstance(event, Warned)]


@pytest.fixture
def scene(tmp_path: Path, tiny_gguf: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setenv("GPT_KEY", KEY)
    return Scene(tmp_path / "w", tiny_gguf)


@pytest.fixture
def serve() -> Iterator[Callable[[Script], OpenAIServer]]:
    opened: list[OpenAIServer] = []

    def start(script: Script) -> OpenAIServer:
        opened.append(OpenAIServer(script).__enter__())
        return opened[-1]

    yield start
    for server in opened:
        server.__exit__(None, None, None)


@pytest.mark.slow
def test_an_endpoint_is_measured_once_and_its_answers_are_read_back_without_a_call(
    scene: Scene, serve: Callable[[Script], OpenAIServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(solve)
    scene.write(server.url, "input_price = 1.0", "output_price = 10.0", "max_usd = 1.0")
    first = scene.evaluate()
    file, gpt = first.models
    assert (file.model, file.n, gpt.n, gpt.accuracy, gpt.tokens) == ("file", 20, 20, 0.5, 6.0)
    assert len(server.requests) == 40 and first.failures is None
    assert gpt.source == f"m at {server.url}" and gpt.cost_usd == pytest.approx(40 * (40 + 60) / 1e6)
    assert server.requests[0]["temperature"] == 0 and server.requests[0]["max_tokens"] == 8
    # The second run needs neither the network nor the key.
    monkeypatch.delenv("GPT_KEY")
    again = scene.evaluate(offline=True)
    assert (again.models[1], len(server.requests)) == (gpt, 40)
    with Workspace.open(scene.directory).store() as store:
        report = render_report(store)
    assert f"m at {server.url}" in report and "0.0040" in report


def test_the_limit_is_never_passed_with_many_calls_in_flight(
    scene: Scene, serve: Callable[[Script], OpenAIServer]
) -> None:
    gauge, everybody = Gauge(), threading.Barrier(8, timeout=5)

    def together(request: dict[str, Any], number: int) -> Reply:
        with gauge.inside():
            if number <= 8:
                everybody.wait()
            return solve(request, number)

    server = serve(together)
    # Each call may cost 8 output tokens: 80 dollars per million and call.
    scene.write(server.url, "input_price = 0", "output_price = 1000.0", "max_usd = 0.1", "concurrency = 8")
    summary = scene.evaluate()
    usd, calls = scene.spent(server.url)
    assert gauge.max == 8 and calls == len(server.requests) < 40 and usd <= 0.1
    assert summary.failures is not None and summary.failures.count == 40 - calls
    (reason,) = summary.failures.reasons
    assert reason.startswith('the next call could exceed [[model]] "gpt".max_usd = 0.1')
    gpt = summary.models[1]
    assert (gpt.missing, gpt.n) == (40 - calls, min(20, calls)) and summary.models[0].n == 20
    (warning,) = [w for w in scene.warnings() if "were not asked" in w[0] or "missing" in w[0]]
    assert "orca-local evaluate" in warning[1]
    # A higher limit goes on where the first one stopped.
    scene.write(server.url, "input_price = 0", "output_price = 1000.0", "max_usd = 10", "concurrency = 8")
    assert scene.evaluate("gpt").failures is None and len(server.requests) == 40


def test_a_number_of_calls_is_a_limit_too(scene: Scene, serve: Callable[[Script], OpenAIServer]) -> None:
    server = serve(solve)
    scene.write(server.url, "max_calls = 5")
    assert scene.evaluate("gpt").models[0].missing == 35 and len(server.requests) == 5
    scene.evaluate("gpt")
    assert len(server.requests) == 5, "the limit is that of the workspace"


@pytest.mark.slow
def test_a_key_that_is_lost_half_way_costs_no_result(scene: Scene, serve: Callable[[Script], OpenAIServer]) -> None:
    def revoked(request: dict[str, Any], number: int) -> Reply:
        return solve(request, number) if number <= 25 else error(401, "invalid api key")

    server = serve(revoked)
    scene.write(server.url, "concurrency = 2")
    summary = scene.evaluate()
    file, gpt = summary.models
    assert (file.n, gpt.n, gpt.missing) == (20, 20, 15) and summary.failures is not None
    assert summary.failures.count == 15 and summary.failures.reasons == {
        f"{server.url} rejects the key: invalid api key": 15
    }
    message, hint = scene.warnings()[-1]
    assert message.startswith("gpt: 15 answers of 40 are missing, and left out of its figures") and "GPT_KEY" in hint
    assert KEY not in str(scene.events) + str(summary)
    server._script = solve
    asked = len(server.requests)
    assert scene.evaluate("gpt").failures is None and len(server.requests) == asked + 15


def test_what_the_first_answers_are_decides_about_the_headline(
    scene: Scene, serve: Callable[[Script], OpenAIServer]
) -> None:
    server = serve(lambda request, number: error(401, "invalid api key"))
    scene.write(server.url)
    summary = scene.evaluate()
    assert [model.model for model in summary.models] == ["file"], "without any answer there is no row"
    assert summary.failures is not None and summary.failures.count == 40
    with pytest.raises(RemoteError, match="key"):
        scene.evaluate("gpt")


def test_without_a_key_nothing_is_sent_and_the_other_model_is_shown(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GPT_KEY")
    scene.write("https://127.0.0.2/v1", "input_price = 1", "output_price = 1", "max_usd = 1")
    summary = scene.evaluate(samples=1)
    assert [model.model for model in summary.models] == ["file"]
    assert "the environment variable GPT_KEY holds no key" in scene.warnings()[-1][0]
    with pytest.raises(MissingError, match="GPT_KEY"):
        scene.evaluate("gpt")


def test_refusals_and_cut_off_answers_are_answers(scene: Scene, serve: Callable[[Script], OpenAIServer]) -> None:
    def odd(request: dict[str, Any], number: int) -> Reply:
        number = int(request["messages"][-1]["content"].split()[2])
        if number % 5 == 0:
            return answer(None, refusal="I cannot help with that.")
        return answer("I would say", "length") if number % 2 else answer("", "length")

    server = serve(odd)
    scene.write(server.url)
    (gpt,) = scene.evaluate("gpt").models
    assert (gpt.n, gpt.accuracy, gpt.missing) == (20, 0.0, None) and gpt.unreadable == 1.0
    assert gpt.truncated is not None and 0 < gpt.truncated < 1
    asked = len(server.requests)
    scene.evaluate("gpt")
    assert len(server.requests) == asked


def test_a_rejected_prompt_counts_as_no_answer_and_is_not_sent_again(
    scene: Scene, serve: Callable[[Script], OpenAIServer]
) -> None:
    def filtered(request: dict[str, Any], number: int) -> Reply:
        if request["messages"][-1]["content"].split()[2] == "2":
            return error(400, "the prompt is longer than the context")
        return solve(request, number)

    server = serve(filtered)
    scene.write(server.url)
    (gpt,) = scene.evaluate("gpt").models
    assert (gpt.n, gpt.missing, gpt.accuracy) == (20, None, 0.45)
    asked = len(server.requests)
    summary = scene.evaluate("gpt")
    assert len(server.requests) == asked and summary.failures is not None and summary.failures.count == 2


def test_an_estimate_says_what_it_would_cost_and_sends_nothing(
    scene: Scene, serve: Callable[[Script], OpenAIServer]
) -> None:
    server = serve(solve)
    scene.write(server.url, "input_price = 0", "output_price = 1000.0", "max_usd = 1.0")
    with Pipeline.open(scene.directory) as pipeline:
        (model,) = pipeline.estimate_evaluation().models
    assert (model.model, model.answers, model.cached, model.calls, model.spent_usd) == ("gpt", 40, 0, 40, 0.0)
    assert model.usd == pytest.approx(0.16) and model.at_most_usd == pytest.approx(0.32)
    assert model.limit == "max_usd = 1"
    assert not server.requests
    scene.evaluate("gpt")
    with Pipeline.open(scene.directory) as pipeline:
        (model,) = pipeline.estimate_evaluation().models
    assert (model.cached, model.calls, model.at_most_usd) == (40, 0, 0.0) and model.spent_usd > 0


def test_an_unknown_price_is_refused_before_anything_runs(scene: Scene) -> None:
    scene.write("https://host/v1", "max_calls = 1")
    with pytest.raises(InputError, match="the price of 'm' at https://host/v1 is unknown") as caught:
        scene.evaluate()
    assert "set input_price and output_price" in caught.value.hint and not scene.events


def test_a_price_of_the_workspace_needs_a_limit(scene: Scene) -> None:
    scene.write("http://127.0.0.1:9/v1")
    (scene.directory / "prices.toml").write_text('[[price]]\nmodel = "m"\ninput = 1.0\noutput = 1.0\n')
    with pytest.raises(InputError, match="there is no limit") as caught:
        scene.evaluate()
    assert "max_usd" in caught.value.hint


@pytest.mark.parametrize(
    ("line", "kind", "message"),
    [
        ('path = "none.gguf"', InputError, '[[model]] "other": there is no file'),
        ('catalog = "smolm2-135m-instruct"', InputError, "no model 'smolm2-135m-instruct' in the catalog"),
    ],
)
def test_a_missing_file_or_id_is_named(scene: Scene, line: str, kind: type[OrcaError], message: str) -> None:
    path = scene.directory / "orca.toml"
    path.write_text(path.read_text() + f'\n[[model]]\nname = "other"\n{line}\n')
    with pytest.raises(kind) as caught:
        scene.evaluate("other")
    assert message in caught.value.message and caught.value.hint


def test_the_command_shows_all_models_and_ends_with_5_if_answers_are_missing(
    scene: Scene, serve: Callable[[Script], OpenAIServer], capsys: pytest.CaptureFixture[str]
) -> None:
    server = serve(solve)
    scene.write(server.url, "max_calls = 3")
    place = ["-w", str(scene.directory)]
    assert run(["evaluate", *place, "--model", "file", "--model", "gpt"]) == 5
    shown = capsys.readouterr()
    assert "gpt (m at" in shown.err and "40 calls of 40 to make" in shown.err and "limit: max_calls = 3" in shown.err
    assert "37 answers missing, and left out of its figures" in shown.out
    assert "warning: 37 questions were not asked" in shown.err and "raise the limit in orca.toml" in shown.err
    assert run(["evaluate", *place, "--estimate", "--json"]) == 0
    (model,) = json.loads(capsys.readouterr().out)["models"]
    assert (model["model"], model["cached"], model["calls"]) == ("gpt", 3, 37) and len(server.requests) == 3
    assert run(["report", *place]) == 0
    assert "| gpt | 3 |" in capsys.readouterr().out


def test_an_unknown_name_says_which_there_are(scene: Scene) -> None:
    scene.write("http://127.0.0.1:9/v1")
    with pytest.raises(InputError, match="no model 'gtp'") as caught:
        scene.evaluate("gtp")
    assert "file, gpt" in caught.value.hint
