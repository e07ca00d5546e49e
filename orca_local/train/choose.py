"""The frameworks that can train, and which one does."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import ClassVar

from orca_local.domain.errors import MissingError
from orca_local.domain.settings import TrainSettings
from orca_local.gguf.header import Header
from orca_local.train.loop import TrainBackend
from orca_local.train.memory import Machine, MemoryPlan
from orca_local.train.recipe import Recipe


class Trainer:
    """A framework on this machine that can train."""

    machine: Machine
    """Set by the framework's own class, whose `make` is its backend's."""
    make: ClassVar[Callable[..., TrainBackend]]

    def __init__(self, header: Header, settings: TrainSettings) -> None:
        self._header, self._settings = header, settings

    def backend(self, recipe: Recipe, plan: MemoryPlan) -> TrainBackend:
        """A backend at the start of the recipe, computing as planned."""
        return type(self).make(
            self._header,
            recipe,
            self._settings.compute,
            pack_tokens=plan.pack_tokens,
            gradient_checkpointing=plan.gradient_checkpointing,
        )


def choose_trainer(header: Header, settings: TrainSettings) -> Trainer:
    """The framework that the settings name. Raises `MissingError` where it is not installed."""
    name = settings.backend if settings.backend != "auto" else fitting_framework(sys.platform, platform.machine())
    try:
        if name == "mlx":
            from orca_local.train.mlx.backend import MlxTrainer

            return MlxTrainer(header, settings)
        from orca_local.train.torch.backend import TorchTrainer

        return TorchTrainer(header, settings)
    except ImportError as error:
        package = {"mlx": "MLX", "torch": "PyTorch"}[name]
        raise MissingError(f"{package} cannot be loaded: {error}", hint=f'pip install "orca-local[{name}]"') from error


def fitting_framework(system: str, machine: str) -> str:
    """MLX on Apple Silicon, where it is installed; PyTorch elsewhere: MLX's CPU build is far slower."""
    on_apple = (system, machine) == ("darwin", "arm64")
    return "mlx" if on_apple and find_spec("mlx_lm") is not None else "torch"
