"""The `[[model]]` tables of the settings: what is refused, and with which words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orca_local.pipeline import bundle
from orca_local.runs.settings_file import load_settings
from orca_local.runs.workspace import Workspace
from tests.runs.test_workspace import problem

FAR = 'base_url = "https://host/v1"\nmodel = "m"\nkey_env = "K"'
NEAR = 'base_url = "http://127.0.0.1:8080/v1"\nmodel = "m"'


def table(name: str, *lines: str) -> str:
    return "\n".join(["[[model]]", f'name = "{name}"', *lines, ""])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orca.toml"


def test_an_endpoint_a_file_and_a_model_of_the_catalog_stand_beside_each_other(path: Path) -> None:
    text = table("far", FAR, "max_usd = 2", "input_price = 0.15", "output_price = 0.6")
    path.write_text(text + table("near", NEAR) + table("file", 'path = "x.gguf"') + table("id", 'catalog = "y"'))
    models = load_settings(path, {}).model
    assert [(m.name, m.base_url[:5], m.path, m.catalog, m.max_usd) for m in models] == [
        ("far", "https", "", "", 2.0),
        ("near", "http:", "", "", 0.0),
        ("file", "", "x.gguf", "", 0.0),
        ("id", "", "", "y", 0.0),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (table("far", FAR), '[[model]] "far": an endpoint that costs money needs a limit: set max_usd'),
        (table("far", NEAR, "input_price = 1", "output_price = 1"), "needs a limit: set max_usd (US dollars)"),
        (table("far", FAR, "max_usd = 1", "input_price = 1"), "set input_price and output_price together"),
        (table("far", FAR, "max_usd = 1", "input_price = -1"), "input_price = -1: should be greater than or equal"),
        (table("far", FAR.replace('key_env = "K"', ""), "max_calls = 1"), "key_env is not set: name the environment"),
        (table("far", FAR, "max_usd = 1", 'omit = ["max_tokens"]'), "max_usd needs max_tokens in each request"),
        (table("far", 'base_url = "https://host/v1"'), "model is not set: write the name of the model"),
        (table("a", NEAR) + table("a", NEAR), 'two models are called "a": give each a name of its own'),
        (table("a", NEAR) + table("A", NEAR), '"a" and "A" differ only in upper and lower case'),
        (table("Tuned", NEAR), 'name = "Tuned": should be another name than base and tuned'),
        (table("a b", NEAR), 'name = "a b": should be at most 40 letters, digits, dots, dashes and underscores'),
        ("[[model]]\n" + NEAR, '[[model]] number 1: name is not set: write name = "…"'),
        (table("a"), '[[model]] "a": set one of base_url (an endpoint), path (a GGUF) and catalog (a model id)'),
        (table("a", NEAR, 'path = "x.gguf"'), "base_url and path are set"),
        (table("a", 'path = "x.gguf"', "max_usd = 1"), "max_usd is for an endpoint, and path is on this machine"),
        (table("a", NEAR, "max_used = 1"), '[[model]] "a": unknown key max_used; did you mean max_usd?'),
        (table("a", NEAR, "zzz = 1"), '[[model]] "a": unknown key zzz; keys are base_url, model'),
        (table("a", NEAR, "max_usd = '1'"), '[[model]] "a": max_usd = "1": should be a valid number'),
        ('[model]\nname = "a"', "model is a list of tables: write [[model]] into orca.toml"),
        ("model = 3", "model is a list of tables: write [[model]] into orca.toml"),
    ],
)
def test_a_bad_table_is_named_with_its_remedy(path: Path, text: str, message: str) -> None:
    error = problem(path, text)
    assert error.startswith(f"{path}: ") and message in error and "\n" not in error


@pytest.mark.parametrize(
    "line", ['api_key = "sk-secret"', 'key_env = "sk-secret"', 'base_url = "https://a:sk-secret@h"']
)
def test_a_key_in_a_table_is_refused_and_not_repeated(path: Path, line: str) -> None:
    error = problem(path, table("a", *([] if line.startswith("base") else [NEAR]), line))
    assert "sk-secret" not in error and ("key_env" in error or "environment variable" in error)


def test_the_environment_cannot_set_a_table(path: Path) -> None:
    error = problem(path, "", {"ORCA_LOCAL_MODEL__NAME": "x"})
    assert "environment variable ORCA_LOCAL_MODEL__NAME: model is a list of tables" in error


def test_a_bundle_carries_the_tables_and_sends_nothing_to_their_endpoints(tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "model": [
            {"name": "near", "base_url": "http://127.0.0.1:9/v1", "model": "m"},
            {"name": "file", "path": str(tmp_path / "x.gguf")},
        ]
    }
    bundle.write(Workspace.create(tmp_path / "theirs", settings=settings), tmp_path / "made.orca")
    result = bundle.read(tmp_path / "made.orca", tmp_path / "mine")
    assert [(one.section, one.allowed) for one in result.endpoints] == [('[[model]] "near"', False)]
    near, file = Workspace.open(tmp_path / "mine").settings.model
    assert (near.allow_calls, file.path, file.allow_calls) == (False, "x.gguf", True)
