"""Constructs engines. This is the only module that knows which classes there are.

A new engine is one module beside this one and one line in `ENGINES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.settings import EngineSettings

if TYPE_CHECKING:
    # For types only: it imports numpy, and every command that reads settings imports this module.
    from orca_local.engines.base import AdapterEngine, Engine


class EngineKind(Frozen):
    """One value of `engine.kind`."""

    opener: str
    """`module:function`; the function takes the model's path and the settings and returns the engine."""
    is_remote: bool = False
    """Whether a server has the model; the model file then only provides the chat template."""
    chooses_compute: bool = False
    """Whether `engines/compute.py` chooses the file to load; the opener then also takes `compute`."""


ENGINES: Mapping[str, EngineKind] = {
    "llama_cpp": EngineKind("orca_local.engines.llama_cpp:LlamaCppEngine", chooses_compute=True),
    "mlx": EngineKind("orca_local.engines.mlx:MlxEngine"),
    "openai": EngineKind("orca_local.engines.openai:open_openai", is_remote=True),
}


def engine_kind(name: str, kinds: Mapping[str, EngineKind] = ENGINES) -> EngineKind:
    """The kind of a name. Raises `InputError` for an unknown one."""
    if name not in kinds:
        raise InputError(
            f'engine.kind = "{name}": should be one of {", ".join(kinds)}',
            hint='set kind = "llama_cpp" under [engine] in orca.toml',
        )
    return kinds[name]


def make_engine(
    settings: EngineSettings, path: Path, *, compute: str = "as_is", kinds: Mapping[str, EngineKind] = ENGINES
) -> Engine:
    """The engine that `settings.kind` names, with the model in `path`.

    `compute` names the form of the weights in `path`, as `compute.choose` returned it. Raises `InputError` for an
    unknown kind or a model that the engine cannot load, `MissingError` if a package, a key or memory is missing.
    """
    kind = engine_kind(settings.kind, kinds)
    module, _, function = kind.opener.partition(":")
    options = {"compute": compute} if kind.chooses_compute else {}
    engine: Engine = getattr(import_module(module), function)(path, settings, **options)
    return engine


def make_file_engine(
    settings: EngineSettings, path: Path, *, capacity: int | None = None, compute: str = "as_is"
) -> AdapterEngine:
    """The engine for a GGUF file on this machine, regardless of `settings.kind`. It scores texts and takes adapters.

    `capacity` replaces that of the settings. `compute` and errors: see `make_engine`.
    """
    from orca_local.engines.llama_cpp import LlamaCppEngine

    if capacity is not None:
        settings = settings.model_copy(update={"capacity": capacity})
    return LlamaCppEngine(path, settings, compute=compute)
