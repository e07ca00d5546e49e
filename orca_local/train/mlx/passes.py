"""Forward and backward passes in MLX: the loss of a batch and its gradients, with or without checkpointing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import mlx.core as mx

from orca_local.engines.mlx_model import MlxModel
from orca_local.train.mlx.head import chunk_positions, summed_loss
from orca_local.train.mlx.inputs import Arrays
from orca_local.train.mlx.lora import LoraLinear

Parameters = dict[str, list[Any]]
"""Layer name → its A ([rank, in_features]) and B ([out_features, rank]), or gradients of these shapes."""


class Passes:
    """A model with LoRA layers as functions of the layers' parameters."""

    def __init__(self, model: MlxModel, layers: Mapping[str, LoraLinear]) -> None:
        self._model, self._layers = model, layers
        self._chunk = chunk_positions(model.decoder.vocab_size)
        self._names: list[list[str]] = [[] for _ in model.blocks]
        for name in layers:
            self._names[int(name.split(".")[2])].append(name)  # model.layers.7.mlp.up_proj

    def loss(self, parameters: Parameters, arrays: Arrays) -> Any:
        """Sum of the cross-entropies in nats (shape [], float32)."""
        self._set(parameters)
        return self._loss(arrays, with_grad=False)

    def gradients(self, parameters: Parameters, arrays: Arrays) -> tuple[Any, Parameters]:
        """Sum of the cross-entropies in nats (shape [], float32), and its gradients in the parameters.

        All activations are kept. The result is not evaluated yet.
        """

        def loss(parameters: Parameters) -> Any:
            self._set(parameters)
            return self._loss(arrays, with_grad=True)

        total, gradients = mx.value_and_grad(loss)(parameters)
        return total, gradients

    def checkpointed_gradients(self, parameters: Parameters, arrays: Arrays) -> tuple[Any, Parameters]:
        """The same with gradient checkpointing: only the inputs of the blocks are kept, one block is recomputed.

        The blocks are evaluated one by one here. With `mx.checkpoint`, MLX's order of evaluation recomputes many
        blocks before it needs the first of them.
        """
        self._set(parameters)
        ids, *targets = arrays
        states, inputs = self._model.embed(ids), []
        for number in range(len(self._names)):
            inputs.append(states)
            states = self._block(number, states)
            mx.eval(states)
        total, gradient = mx.value_and_grad(lambda last: self._head_loss(last, *targets, with_grad=True))(states)
        gradients: Parameters = {}
        for number in reversed(range(len(self._names))):
            mx.eval(total, gradient, gradients)
            names = self._names[number]
            values = [matrix for name in names for matrix in parameters[name]]
            gradient, *matrices = self._block_gradients(number, names, values, inputs.pop(), gradient)
            gradients |= {name: matrices[2 * i : 2 * i + 2] for i, name in enumerate(names)}
        mx.eval(gradients)
        return total, {name: gradients[name] for name in parameters}

    def _block_gradients(
        self, number: int, names: Sequence[str], values: list[Any], states: Any, gradient: Any
    ) -> list[Any]:
        """Gradients in a block's input and in its parameters, from the gradient in its output."""

        def run(states: Any, *values: Any) -> Any:
            self._set({name: list(values[2 * i : 2 * i + 2]) for i, name in enumerate(names)})
            return self._block(number, states)

        _, gradients = mx.vjp(run, [states, *values], [gradient])
        return list(gradients)

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
