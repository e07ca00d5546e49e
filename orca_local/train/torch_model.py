"""The student as PyTorch computes it, its weights read from the GGUF.

One block covers the known architectures: llama, qwen2 (biases on q, k, v) and qwen3 (norms on q and k).
See docs/decisions/0004-training-weights.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from orca_local.domain.errors import InputError
from orca_local.gguf.header import Header
from orca_local.gguf.layer_names import hf_tensor_names, require_trainable, unpermute_rotary
from orca_local.gguf.tensors import read_tensor
from orca_local.train.batches import Batch
from orca_local.train.torch_attention import Layout, attend, make_layout
from orca_local.train.torch_lora import GateInput, LoraGroup, NormInput, PlainInput

_ROPE_FACTORS = "rope_freqs.weight"
_ATTENTION, _MLP = ("q_proj", "k_proj", "v_proj"), ("gate_proj", "up_proj")


class Block(nn.Module):
    """One transformer block."""

    def __init__(self, header: Header, number: int, read: Any) -> None:
        super().__init__()
        place, epsilon = f"model.layers.{number}", float(header.value("attention.layer_norm_rms_epsilon"))
        heads = int(header.value("attention.head_count"))
        keys = int(header.value("attention.head_count_kv", heads))
        self.heads = (heads, keys)
        self.epsilon = epsilon

        def group(names: tuple[str, ...], given: Any) -> LoraGroup:
            weights = {f"{place}.{name}": read(f"{place}.{name}.weight") for name in names}
            biases = [read(f"{place}.{name}.bias", required=False) for name in names]
            whole = [torch.zeros(len(w)) if b is None else b for b, w in zip(biases, weights.values(), strict=True)]
            first = next(iter(weights.values()))
            bias = torch.cat(whole).to(first) if any(b is not None for b in biases) else None
            return LoraGroup(weights, bias, given)

        def norm(name: str, *, required: bool = True) -> Any:
            weight = read(f"{place}.{name}.weight", required=required)
            return None if weight is None else weight.float()

        heads_normed = header.architecture == "qwen3"
        self.q_norm = norm("self_attn.q_norm", required=heads_normed)
        self.k_norm = norm("self_attn.k_norm", required=heads_normed)
        self.qkv = group(tuple(f"self_attn.{name}" for name in _ATTENTION), NormInput(norm("input_layernorm"), epsilon))
        self.out = group(("self_attn.o_proj",), PlainInput())
        self.gate_up = group(
            tuple(f"mlp.{name}" for name in _MLP), NormInput(norm("post_attention_layernorm"), epsilon)
        )
        self.down = group(("mlp.down_proj",), GateInput())

    def forward(self, states: torch.Tensor, layout: Layout, at: torch.Tensor | None = None) -> torch.Tensor:
        """Shape [tokens, width] → the same, or of the tokens `at` alone."""
        qkv = self.qkv(states)
        if self.q_norm is not None:
            qkv = self._normed_heads(qkv)
        attended = attend(qkv, self.heads, layout)
        if at is not None:
            attended, states = attended[at], states[at]
        states = self.out(attended, states)
        return self.down(self.gate_up(states), states)

    def _normed_heads(self, qkv: torch.Tensor) -> torch.Tensor:
        heads, keys = self.heads
        q, k, v = qkv.view(len(qkv), heads + 2 * keys, -1).split([heads, keys, keys], dim=1)
        size = (q.shape[-1],)
        q, k = (
            nn.functional.rms_norm(x.float(), size, weight, self.epsilon).to(qkv.dtype)
            for x, weight in ((q, self.q_norm), (k, self.k_norm))
        )
        return torch.cat([q, k, v], dim=1).flatten(1)


class StudentModel(nn.Module):
    """A frozen causal language model; its linear layers may be given updates."""

    def __init__(self, header: Header, dtype: torch.dtype, device: torch.device) -> None:
        """Raises `InputError` for an architecture or a tensor that is not known: nothing is left out in silence."""
        super().__init__()
        require_trainable(header)
        _refuse_unknown(header)
        names = {hf: (gguf, heads) for gguf, (hf, heads) in hf_tensor_names(header).items()}

        def read(name: str, *, required: bool = True) -> Any:
            if name not in names:
                if required:
                    raise InputError(f"{header.path} has no tensor for {name}", hint="choose another student")
                return None
            gguf_name, heads = names[name]
            values = read_tensor(header, gguf_name)
            if heads is not None:
                values = unpermute_rotary(values, heads)
            return torch.from_numpy(np.ascontiguousarray(values)).to(device=device, dtype=dtype)

        embedding = read("model.embed_tokens.weight")
        self.embedding = embedding
        head = read("lm_head.weight", required=False)
        self.head = embedding if head is None else head
        """Shape [vocabulary, width]; the embedding itself where the two are tied."""
        norm = read("model.norm.weight")
        self.norm = NormInput(norm.float(), float(header.value("attention.layer_norm_rms_epsilon")))
        self.blocks = nn.ModuleList(Block(header, number, read) for number in range(header.block_count))
        self.inverse_frequencies = _inverse_frequencies(header).to(device)

    def groups(self) -> list[LoraGroup]:
        """All linear layers of the blocks, in groups that read the same input."""
        return [module for module in self.modules() if isinstance(module, LoraGroup)]

    def forward(self, batch: Batch, *, share_prefix: bool) -> torch.Tensor:
        """Final hidden states where the batch has loss: shape [targets, width].

        With `share_prefix`, what all rows begin with is computed once, and gives the same result.
        """
        prefix = batch.shared_prefix if share_prefix else 0
        rows = [row[prefix:length] for row, length in zip(batch.token_ids, batch.lengths, strict=True)]
        ids = np.concatenate([batch.token_ids[0, :prefix], *rows])
        # A row's token at position p lies at p + (where the row begins) − (what of it is shared).
        begins = np.cumsum(batch.lengths - prefix) - batch.lengths + prefix
        at = torch.from_numpy(batch.position + begins[batch.row_index]).to(self.embedding.device)
        layout = make_layout(prefix, batch.lengths, self.inverse_frequencies, self.embedding.dtype)
        states = self.embedding[torch.from_numpy(ids).to(self.embedding.device)]
        *blocks, last = self.blocks
        for block in blocks:
            states = block(states, layout)
        return _Norm.apply(last(states, layout, at), self.norm)


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


def _refuse_unknown(header: Header) -> None:
    hint = "choose another student"
    known = hf_tensor_names(header)
    unknown = [t.name for t in header.tensors if t.name not in known and t.name != _ROPE_FACTORS]
    if unknown:
        raise InputError(f"{header.path}: tensor {unknown[0]!r} is not known to the trainer", hint=hint)
    scaling = header.value("rope.scaling.type", "none")
    if scaling not in ("none", ""):
        raise InputError(f"{header.path}: rope scaling {scaling!r} is not known to the trainer", hint=hint)
    size = _head_size(header)
    turned = int(header.value("rope.dimension_count", size))
    if turned != size:
        raise InputError(f"{header.path}: only {turned} of {size} dimensions of a head are rotary", hint=hint)


def _head_size(header: Header) -> int:
    heads = int(header.value("attention.head_count"))
    return int(header.value("attention.key_length", int(header.value("embedding_length")) // heads))


def _inverse_frequencies(header: Header) -> torch.Tensor:
    """Shape [head size / 2]; the file may divide them (long-context models)."""
    size, base = _head_size(header), float(header.value("rope.freq_base", 10000.0))
    frequencies = 1.0 / base ** (torch.arange(0, size, 2, dtype=torch.float32) / size)
    if _ROPE_FACTORS in header.tensor_map:
        frequencies = frequencies / torch.from_numpy(read_tensor(header, _ROPE_FACTORS))
    return frequencies
