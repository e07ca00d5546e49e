"""What a training is at a step: the adapter and the optimizer's moments, in numpy, the same for every backend.

A checkpoint that one backend wrote can therefore be gone on with by another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from orca_local.adapters.adapter import Adapter, Pair
from orca_local.domain.errors import InputError
from orca_local.gguf.header import Header
from orca_local.gguf.layer_names import LinearLayer, linear_layers
from orca_local.train.recipe import Recipe

MOMENTS_FILE = "optimizer.safetensors"
_HALVES = ("A", "B")

Moments = Mapping[str, Pair]
"""Layer name to a moment of A and one of B, of their shapes."""


@dataclass(frozen=True)
class TrainState:
    """Everything that a step changes."""

    adapter: Adapter
    first_moments: Moments
    """AdamW's running means of the gradients."""
    second_moments: Moments
    """AdamW's running means of their squares."""

    @property
    def is_finite(self) -> bool:
        """Whether every number is one that training can go on with."""
        pairs = (self.adapter.layers, self.first_moments, self.second_moments)
        return all(np.isfinite(half).all() for layers in pairs for pair in layers.values() for half in pair)

    def save(self, directory: Path) -> None:
        """Write adapter and moments into `directory`."""
        from safetensors.numpy import save_file

        self.adapter.save(directory)
        tensors = {}
        for moment, layers in (("m", self.first_moments), ("v", self.second_moments)):
            for name, pair in layers.items():
                for half, values in zip(_HALVES, pair, strict=True):
                    tensors[f"{name}.{half}.{moment}"] = np.ascontiguousarray(values, dtype=np.float32)
        save_file(tensors, directory / MOMENTS_FILE)

    @classmethod
    def load(cls, directory: Path) -> TrainState:
        """Read what `save` wrote. Raises `InputError` where it is not whole."""
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
    """The layers that are trained: those of the blocks whose last name is in `names`, or all.

    Raises `InputError` for a name that no layer has.
    """
    layers = linear_layers(header)
    known = list(dict.fromkeys(layer.hf_name.rpartition(".")[2] for layer in layers))
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(
            f"train.target_layers names {unknown[0]!r}, which {header.path.name} does not have",
            hint=f"its layers are {', '.join(known)}",
        )
    return [layer for layer in layers if not names or layer.hf_name.rpartition(".")[2] in names]


def initial_adapter(header: Header, recipe: Recipe) -> Adapter:
    """Where a training starts: A as in PEFT (Kaiming uniform with a = √5, so uniform in ±1/√width), B zero.

    Drawn here, not by a backend: all of them start at the same place.
    """
    layers = {}
    for number, layer in enumerate(target_layers(header, recipe.target_layers)):
        bound = layer.in_features**-0.5
        rng = np.random.default_rng([recipe.seed, number])
        a = rng.uniform(-bound, bound, (recipe.rank, layer.in_features)).astype(np.float32)
        layers[layer.hf_name] = (a, np.zeros((layer.out_features, recipe.rank), np.float32))
    return Adapter(recipe.rank, recipe.alpha, layers, recipe.rank_stabilized, header.path.name)
