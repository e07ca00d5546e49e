"""Suites on GitHub: their files at one commit, and what goes wrong on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from orca_local.domain.errors import InputError, RemoteError
from orca_local.hub import failures
from orca_local.hub.benchmarks import load_suites
from orca_local.suites.library import find_pulled, load_pulled, pull
from tests.local_server import LocalServer, QuietHandler
from tests.suites import rows

SUITES = load_suites()
AGIEVAL, CRASS = SUITES["agieval"], SUITES["crass"]
COMMIT = "c0ffee" * 6 + "c0de"
LINES = "".join(json.dumps(row) + "\n" for row in rows.AGIEVAL)


@dataclass
class GitHub:
    """What a mirror answers, by path, and what it was asked."""

    answers: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Paths, each with the names of the headers that came with it."""


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    made = GitHub({f"/{AGIEVAL.repo}/{AGIEVAL.revision}/{path}": LINES for path in AGIEVAL.files})
    made.answers[f"/repos/{CRASS.repo}/commits/main"] = COMMIT + "\n"
    made.answers[f"/{CRASS.repo}/{COMMIT}/{CRASS.files[0]}"] = rows.CRASS

    class Handler(QuietHandler):
        def do_GET(self) -> None:
            made.asked.append((self.path, " ".join(self.headers).lower()))
            body = made.answers.get(self.path, "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with LocalServer(Handler) as server:
        monkeypatch.setenv("ORCA_LOCAL_GITHUB", server.url.removesuffix("/v1"))
        monkeypatch.setattr(failures, "PAUSE_S", 0.0)
        monkeypatch.setenv("HF_TOKEN", "hf_of_the_hub")
        yield made


def test_the_files_of_a_known_commit_are_fetched_once(github: GitHub) -> None:
    pulled = pull(AGIEVAL)
    record = find_pulled(AGIEVAL)
    assert len(pulled.questions) == 24 and record is not None
    assert (record.place, record.commit) == ("github:ruixiangcui/AGIEval", AGIEVAL.revision)
    asked = len(github.asked)
    assert pull(AGIEVAL) == load_pulled(AGIEVAL, offline=True) == pull(AGIEVAL, offline=True) == pulled
    assert len(github.asked) == asked == 8
    assert not any("authorization" in headers for _, headers in github.asked)


def test_a_commit_that_nobody_knows_is_asked_for_and_recorded(github: GitHub) -> None:
    pull(CRASS)
    record = find_pulled(CRASS)
    assert record is not None and record.commit == COMMIT and record.questions == 2
    github.answers[f"/repos/{CRASS.repo}/commits/main"] = "0" * 40
    pull(CRASS)
    assert len(github.asked) == 2


def test_an_interrupted_fetch_leaves_nothing_behind(github: GitHub, datasets: Path) -> None:
    lost = f"/{AGIEVAL.repo}/{AGIEVAL.revision}/{AGIEVAL.files[5]}"
    del github.answers[lost]
    with pytest.raises(RemoteError, match=r"sat-en\.jsonl was not sent \(HTTP 404\)") as raised:
        pull(AGIEVAL)
    assert "--from" in raised.value.hint and list(datasets.rglob("*.jsonl")) == []
    github.answers[lost] = '{"question": "cut off'
    with pytest.raises(InputError, match="not JSON"):
        pull(AGIEVAL)
    assert find_pulled(AGIEVAL) is None


def test_what_is_no_commit_is_refused(github: GitHub) -> None:
    github.answers[f"/repos/{CRASS.repo}/commits/main"] = "<html>login</html>"
    with pytest.raises(RemoteError, match="names no commit: '<html>login"):
        pull(CRASS)


def test_a_server_that_is_gone_and_a_wrong_address_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "PAUSE_S", 0.0)
    monkeypatch.setenv("ORCA_LOCAL_GITHUB", "http://127.0.0.1:9")
    with pytest.raises(RemoteError, match=r"127\.0\.0\.1:9/repos/.* was not sent") as raised:
        pull(CRASS)
    assert "run the command again" in raised.value.hint
    monkeypatch.setenv("ORCA_LOCAL_GITHUB", "mirror")
    with pytest.raises(InputError, match="ORCA_LOCAL_GITHUB is not a URL"):
        pull(CRASS)
