"""Choose the training framework: PyTorch or MLX."""

from __future__ import annotations

import platform
import sys
from importlib.util import find_spec

from orca_local.domain.errors import MissingError
from orca_local.domain.settings import TrainSettings
from orca_local.gguf.header import Header
from orca_local.train.backend import Framework


def choose_framework(header: Header, settings: TrainSettings) -> Framework:
    """The framework that `train.backend` names. Raises `MissingError` if it is not installed."""
    name = settings.backend if settings.backend != "auto" else default_framework(sys.platform, platform.machine())
    try:
        if name == "mlx":
            from orca_local.train.mlx.backend import MlxFramework

            return MlxFramework(header, settings)
        from orca_local.train.torch.backend import TorchFramework

        return TorchFramework(header, settings)
    except ImportError as error:
        package = {"mlx": "MLX", "torch": "PyTorch"}[name]
        raise MissingError(f"cannot load {package}: {error}", hint=f'pip install "orca-local[{name}]"') from error


def default_framework(system: str, machine: str) -> str:
    """`mlx` on Apple Silicon if it is installed, else `torch`: MLX is much slower than PyTorch on other CPUs."""
    on_apple = (system, machine) == ("darwin", "arm64")
    return "mlx" if on_apple and find_spec("mlx_lm") is not None else "torch"
