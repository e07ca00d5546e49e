"""Causal attention over rows stored one after another without padding; a prefix that all rows share is stored once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from orca_local.domain.frozen import Frozen
from orca_local.gguf.decoder import AttentionKind

Heads = tuple[int, int]
"""Number of query heads, and number of key heads (and value heads)."""

MIN_LENGTH_RATIO = {"cpu": 7 / 8, "cuda": 1 / 2}
"""Minimum length of a row divided by the longest row of its rectangle, by device. On a CPU padding costs arithmetic:
half of all that attention does on GSM8K rows. A GPU is faster with few rectangles, but a single rectangle for rows of
50 and 2,000 tokens would take many times the memory that the plan counts for so many tokens."""


BF16_CPU_MULTIPLE = 64
"""In bfloat16 on a CPU, tokens, targets and the lengths of rectangles are padded to a multiple of this.

PyTorch and oneDNN keep the kernels of every shape that they have seen (5.5 MB for each length in attention of 9 heads
of 64, 0.3 to 0.8 MB for each product), so memory would grow with every batch."""


class RotaryFrequencies(Frozen):
    """Rotary position embedding of the blocks of one kind."""

    inverse_frequencies: torch.Tensor
    """Shape [rotated pairs of a head], float32, radians per position; empty for none."""
    magnitude: float = 1.0
    """Factor of sine and cosine."""


class KindView(Frozen):
    """Rotary angles and attention masks of the blocks of one kind."""

    cosine: torch.Tensor
    """Shape [tokens, 1, rotated pairs of a head]."""
    sine: torch.Tensor
    """The same shape."""
    mask: torch.Tensor | None
    """Shape [length, separate prefix + length]: 0 or −∞, added to the scores; None for plain causal attention."""
    prefix_mask: torch.Tensor | None
    """The same for the separate prefix, [prefix, prefix]."""


class Rectangle(Frozen):
    """Rows of similar length that are padded to `rows` × `length` slots for attention."""

    rows: int
    length: int
    """Slots per row, without a separate prefix: at least the length of the longest row."""
    tokens: slice
    """The tokens whose attention is computed here."""
    queries: torch.Tensor
    """Shape [rows · length]: the index of the token in each slot. A padding slot has an arbitrary index: causal
    attention only looks left, so no other token sees it, and its own result is not used."""
    keys: torch.Tensor
    """Shape [rows · (separate prefix + length)]: the same, with the separate prefix before each row."""
    slots: torch.Tensor
    """Shape [tokens]: the index of each token's slot."""


class Layout(Frozen):
    """Where the tokens of a batch are stored: the shared prefix first, then the rest of each row.

    Only attention needs the rows in rectangles. For a long prefix ("separate"), attention within the prefix is
    computed once, and the rows see it through a mask. A short prefix becomes part of every row, and the first row
    provides its result: a mask costs twice the arithmetic of plain causal attention.
    """

    prefix: int
    """Tokens of the shared prefix."""
    separate: int
    """`prefix` if its attention is computed separately, else 0."""
    rectangles: tuple[Rectangle, ...]
    """In the order of the tokens."""
    views: Mapping[AttentionKind, KindView]
    """Angles and masks of each kind of block."""

    @property
    def tokens(self) -> int:
        """Total number of tokens."""
        return int(self.rectangles[-1].tokens.stop)


def make_layout(
    prefix: int,
    lengths: NDArray[np.int64],
    rotary: Mapping[AttentionKind, RotaryFrequencies],
    dtype: torch.dtype,
    min_length_ratio: float | None = None,
) -> Layout:
    """The layout of rows of `lengths` tokens (shape [rows]), each including the `prefix`.

    `rotary` has an entry for each kind of block. `min_length_ratio` defaults to the device's.
    """
    device, longest = next(iter(rotary.values())).inverse_frequencies.device, int(lengths.max())
    separate = prefix if 2 * prefix > longest else 0
    multiple = shape_multiple(device, dtype)
    longest = _round_up(longest, multiple)
    position = np.concatenate([np.arange(prefix), *(np.arange(prefix, n) for n in lengths)])
    positions = torch.from_numpy(position).to(device).float()
    views = {}
    for kind, frequencies in rotary.items():
        window = kind.window
        angles = torch.outer(positions, frequencies.inverse_frequencies)[:, None]
        cosine, sine = ((part * frequencies.magnitude).to(dtype) for part in (angles.cos(), angles.sin()))
        mask = _make_mask(separate, longest, window, dtype) if separate or 0 < window < longest - separate else None
        prefix_mask = _make_mask(0, separate, window, dtype) if 0 < window < separate else None
        masks = (None if m is None else m.to(device) for m in (mask, prefix_mask))
        views[kind] = KindView(cosine, sine, *masks)
    ratio = MIN_LENGTH_RATIO[device.type] if min_length_ratio is None else min_length_ratio
    start, rectangles = separate, []
    for group in length_groups(lengths - separate, ratio):
        longest = _round_up(int(lengths[group].max()), multiple)
        rectangles.append(_make_rectangle(prefix, separate, start, lengths[group], longest, device))
        start = rectangles[-1].tokens.stop
    return Layout(prefix, separate, tuple(rectangles), views)


def length_groups(lengths: NDArray[np.int64], min_ratio: float) -> list[slice]:
    """Slices of `lengths` (shape [rows]) in which no row is shorter than `min_ratio` × the longest one."""
    groups, start = [], 0
    for stop in range(1, len(lengths) + 1):
        if stop == len(lengths) or lengths[start : stop + 1].min() < min_ratio * lengths[start : stop + 1].max():
            groups.append(slice(start, stop))
            start = stop
    return groups


def shape_multiple(device: torch.device, dtype: torch.dtype) -> int:
    """The number that sizes are padded to a multiple of."""
    return BF16_CPU_MULTIPLE if device.type == "cpu" and dtype == torch.bfloat16 else 1


def _round_up(length: int, multiple: int) -> int:
    return -(-length // multiple) * multiple


def _make_rectangle(
    prefix: int, separate: int, start: int, lengths: NDArray[np.int64], longest: int, device: torch.device
) -> Rectangle:
    """The rectangle of rows of `lengths` tokens, padded to `longest`, whose own tokens begin at `start`.

    The first rectangle also contains a prefix that is not separate, in front of the rows' own tokens.
    """
    has_prefix = start == separate
    own_start = prefix if has_prefix else start
    count = int((lengths - prefix).sum())
    is_token = np.arange(prefix, longest) < lengths[:, None]
    tokens = np.zeros((len(lengths), longest), dtype=np.int64)
    tokens[:, :prefix] = np.arange(prefix)
    tokens[:, prefix:][is_token] = own_start + np.arange(count)
    slots = np.flatnonzero(np.pad(is_token, ((0, 0), (prefix - separate, 0))))
    if has_prefix:
        slots = np.concatenate([np.arange(prefix - separate), slots])
    indices = (torch.from_numpy(index).to(device) for index in (tokens[:, separate:].ravel(), tokens.ravel(), slots))
    return Rectangle(len(lengths), longest - separate, slice(start, own_start + count), *indices)


def _make_mask(start: int, stop: int, window: int, dtype: torch.dtype) -> torch.Tensor:
    """Mask of shape [stop − start, stop] of the positions from `start`: no later one, none outside the window."""
    distance = np.arange(start, stop)[:, None] - np.arange(stop)
    hidden = (distance < 0) | (distance >= window) if window else distance < 0
    return torch.zeros(hidden.shape, dtype=dtype).masked_fill_(torch.from_numpy(hidden), -torch.inf)


def attend(x: torch.Tensor, heads: Heads, layout: Layout, kind: AttentionKind, scale: float) -> torch.Tensor:
    """Attention of [q, k, v], shape [tokens, (query + 2 · key heads) · size] → [tokens, query heads · size]."""
    view = layout.views[kind]
    parts = _Arrange.apply(x, heads, layout, view)
    results = []
    if layout.separate:
        q, k, v = (part[None] for part in parts[-3:])
        results.append(_attention(q, k, v, view.prefix_mask, scale)[0].flatten(1))
    for number, rectangle in enumerate(layout.rectangles):
        q, k, v = parts[3 * number : 3 * number + 3]
        mask = None if view.mask is None else view.mask[: q.shape[1], : k.shape[1]]
        rows = _attention(q, k, v, mask, scale).flatten(0, 1).flatten(1)
        results.append(rows.index_select(0, rectangle.slots))
    return torch.cat(results) if len(results) > 1 else results[0]


def _attention(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None, scale: float
) -> torch.Tensor:
    """Attention over tensors of shape [rows, length, heads, size]; causal if there is no mask."""
    length, keys = q.shape[1], k.shape[2]
    groups = q.shape[2] // keys
    sdpa = nn.functional.scaled_dot_product_attention
    k, v = k.transpose(1, 2), v.transpose(1, 2)
    if mask is None:
        out = sdpa(q.transpose(1, 2), k, v, is_causal=True, enable_gqa=groups > 1, scale=scale)
    else:
        # Query heads that share a key head become additional queries, so that keys and values are not copied.
        queries = q.unflatten(2, (keys, groups)).permute(0, 2, 3, 1, 4).flatten(2, 3)
        out = sdpa(queries, k, v, attn_mask=mask.repeat(groups, 1), scale=scale)
        out = out.unflatten(2, (groups, length)).flatten(1, 2)
    return out.transpose(1, 2)


class _Arrange(torch.autograd.Function):
    """Apply the rotary embedding to q and k, and arrange the rows in rectangles of [rows, …, heads, size].

    Returns q, k, v of each rectangle (keys and values include the prefix in each row), then those of a separate
    prefix.
    """

    @staticmethod
    def forward(ctx: Any, x: Any, heads: Heads, layout: Layout, view: KindView) -> Any:
        ctx.heads, ctx.layout, ctx.view = heads, layout, view
        x = x.view(len(x), heads[0] + 2 * heads[1], -1)
        rotated = torch.empty_like(x)
        _rotate(x, heads, view, rotated)
        q, k, v = rotated.split([heads[0], heads[1], heads[1]], dim=1)
        rows = [
            part.index_select(0, index).unflatten(0, (rectangle.rows, -1))
            for rectangle in layout.rectangles
            for part, index in ((q, rectangle.queries), (k, rectangle.keys), (v, rectangle.keys))
        ]
        prefix = [part[: layout.separate].contiguous() for part in (q, k, v)] if layout.separate else []
        return *rows, *prefix

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        layout, separate, prefix = ctx.layout, ctx.layout.separate, ctx.layout.prefix
        rotated = grads[0].new_empty(layout.tokens, ctx.heads[0] + 2 * ctx.heads[1], grads[0].shape[-1])
        parts = rotated.split([ctx.heads[0], ctx.heads[1], ctx.heads[1]], dim=1)
        for kind, part in enumerate(parts):
            rectangles = grads[kind : 3 * len(layout.rectangles) : 3]
            for rectangle, rows in zip(layout.rectangles, rectangles, strict=True):
                own = rows[:, rows.shape[1] - rectangle.length :].flatten(0, 1)
                torch.index_select(own, 0, rectangle.slots, out=part[rectangle.tokens])
            # Each row that sees the prefix has a gradient for it; the queries of a separate prefix have none.
            if prefix and (kind or not separate):
                part[:prefix] = sum(rows[:, :prefix].sum(0) for rows in rectangles)
            if separate:
                part[:separate] = grads[kind - 3] + (part[:separate] if kind else 0)
        out = torch.empty_like(rotated)
        _rotate(rotated, ctx.heads, ctx.view, out, transpose=True)
        return out.flatten(1), None, None, None


def _rotate(x: torch.Tensor, heads: Heads, view: KindView, out: torch.Tensor, *, transpose: bool = False) -> None:
    """Rotate the pairs (i, i + n/2) of the first n values of each head of q and k; copy the rest, and v.

    `x` and `out` have shape [tokens, query + 2 · key heads, size]. `transpose` applies the transposed matrix: for a
    magnitude of one, the inverse rotation.
    """
    rotated_heads, size = heads[0] + heads[1], 2 * view.cosine.shape[-1]
    first, second = x[:, :rotated_heads, :size].chunk(2, dim=-1)
    out_first, out_second = out[:, :rotated_heads, :size].chunk(2, dim=-1)
    sign = -1 if transpose else 1
    torch.mul(first, view.cosine, out=out_first).addcmul_(second, view.sine, value=-sign)
    torch.mul(second, view.cosine, out=out_second).addcmul_(first, view.sine, value=sign)
    out[:, :rotated_heads, size:] = x[:, :rotated_heads, size:]
    out[:, rotated_heads:] = x[:, rotated_heads:]
