"""Choose the framework that computes the trained model's own logits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.errors import MissingError
from orca_local.gguf.header import Header

Row = tuple[Sequence[int], Sequence[int]]
ReferenceLogits = Callable[[Header, Path | None, Sequence[Row]], Iterator[NDArray[np.float32]]]
"""Called with header, adapter directory and rows of (token ids, positions).

It yields for each row the float32 logits of weights plus adapter, [positions, vocabulary].
"""


def choose_reference() -> ReferenceLogits:
    """PyTorch's implementation if PyTorch is installed, else MLX's. Raises `MissingError` if neither is."""
    for framework in ("torch", "mlx"):
        with suppress(ImportError):
            module = import_module(f"orca_local.train.reference.{framework}_logits")
            reference_logits: ReferenceLogits = module.reference_logits
            return reference_logits
    raise MissingError(
        "computing the trained model's predictions needs PyTorch or MLX, and neither can be loaded",
        hint='pip install "orca-local[torch]", or "orca-local[mlx]" on Apple Silicon',
    )
