"""The passes of a step in MLX: the loss of a batch, and its gradients with activations kept or computed twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import mlx.core as mx

from orca_local.engines.mlx_model import MlxModel
from orca_local.train.batches import Batch
from orca_local.train.mlx_head import chunk_positions, summed_loss
from orca_local.train.mlx_lora import LoraLinear

Parameters = dict[str, list[Any]]
"""Layer to its A and B, or to something of their shapes."""


@dataclass(frozen=True, slots=True)
class _Targets:
    """Where a batch has loss."""

    row_index: Any
    position: Any
    target: Any


class Passes:
    """A model with its updated layers as functions of their parameters."""

    def __init__(self, model: MlxModel, layers: Mapping[str, LoraLinear]) -> None:
        self._model, self._layers = model, layers
        self._chunk = chunk_positions(model.decoder.words)
        self._names: list[list[str]] = [[] for _ in model.blocks]
        for name in layers:
            self._names[int(name.split(".")[2])].append(name)  # model.layers.7.mlp.up_proj

    def loss(self, parameters: Parameters, batch: Batch) -> float:
        """Summed cross-entropy."""
        self._set(parameters)
        total = self._head_loss(self._through(_ids(batch)), _targets(batch), with_grad=False)
        return float(total.item())

    def gradients(self, parameters: Parameters, batch: Batch) -> tuple[float, Parameters]:
        """Summed cross-entropy and its gradients, activations kept."""
        ids, targets = _ids(batch), _targets(batch)

        def loss(parameters: Parameters) -> Any:
            self._set(parameters)
            return self._head_loss(self._through(ids), targets, with_grad=True)

        total, found = mx.value_and_grad(loss)(parameters)
        mx.eval(total, found)
        return float(total.item()), found

    def lean_gradients(self, parameters: Parameters, batch: Batch) -> tuple[float, Parameters]:
        """The same, with the activations of one block at a time: all but its input is computed a second time.

        Block after block is evaluated here, not by `mx.checkpoint`: MLX's own order of evaluation computes many
        blocks a second time before it needs the first.
        """
        self._set(parameters)
        states, inputs = self._model.embed(_ids(batch)), []
        for number in range(len(self._names)):
            inputs.append(states)
            states = self._block(number, states)
            mx.eval(states)
        targets = _targets(batch)
        total, slope = mx.value_and_grad(lambda last: self._head_loss(last, targets, with_grad=True))(states)
        gradients: Parameters = {}
        for number in reversed(range(len(self._names))):
            mx.eval(total, slope, gradients)
            names = self._names[number]
            values = [half for name in names for half in parameters[name]]
            slopes = self._block_slopes(number, names, values, inputs.pop(), slope)
            slope, *halves = slopes
            gradients |= {name: halves[2 * i : 2 * i + 2] for i, name in enumerate(names)}
        mx.eval(gradients)
        return float(total.item()), {name: gradients[name] for name in parameters}

    def _block_slopes(self, number: int, names: Sequence[str], values: list[Any], states: Any, slope: Any) -> list[Any]:
        """Gradients in a block's input and in its parameters, from that in its result."""

        def run(states: Any, *values: Any) -> Any:
            self._set({name: list(values[2 * i : 2 * i + 2]) for i, name in enumerate(names)})
            return self._block(number, states)

        _, slopes = mx.vjp(run, [states, *values], [slope])
        return list(slopes)

    def _set(self, parameters: Parameters) -> None:
        for name, pair in parameters.items():
            self._layers[name].set_update(*pair)

    def _through(self, ids: Any) -> Any:
        states = self._model.embed(ids)
        for number in range(len(self._names)):
            states = self._block(number, states)
        return states

    def _block(self, number: int, states: Any) -> Any:
        return self._model.blocks[number](states, self._model.mask(number, states.shape[1]), None)

    def _head_loss(self, states: Any, targets: _Targets, *, with_grad: bool) -> Any:
        hidden = self._model.norm(states[targets.row_index, targets.position])
        return summed_loss(self._model.head, hidden, targets.target, self._chunk, with_grad=with_grad)


def _ids(batch: Batch) -> Any:
    return mx.array(batch.token_ids)


def _targets(batch: Batch) -> _Targets:
    return _Targets(*(mx.array(part) for part in (batch.row_index, batch.position, batch.target)))
