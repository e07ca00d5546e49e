"""Maps GGUF tensors to the layers of Hugging Face models, and converts between their orders of rows.

GGUF names are llama.cpp's. The other names are those of Hugging Face models and PEFT adapters.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.gguf.families import FAMILIES
from orca_local.gguf.header import Header

_OUTER = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}

TRAINABLE = tuple(FAMILIES)
"""Architectures that can be trained."""
ANOTHER_STUDENT = "choose another student: `orca-local models list`"


class LinearLayer(Frozen):
    """A matrix of a block that an adapter may change."""

    hf_name: str
    """Name in Hugging Face models, such as `model.layers.0.self_attn.q_proj`."""
    gguf_name: str
    """Name in the GGUF, such as `blk.0.attn_q.weight`."""
    out_features: int
    in_features: int
    rotary_heads: int | None
    """Number of heads if the file stores the rows permuted for rotary embedding, else None."""


def require_trainable(header: Header) -> None:
    """Raise `InputError` for an architecture that cannot be trained and merged."""
    if header.architecture not in TRAINABLE:
        raise InputError(
            f"training the architecture {header.architecture!r} is not supported; supported are {', '.join(TRAINABLE)}",
            hint=ANOTHER_STUDENT,
        )


def linear_layers(header: Header) -> list[LinearLayer]:
    """Every linear layer of the blocks, in order."""
    require_trainable(header)
    layers = []
    for block in range(header.block_count):
        for hf, gguf in FAMILIES[header.architecture].linear.items():
            name = f"blk.{block}.{gguf}.weight"
            shape = header.tensor_map[name].shape if name in header.tensor_map else ()
            heads = _rotary_heads(header, gguf)
            if len(shape) != 2 or (heads is not None and (heads < 1 or shape[0] % (2 * heads))):
                # Mixtures of experts call themselves `llama` as well.
                raise InputError(f"{header.path} has no matrix {name!r} that can be trained", hint=ANOTHER_STUDENT)
            out_features, in_features = shape
            layers.append(LinearLayer(f"model.layers.{block}.{hf}", name, out_features, in_features, heads))
    return layers


def hf_tensor_names(header: Header) -> dict[str, tuple[str, int | None]]:
    """GGUF tensor → (name in Hugging Face's state dict, permuted heads), for every tensor that has a name there."""
    require_trainable(header)
    names: dict[str, tuple[str, int | None]] = {}
    for hf, gguf in _OUTER.items():
        names[f"{gguf}.weight"] = (f"{hf}.weight", None)
    family = FAMILIES[header.architecture]
    layers = [*family.linear.items(), *family.norms.values(), *family.head_norms.items(), *family.experts.items()]
    for block in range(header.block_count):
        for hf, gguf in layers:
            for part in ("weight", "bias"):
                names[f"blk.{block}.{gguf}.{part}"] = (
                    f"model.layers.{block}.{hf}.{part}",
                    _rotary_heads(header, gguf),
                )
    return {gguf: pair for gguf, pair in names.items() if gguf in header.tensor_map}


def _rotary_heads(header: Header, gguf: str) -> int | None:
    if not FAMILIES[header.architecture].is_permuted or gguf not in ("attn_q", "attn_k"):
        return None
    heads = header.count("attention.head_count")
    return heads if gguf == "attn_q" else header.count("attention.head_count_kv", heads)


Values = TypeVar("Values", bound=np.generic)


def permute_rotary(matrix: NDArray[Values], heads: int) -> NDArray[Values]:
    """Reorder rows from Hugging Face's order (halves of each head) to llama.cpp's (pairs).

    `matrix` has shape [rows, …] with rows divisible by 2 · `heads`; the result is a contiguous copy of that shape.
    """
    return _reordered(matrix, heads, 2, matrix.shape[0] // heads // 2)


def unpermute_rotary(matrix: NDArray[Values], heads: int) -> NDArray[Values]:
    """The inverse of `permute_rotary`, for the same shapes."""
    return _reordered(matrix, heads, matrix.shape[0] // heads // 2, 2)


def _reordered(matrix: NDArray[Values], *parts: int) -> NDArray[Values]:
    """The rows, which are in `parts` of each other, with the last two parts exchanged."""
    split = matrix.reshape(*parts, *matrix.shape[1:])
    return np.ascontiguousarray(split.swapaxes(1, 2).reshape(matrix.shape))
