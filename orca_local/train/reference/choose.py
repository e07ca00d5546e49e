"""Choose the framework that computes the trained model's own logits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
    try:
        from orca_local.train.reference.torch_logits import reference_logits

        return reference_logits
    except ImportError:
        pass
    try:
        from orca_local.train.reference.mlx_logits import reference_logits as mlx_reference_logits

        return mlx_reference_logits
    except ImportError as error:
        raise MissingError(
            "computing the trained model's predictions needs PyTorch or MLX, and neither can be loaded",
            hint='pip install "orca-local[torch]", or "orca-local[mlx]" on Apple Silicon',
        ) from error
