"""Make a small, quantized language model better at your own tasks, on your own machine.

`Workspace` and `Pipeline` are the Python API (docs/python-api.md). They are imported on first use, so that
`import orca_local` alone loads nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orca_local.pipeline.pipeline import Pipeline
    from orca_local.runs.workspace import Workspace

__version__ = "0.1.0"
__all__ = ["Pipeline", "Workspace", "__version__"]

_MODULES = {"Pipeline": "orca_local.pipeline.pipeline", "Workspace": "orca_local.runs.workspace"}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
