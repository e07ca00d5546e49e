"""The passes of a step in MLX: the loss of a batch, and its gradients with activations kept or computed twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import mlx.core as mx

from orca_local.engines.mlx_model import MlxModel
from orca_local.train.mlx.head import chunk_positions, summed_loss
from orca_local.train.mlx.inputs import Arrays
from orca_local.train.mlx.lora import LoraLinear

Parameters = dict[str, list[Any]]
"""Layer to its A and B, or to something of their shapes."""


class Passes:
    """A model with its updated layers as functions of their parameters."""

    def __init__(self, model: MlxModel, layers: Mapping[str, LoraLinear]) -> None:
        self._model, self._layers = model, layers
        self._chunk = chunk_positions(model.decoder.vocab_size)
        self._names: list[list[str]] = [[] for _ in model.blocks]
        for name in layers:
            self._names[int(name.split(".")[2])].append(name)  # model.layers.7.mlp.up_proj

    def loss(self, parameters: Parameters, arrays: Arrays) -> Any:
        """Summed cross-entropy."""
        self._set(parameters)
        return self._loss(arrays, with_grad=False)

    def gradients(self, parameters: Parameters, arrays: Arrays) -> tuple[Any, Parameters]:
        """Summed cross-entropy and its gradients, activations kept. Evaluates nothing."""

        def loss(parameters: Parameters) -> Any:
            self._set(parameters)
            return self._loss(arrays, with_grad=True)

        total, found = mx.value_and_grad(loss)(parameters)
        return total, found

    def lean_gradients(self, parameters: Parameters, arrays: Arrays) -> tuple[Any, Parameters]:
        """The same, with the activations of one block at a time: all but its input is computed a second time.

        Block after block is evaluated here, not by `mx.checkpoint`: MLX's own order of evaluation computes many
        blocks a second time before it needs the first.
        """
        self._set(parameters)
        ids, *targets = arrays
        states, inputs = self._model.embed(ids), []
        for number in range(len(self._names)):
            inputs.append(states)
            states = self._block(number, states)
            mx.eval(states)
        total, slope = mx.value_and_grad(lambda last: self._head_loss(last, *targets, with_grad=True))(states)
        gradients: Parameters = {}
        for number in reversed(range(len(self._names))):
            mx.eval(total, slope, gradients)
            names = self._names[number]
            values = [half for name in names for half in parameters[name]]
            slopes = self._block_slopes(number, names, values, inputs.pop(), slope)
            slope, *halves = slopes
            gradients |= {name: halves[2 * i : 2 * i + 2] for i, name in enumerate(names)}
        mx.eval(gradients)
        return total, {name: gradients[name] for name in parameters}

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

    def _loss(self, arrays: Arrays, *, with_grad: bool) -> Any:
        ids, *targets = arrays
        states = self._model.embed(ids)
        for number in range(len(self._names)):
            states = self._block(number, states)
        return self._head_loss(states, *targets, with_grad=with_grad)

    def _block(self, number: int, states: Any) -> Any:
        return self._model.blocks[number](states, self._model.mask(number, states.shape[1]), None)

    def _head_loss(self, states: Any, row_index: Any, position: Any, target: Any, *, with_grad: bool) -> Any:
        hidden = self._model.norm(states[row_index, position])
        return summed_loss(self._model.head, hidden, target, self._chunk, with_grad=with_grad)
