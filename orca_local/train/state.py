"""The state of a training: the adapter and the optimizer's moments, as numpy arrays.

It is the same for every backend, so one backend can resume another's checkpoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from orca_local.adapters.adapter import Adapter, Pair
from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.gguf.header import Header
from orca_local.gguf.layer_names import LinearLayer, linear_layers
from orca_local.train.recipe import Recipe

MOMENTS_FILE = "optimizer.safetensors"
_MATRICES = ("A", "B")

Moments = Mapping[str, Pair]
"""Layer name → a moment of A (shape [rank, in_features]) and of B ([out_features, rank]), float32."""


class TrainState(Frozen):
    """Everything that a training step changes."""

    adapter: Adapter
    first_moments: Moments
    """AdamW's running means of the gradients."""
    second_moments: Moments
    """AdamW's running means of the squared gradients."""

    @property
    def is_finite(self) -> bool:
        """Whether all values are finite."""
        pairs = (self.adapter.layers, self.first_moments, self.second_moments)
        return all(np.isfinite(matrix).all() for layers in pairs for pair in layers.values() for matrix in pair)

    def save(self, directory: Path) -> None:
        """Write adapter and moments into `directory`."""
        from safetensors.numpy import save_file

        self.adapter.save(directory)
        tensors = {}
        for moment, layers in (("m", self.first_moments), ("v", self.second_moments)):
            for name, pair in layers.items():
                for matrix, values in zip(_MATRICES, pair, strict=True):
                    tensors[f"{name}.{matrix}.{moment}"] = np.ascontiguousarray(values, dtype=np.float32)
        save_file(tensors, directory / MOMENTS_FILE)

    @classmethod
    def load(cls, directory: Path) -> TrainState:
        """Read what `save` wrote. Raises `InputError` if it is damaged."""
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        adapter = Adapter.load(directory)
        path = directory / MOMENTS_FILE
        try:
            tensors = load_file(path)
            moments = [
                {name: (tensors[f"{name}.A.{moment}"], tensors[f"{name}.B.{moment}"]) for name in adapter.layers}
                for moment in "mv"
            ]
        except (OSError, SafetensorError, KeyError) as error:
            raise InputError(f"cannot read the checkpoint {path}: {error}", hint="train again") from error
        return cls(adapter, *moments)


def target_layers(header: Header, names: tuple[str, ...]) -> list[LinearLayer]:
    """The linear layers to train: those whose last name part is in `names`, or all if `names` is empty.

    Raises `InputError` for a name that no layer has.
    """
    layers = linear_layers(header)
    existing = list(dict.fromkeys(layer.hf_name.rpartition(".")[2] for layer in layers))
    unknown = [name for name in names if name not in existing]
    if unknown:
        raise InputError(
            f"train.target_layers names {unknown[0]!r}, but {header.path.name} has no such layer",
            hint=f"its layers are {', '.join(existing)}",
        )
    return [layer for layer in layers if not names or layer.hf_name.rpartition(".")[2] in names]


def initial_adapter(header: Header, recipe: Recipe) -> Adapter:
    """The adapter before the first step, initialized as PEFT does.

    A is Kaiming uniform with a = √5, so uniform in ±1/√in_features; B is zero. Every backend uses this function, so
    all trainings with the same seed start from the same adapter.
    """
    layers = {}
    for number, layer in enumerate(target_layers(header, recipe.target_layers)):
        bound = layer.in_features**-0.5
        rng = np.random.default_rng([recipe.seed, number])
        a = rng.uniform(-bound, bound, (recipe.rank, layer.in_features)).astype(np.float32)
        layers[layer.hf_name] = (a, np.zeros((layer.out_features, recipe.rank), np.float32))
    return Adapter(recipe.rank, recipe.alpha, layers, recipe.rank_stabilized, header.path.name)
