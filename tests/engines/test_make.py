"""One table maps `engine.kind` to engines."""

from __future__ import annotations

from contextlib import closing
from importlib import import_module
from pathlib import Path

import pytest

from orca_local.domain.errors import InputError
from orca_local.domain.settings import EngineSettings
from orca_local.engines.fake import FakeEngine
from orca_local.engines.make import ENGINES, EngineKind, engine_kind, make_engine, make_file_engine


def open_echo(path: Path, settings: EngineSettings) -> FakeEngine:
    """The function that a new engine's module needs."""
    return FakeEngine(lambda request: path.name, capacity=settings.capacity, fingerprint="echo")


def test_a_new_engine_is_one_line_in_the_table() -> None:
    kinds = {**ENGINES, "echo": EngineKind(f"{__name__}:open_echo")}
    engine = make_engine(EngineSettings(kind="echo", capacity=3), Path("model.gguf"), kinds=kinds)
    assert (engine.fingerprint, engine.capacity) == ("echo", 3)


@pytest.mark.parametrize("name", ENGINES)
def test_every_line_of_the_table_names_a_function(name: str) -> None:
    module, _, function = ENGINES[name].opener.partition(":")
    assert callable(getattr(import_module(module), function))


def test_an_unknown_kind_is_refused_with_its_name_and_the_known_ones() -> None:
    with pytest.raises(InputError, match=r'"robot": should be one of llama_cpp, mlx, openai') as raised:
        engine_kind("robot")
    assert "kind =" in raised.value.hint
    with pytest.raises(InputError, match="robot"):
        make_engine(EngineSettings(kind="robot"), Path("model.gguf"))


def test_a_file_gets_llama_cpp_whatever_the_setting_says(tiny_gguf: Path) -> None:
    settings = EngineSettings(kind="openai", model="m", context=128, threads=1)
    with closing(make_file_engine(settings, tiny_gguf, capacity=2, compute="bf16")) as engine:
        assert engine.capacity == 2 and engine.context == 128
        assert engine.fingerprint.startswith("llama-cpp-python") and "bf16" in engine.fingerprint
    with closing(make_engine(EngineSettings(context=128, threads=1), tiny_gguf)) as engine:
        assert "as_is" in engine.fingerprint and engine.capacity == 24
