"""The student as PyTorch computes it, its weights read from the GGUF; see docs/decisions/0004-training-weights.md.

One block covers the known architectures: what differs between them is in `gguf/decoder.py` and in which tensors
a file has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from orca_local.domain.errors import InputError
from orca_local.gguf.decoder import Decoder, Rope, read_decoder
from orca_local.gguf.header import Header
from orca_local.gguf.layer_names import hf_tensor_names, unpermute_rotary
from orca_local.gguf.tensors import read_tensor
from orca_local.train.batches import Batch
from orca_local.train.torch.attention import Layout, Turns, attend, make_layout
from orca_local.train.torch.lora import FrozenWeight, GateInput, LoraGroup, NormInput, PlainInput, WholeWeight

Hold = Callable[[torch.Tensor], FrozenWeight]
Read = Callable[[str], torch.Tensor | None]
"""A tensor by its name in the block, such as `mlp.up_proj.weight`; None where the file has none."""

_ATTENTION, _FUSED_ATTENTION = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"), ("self_attn.qkv_proj",)
_MLP, _FUSED_MLP = ("mlp.gate_proj", "mlp.up_proj"), ("mlp.gate_up_proj",)


class Block(nn.Module):
    """One transformer block."""

    def __init__(self, decoder: Decoder, number: int, read: Read, hold: Hold) -> None:
        super().__init__()
        self.heads = (decoder.heads, decoder.key_heads)
        self.epsilon = decoder.norm_epsilon
        self.window = decoder.windows[number]
        self.scale = decoder.attention_scale
        place = f"model.layers.{number}"

        def group(names: tuple[str, ...], given: Any) -> LoraGroup:
            weights = {f"{place}.{name}": _required(read(f"{name}.weight"), name) for name in names}
            biases = [read(f"{name}.bias") for name in names]
            whole = [w.new_zeros(len(w)) if b is None else b for b, w in zip(biases, weights.values(), strict=True)]
            bias = torch.cat(whole) if any(b is not None for b in biases) else None
            return LoraGroup(weights, bias, given, hold)

        def norm(name: str) -> NormInput | None:
            weight = read(f"{name}.weight")
            return None if weight is None else NormInput(weight.float(), decoder.norm_epsilon)

        sandwich = read("pre_feedforward_layernorm.weight") is not None
        before_mlp = norm("pre_feedforward_layernorm" if sandwich else "post_attention_layernorm")
        self.after_attention = norm("post_attention_layernorm") if sandwich else None
        self.after_mlp = norm("post_feedforward_layernorm") if sandwich else None
        self.q_norm, self.k_norm = norm("self_attn.q_norm"), norm("self_attn.k_norm")
        fused = read("self_attn.qkv_proj.weight") is not None
        self.qkv = group(_FUSED_ATTENTION if fused else _ATTENTION, norm("input_layernorm"))
        self.out = group(("self_attn.o_proj",), PlainInput())
        fused = read("mlp.gate_up_proj.weight") is not None
        self.gate_up = group(_FUSED_MLP if fused else _MLP, before_mlp)
        self.down = group(("mlp.down_proj",), GateInput(gelu=decoder.activation == "gelu"))

    def forward(self, states: torch.Tensor, layout: Layout, at: torch.Tensor | None = None) -> torch.Tensor:
        """Shape [tokens, width] → the same, or of the tokens `at` alone."""
        qkv = self.qkv(states)
        if self.q_norm is not None:
            qkv = self._normed_heads(qkv)
        attended = attend(qkv, self.heads, layout, self.window, self.scale)
        if at is not None:
            attended, states = attended[at], states[at]
        states = _added(self.out, attended, states, self.after_attention)
        return _added(self.down, self.gate_up(states), states, self.after_mlp)

    def groups(self) -> list[LoraGroup]:
        """The linear layers, in groups that read the same input."""
        return [self.qkv, self.out, self.gate_up, self.down]

    def _normed_heads(self, qkv: torch.Tensor) -> torch.Tensor:
        heads, keys = self.heads
        q, k, v = qkv.view(len(qkv), heads + 2 * keys, -1).split([heads, keys, keys], dim=1)
        assert self.q_norm is not None and self.k_norm is not None
        q, k = (
            nn.functional.rms_norm(x.float(), x.shape[-1:], norm.weight, self.epsilon).to(qkv.dtype)
            for x, norm in ((q, self.q_norm), (k, self.k_norm))
        )
        return torch.cat([q, k, v], dim=1).flatten(1)


def _added(group: LoraGroup, x: torch.Tensor, states: torch.Tensor, norm: NormInput | None) -> torch.Tensor:
    """The states with a group's result added, through a norm where the architecture has one there."""
    if norm is None:
        out: torch.Tensor = group(x, states)
        return out
    return states + normed(group(x), norm)


def _required(weight: torch.Tensor | None, name: str) -> torch.Tensor:
    if weight is None:
        raise InputError(f"the student has no tensor for {name}", hint="choose another student")
    return weight


class Weights:
    """Tensors of a file under the trainer's names."""

    def __init__(self, header: Header, dtype: torch.dtype, device: torch.device) -> None:
        self._header, self._dtype, self._device = header, dtype, device
        self._names = {hf: (gguf, heads) for gguf, (hf, heads) in hf_tensor_names(header).items()}

    def read(self, name: str) -> torch.Tensor | None:
        """One tensor, its rows in the trainer's order; None where the file has none of that name."""
        if name not in self._names:
            return None
        gguf_name, heads = self._names[name]
        values = read_tensor(self._header, gguf_name)
        if heads is not None:
            values = unpermute_rotary(values, heads)
        return torch.from_numpy(np.ascontiguousarray(values)).to(device=self._device, dtype=self._dtype)

    def block(self, decoder: Decoder, number: int, hold: Hold = WholeWeight) -> Block:
        """One of the decoder's blocks."""
        return Block(decoder, number, lambda name: self.read(f"model.layers.{number}.{name}"), hold)

    def last_norm(self, decoder: Decoder) -> NormInput:
        """What stands between the last block and the head."""
        return NormInput(_required(self.read("model.norm.weight"), "the last norm").float(), decoder.norm_epsilon)


@dataclass(frozen=True, slots=True)
class FlatBatch:
    """A batch's tokens one after another: what all rows share once, then the rest of each row."""

    ids: torch.Tensor
    """Shape [tokens]."""
    at: torch.Tensor
    """Shape [targets]: which of them predict with loss."""


def flatten_batch(batch: Batch, prefix: int, device: torch.device) -> FlatBatch:
    """The batch with its first `prefix` tokens once."""
    rows = [row[prefix:length] for row, length in zip(batch.token_ids, batch.lengths, strict=True)]
    # A row's token at position p lies at p + (where the row begins) − (what of it is shared).
    begins = np.cumsum(batch.lengths - prefix) - batch.lengths + prefix
    ids, at = np.concatenate([batch.token_ids[0, :prefix], *rows]), batch.position + begins[batch.row_index]
    return FlatBatch(torch.from_numpy(ids).to(device), torch.from_numpy(at).to(device))


def rotary_turns(decoder: Decoder, device: torch.device) -> dict[int, Turns]:
    """The rotary positions of each kind of block, by its window."""
    turns = {0: _turns(decoder.rope, device)}
    if any(decoder.windows):
        turns[max(decoder.windows)] = _turns(decoder.window_rope, device)
    return turns


class StudentModel(nn.Module):
    """A frozen causal language model; its linear layers may be given updates."""

    def __init__(self, header: Header, dtype: torch.dtype, device: torch.device, hold: Hold = WholeWeight) -> None:
        """Raises `InputError` for an architecture or a tensor that is not known: nothing is left out in silence."""
        super().__init__()
        decoder = self.decoder = read_decoder(header)
        weights = Weights(header, dtype, device)
        self.embedding = _required(weights.read("model.embed_tokens.weight"), "the embedding")
        head = weights.read("lm_head.weight")
        self.head = self.embedding if head is None else head
        """Shape [vocabulary, width]; the embedding itself where the two are tied."""
        self.norm = weights.last_norm(decoder)
        self.blocks = nn.ModuleList(weights.block(decoder, number, hold) for number in range(decoder.blocks))
        self._turns = rotary_turns(decoder, device)

    def groups(self) -> list[LoraGroup]:
        """All linear layers of the blocks, in groups that read the same input."""
        return [group for block in self.blocks for group in block.groups()]

    def forward(self, batch: Batch, *, share_prefix: bool, checkpointed: bool = False) -> torch.Tensor:
        """Final hidden states where the batch has loss: shape [targets, width].

        With `share_prefix`, what all rows begin with is computed once, and gives the same result. With
        `checkpointed`, a block's activations are computed again when its gradient is.
        """
        prefix = batch.shared_prefix if share_prefix else 0
        flat = flatten_batch(batch, prefix, self.embedding.device)
        layout = make_layout(prefix, batch.lengths, self._turns, self.embedding.dtype)
        states = self.embedding[flat.ids]
        if self.decoder.embedding_scale != 1.0:
            states = states * self.decoder.embedding_scale
        for block in self.blocks:
            where = flat.at if block is self.blocks[-1] else None
            if checkpointed:
                states = checkpoint(block, states, layout, where, use_reentrant=False)
            else:
                states = block(states, layout, where)
        return normed(states, self.norm)


def normed(states: torch.Tensor, norm: NormInput) -> torch.Tensor:
    """A norm by itself."""
    out: torch.Tensor = _Norm.apply(states, norm)
    return out


class _Norm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any, norm: NormInput) -> Any:
        out = torch.empty_like(x)
        ctx.norm = norm
        ctx.save_for_backward(x, norm.forward(x, out))
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return ctx.norm.backward(grads[0], *ctx.saved_tensors), None


def _turns(rope: Rope, device: torch.device) -> Turns:
    return Turns(torch.from_numpy(rope.inverse_frequencies).to(device), rope.magnitude)
