"""The student in PyTorch, with its weights read from the GGUF; see docs/decisions/0004-training-weights.md.

One block class covers all supported architectures. They differ in the values of `gguf/decoder.py` and in the entries of
`gguf/families.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.gguf.decoder import AttentionKind, Decoder, Rope, read_decoder
from orca_local.gguf.families import NormPlace
from orca_local.gguf.header import Header
from orca_local.gguf.layer_names import hf_tensor_names, unpermute_rotary
from orca_local.gguf.tensors import read_matrix_at, read_tensor
from orca_local.train.batches import Batch
from orca_local.train.torch.attention import Layout, RotaryFrequencies, attend, make_layout, shape_multiple
from orca_local.train.torch.experts import Expert, Experts
from orca_local.train.torch.lora import (
    DenseWeight,
    Freeze,
    GateInput,
    InputTransform,
    LoraGroup,
    NormInput,
    PlainInput,
)

T = TypeVar("T")


class Read(Protocol):
    """Reads a tensor of a file."""

    def __call__(self, name: str, number: int | None = None, /) -> torch.Tensor | None:
        """The tensor called `name` within a block, such as `mlp.up_proj.weight`; None if the file has none.

        With `number`, one matrix of a tensor of three dimensions.
        """


_QKV, _FUSED_QKV = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"), ("self_attn.qkv_proj",)
_GATE_UP, _FUSED_GATE_UP = ("mlp.gate_proj", "mlp.up_proj"), ("mlp.gate_up_proj",)


class Block(nn.Module):
    """One transformer block."""

    def __init__(self, decoder: Decoder, number: int, read: Read, freeze: Freeze) -> None:
        super().__init__()
        self.heads = (decoder.heads, decoder.key_heads)
        self.epsilon = decoder.norm_epsilon
        self.kind = decoder.kinds[number]
        self.scales = decoder.scales
        family = decoder.family
        prefix = f"model.layers.{number}"

        def group(names: tuple[str, ...], transform: InputTransform) -> LoraGroup:
            weights = {f"{prefix}.{name}": _required(read(f"{name}.weight"), name) for name in names}
            return LoraGroup(weights, _joined_bias(names, list(weights.values()), read), transform, freeze)

        def norm(name: str) -> NormInput:
            return NormInput(_required(read(f"{name}.weight"), name).float(), decoder.norm_epsilon)

        def norm_at(place: NormPlace) -> NormInput | None:
            return norm(family.norms[place][0]) if place in family.norms else None

        self.after_attention, self.after_mlp = norm_at("after_attention"), norm_at("after_mlp")
        self.query_norms = [norm(name) for name in family.head_norms]
        is_fused = _FUSED_QKV[0] in family.linear
        self.qkv = group(_FUSED_QKV if is_fused else _QKV, norm_at("before_attention") or PlainInput())
        self.out = group(("self_attn.o_proj",), PlainInput())
        self._groups = [self.qkv, self.out]
        before_mlp = norm_at("before_mlp")
        self.experts: Experts | None = None
        if decoder.experts is not None:
            self.before_experts = _required(before_mlp, "the norm before the experts")
            router = _required(read("mlp.gate.weight"), "the router")
            self.experts = Experts(router, decoder.experts.used, _expert_loader(decoder.experts.count, read, freeze))
            return
        is_fused = _FUSED_GATE_UP[0] in family.linear
        self.gate_up = group(_FUSED_GATE_UP if is_fused else _GATE_UP, before_mlp or PlainInput())
        self.down = group(("mlp.down_proj",), GateInput(gelu=family.activation == "gelu"))
        self._groups += [self.gate_up, self.down]

    def forward(self, states: torch.Tensor, layout: Layout, target_index: torch.Tensor | None = None) -> torch.Tensor:
        """Shape [tokens, width] → the same; with `target_index`, only those tokens: [targets, width]."""
        qkv = self.qkv(states)
        if self.query_norms:
            qkv = self._norm_queries(qkv)
        attended = attend(qkv, self.heads, layout, self.kind, self.scales.attention)
        if target_index is not None:
            attended, states = attended[target_index], states[target_index]
        states = self._add(self.out, attended, states, self.after_attention)
        if self.experts is not None:
            return states.add(self.experts(apply_norm(states, self.before_experts)), alpha=self.scales.residual)
        return self._add(self.down, self.gate_up(states), states, self.after_mlp)

    def groups(self) -> list[LoraGroup]:
        """The block's linear layers that can be trained, grouped by common input."""
        return self._groups

    def _norm_queries(self, qkv: torch.Tensor) -> torch.Tensor:
        """Norm q and k, over as many values at once as the norms have weights: those of a head, or of all heads."""
        heads, keys = self.heads
        size = qkv.shape[1] // (heads + 2 * keys)
        *normed, v = qkv.split([heads * size, keys * size, keys * size], dim=1)
        for number, norm in enumerate(self.query_norms):
            x = normed[number].unflatten(1, (-1, len(norm.weight))).float()
            x = nn.functional.rms_norm(x, x.shape[-1:], norm.weight, self.epsilon)
            normed[number] = x.to(qkv.dtype).flatten(1)
        return torch.cat([*normed, v], dim=1)

    def _add(self, group: LoraGroup, x: torch.Tensor, states: torch.Tensor, norm: NormInput | None) -> torch.Tensor:
        """`states` plus the group's result, which goes through `norm` first if there is one, times the scale."""
        scale = self.scales.residual
        if norm is None and scale == 1.0:
            out: torch.Tensor = group(x, states)
            return out
        added = group(x) if norm is None else apply_norm(group(x), norm)
        return states.add(added, alpha=scale)


def _expert_loader(count: int, read: Read, freeze: Freeze) -> Callable[[int], Expert]:
    """Makes an expert ready by its number: from the file, or from the form that `freeze` stores."""

    def load(number: int) -> Expert:
        gate, up, down = (
            _required(read(f"mlp.experts.{name}.weight", number), name)
            for name in ("gate_proj", "up_proj", "down_proj")
        )
        return torch.cat([gate, up]), down

    if freeze is DenseWeight:
        return load
    frozen = [tuple(map(freeze, load(number))) for number in range(count)]

    def unfreeze(number: int) -> Expert:
        gate_up, down = frozen[number]
        return gate_up.extended(), down.extended()

    return unfreeze


def _joined_bias(names: tuple[str, ...], weights: list[torch.Tensor], read: Read) -> torch.Tensor | None:
    """The biases of a group, concatenated; zero for a layer without one; None if no layer has one."""
    biases = [read(f"{name}.bias") for name in names]
    if all(bias is None for bias in biases):
        return None
    filled = [w.new_zeros(len(w)) if bias is None else bias for bias, w in zip(biases, weights, strict=True)]
    return torch.cat(filled)


def _required(value: T | None, name: str) -> T:
    if value is None:
        raise InputError(f"the student has no tensor for {name}", hint="choose another student")
    return value


class WeightReader:
    """Reads a file's tensors by their Hugging Face names."""

    def __init__(self, header: Header, dtype: torch.dtype, device: torch.device) -> None:
        self._header, self._dtype, self._device = header, dtype, device
        self._names = {hf: (gguf, heads) for gguf, (hf, heads) in hf_tensor_names(header).items()}

    def read(self, name: str, number: int | None = None) -> torch.Tensor | None:
        """A tensor in the shape of the file, [out, in] or [width]; None if the file has none of that name.

        Its rows are in Hugging Face's order, its data type is the reader's. With `number`, one matrix of a tensor of
        three dimensions.
        """
        if name not in self._names:
            return None
        gguf_name, heads = self._names[name]
        if number is None:
            values = read_tensor(self._header, gguf_name)
        else:
            values = read_matrix_at(self._header, self._header.tensor_map[gguf_name], number)
        if heads is not None:
            values = unpermute_rotary(values, heads)
        return torch.from_numpy(np.ascontiguousarray(values)).to(device=self._device, dtype=self._dtype)

    def read_block(self, decoder: Decoder, number: int, freeze: Freeze = DenseWeight) -> Block:
        """Block `number`, counted from 0."""

        def read(name: str, part: int | None = None, /) -> torch.Tensor | None:
            return self.read(f"model.layers.{number}.{name}", part)

        return Block(decoder, number, read, freeze)

    def read_final_norm(self, decoder: Decoder) -> NormInput:
        """The norm between the last block and the output head, which includes the factor of the logits."""
        weight = _required(self.read("model.norm.weight"), "the final norm").float()
        return NormInput(weight * decoder.scales.logits, decoder.norm_epsilon)


class FlatBatch(Frozen):
    """A batch's tokens one after another: the shared prefix once, then the rest of each row."""

    ids: torch.Tensor
    """Shape [tokens], int64."""
    target_index: torch.Tensor
    """Shape [targets], int64: indices in `ids` of the positions with a loss."""


def add_padding_row(batch: Batch, prefix: int, multiple: int) -> Batch:
    """The batch with a row without targets, so that its tokens are a multiple of `multiple`; they share `prefix`."""
    missing = -(prefix + int((batch.lengths - prefix).sum())) % multiple
    if not missing:
        return batch
    length = prefix + missing
    token_ids = np.pad(batch.token_ids, ((0, 1), (0, max(0, length - batch.token_ids.shape[1]))))
    token_ids[-1, :prefix] = token_ids[0, :prefix]
    return replace(batch, token_ids=token_ids, lengths=np.append(batch.lengths, length))


def flatten_batch(batch: Batch, prefix: int, device: torch.device) -> FlatBatch:
    """Flatten a batch, with the first `prefix` tokens, which all rows share, stored once."""
    rows = [row[prefix:length] for row, length in zip(batch.token_ids, batch.lengths, strict=True)]
    # A row's token at position p is stored at p + (where the row's own tokens start) − prefix.
    offsets = np.cumsum(batch.lengths - prefix) - batch.lengths + prefix
    ids = np.concatenate([batch.token_ids[0, :prefix], *rows])
    target_index = batch.position + offsets[batch.row_index]
    return FlatBatch(torch.from_numpy(ids).to(device), torch.from_numpy(target_index).to(device))


def rotary_frequencies(decoder: Decoder, device: torch.device) -> dict[AttentionKind, RotaryFrequencies]:
    """The rotary frequencies of each kind of block."""
    return {kind: _to_device(decoder.rope_of(kind), device) for kind in dict.fromkeys(decoder.kinds)}


def _to_device(rope: Rope, device: torch.device) -> RotaryFrequencies:
    return RotaryFrequencies(torch.from_numpy(rope.inverse_frequencies).to(device), rope.magnitude)


class StudentModel(nn.Module):
    """A frozen causal language model whose linear layers can have LoRA updates."""

    def __init__(self, header: Header, dtype: torch.dtype, device: torch.device, freeze: Freeze = DenseWeight) -> None:
        """Raises `InputError` for an unknown architecture or tensor: nothing is ignored silently."""
        super().__init__()
        decoder = self.decoder = read_decoder(header)
        weights = WeightReader(header, dtype, device)
        self.embedding = _required(weights.read("model.embed_tokens.weight"), "the embedding")
        head = weights.read("lm_head.weight")
        self.head = self.embedding if head is None else head
        """Shape [vocabulary, width]; the embedding itself if the two are tied."""
        self.norm = weights.read_final_norm(decoder)
        self.blocks = nn.ModuleList(weights.read_block(decoder, number, freeze) for number in range(decoder.blocks))
        self._rotary = rotary_frequencies(decoder, device)

    def groups(self) -> list[LoraGroup]:
        """All linear layers of the blocks, grouped by common input."""
        return [group for block in self.blocks for group in block.groups()]

    def forward(self, batch: Batch, *, share_prefix: bool, checkpointing: bool = False) -> torch.Tensor:
        """Final hidden states at the positions with a loss: shape [targets, width], in the model's data type.

        They include the factor of the logits.

        `share_prefix` computes the prefix that all rows share only once, with the same result. `checkpointing`
        recomputes a block's activations in the backward pass instead of keeping them.
        """
        prefix = batch.shared_prefix if share_prefix else 0
        multiple = shape_multiple(self.embedding.device, self.embedding.dtype)
        batch = add_padding_row(batch, prefix, multiple)
        flat = flatten_batch(batch, prefix, self.embedding.device)
        targets = len(flat.target_index)
        target_index = nn.functional.pad(flat.target_index, (0, -targets % multiple))
        layout = make_layout(prefix, batch.lengths, self._rotary, self.embedding.dtype)
        states = self.embedding[flat.ids]
        if self.decoder.scales.embedding != 1.0:
            states = states * self.decoder.scales.embedding
        for block in self.blocks:
            selected = target_index if block is self.blocks[-1] else None
            if checkpointing:
                states = checkpoint(block, states, layout, selected, use_reentrant=False)
            else:
                states = block(states, layout, selected)
        return apply_norm(states, self.norm)[:targets]


def apply_norm(states: torch.Tensor, norm: NormInput) -> torch.Tensor:
    """The norm of `states`, of the same shape [tokens, width]."""
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
