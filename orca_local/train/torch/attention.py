"""Causal attention over rows that lie flat, without padding; what they begin with together lies there once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

Heads = tuple[int, int]
"""Query heads, and heads of keys (as many of values)."""

LEAST_SHARE = {"cpu": 7 / 8, "cuda": 1 / 2}
"""Of the longest row in a rectangle, which a row must have to be in it. Padding costs a processor arithmetic: half of
all that attention does on GSM8K rows. A card is better busy with few rectangles, but one of them for rows of 50 and of
2,000 tokens would take many times the memory that is planned for so many tokens."""


@dataclass(frozen=True, slots=True)
class Turns:
    """Rotary positions of a kind of block."""

    inverse_frequencies: torch.Tensor
    """Shape [pairs of a head that are turned]."""
    magnitude: float = 1.0


@dataclass(frozen=True, slots=True)
class View:
    """What a kind of block makes of the rows: rotary angles, and what a token sees."""

    cosine: torch.Tensor
    """Shape [tokens, 1, pairs of a head that are turned]."""
    sine: torch.Tensor
    mask: torch.Tensor | None
    """Shape [length, apart + length]: what is added to a score, 0 or −∞; None where plain causality says it all."""
    apart_mask: torch.Tensor | None
    """The same of a prefix that is apart, to itself."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Rows of about one length, which have attention together: `rows` × `length` slots, which the indices lead to."""

    rows: int
    length: int
    """Of the longest row, without what is apart."""
    tokens: slice
    """What of the flat tokens is computed here."""
    queries: torch.Tensor
    """Shape [rows · length]: the token of each slot. Where a row has ended it is any token: causal attention
    looks left, so no other token sees it, and its own result is not read."""
    keys: torch.Tensor
    """Shape [rows · (apart + length)]: the same with the prefix before each row."""
    slots: torch.Tensor
    """Shape [tokens]: the slot of each token."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the tokens of a batch lie: first the shared prefix, then the rest of each row.

    Attention alone needs the rows in rectangles. A long prefix has attention apart, once, and the rows then see it
    through a mask. A short one is part of every row, the first of which has its result: a mask costs twice the
    arithmetic of plain causal attention.
    """

    prefix: int
    apart: int
    """The prefix where it has attention apart, else 0."""
    rectangles: tuple[Rectangle, ...]
    """In the order of the tokens."""
    views: Mapping[int, View]
    """By a block's window."""

    @property
    def tokens(self) -> int:
        """All there are."""
        return int(self.rectangles[-1].tokens.stop)


def make_layout(prefix: int, lengths: NDArray[np.int64], turns: Mapping[int, Turns], dtype: Any) -> Layout:
    """Indices, rotary angles and masks of rows of these lengths, the prefix included in each.

    `turns` has an entry for each window that the blocks have, 0 for none.
    """
    device, longest = next(iter(turns.values())).inverse_frequencies.device, int(lengths.max())
    apart = prefix if 2 * prefix > longest else 0
    length = longest - apart
    position = np.concatenate([np.arange(prefix), *(np.arange(prefix, n) for n in lengths)])
    where = torch.from_numpy(position).to(device).float()
    views = {}
    for window, turn in turns.items():
        angles = torch.outer(where, turn.inverse_frequencies)[:, None]
        cosine, sine = ((part * turn.magnitude).to(dtype) for part in (angles.cos(), angles.sin()))
        mask = _mask(apart, longest, window, dtype) if apart or 0 < window < length else None
        apart_mask = _mask(0, apart, window, dtype) if 0 < window < apart else None
        views[window] = View(cosine, sine, *(None if m is None else m.to(device) for m in (mask, apart_mask)))
    at, rectangles = apart, []
    for run in _runs(lengths - apart, LEAST_SHARE[device.type]):
        rectangles.append(_rectangle(prefix, apart, at, lengths[run], device))
        at = rectangles[-1].tokens.stop
    return Layout(prefix, apart, tuple(rectangles), views)


def _runs(lengths: NDArray[np.int64], least: float) -> list[slice]:
    """Neighbours of which none is shorter than `least` of the longest."""
    runs, start = [], 0
    for stop in range(1, len(lengths) + 1):
        if stop == len(lengths) or lengths[start : stop + 1].min() < least * lengths[start : stop + 1].max():
            runs.append(slice(start, stop))
            start = stop
    return runs


def _rectangle(prefix: int, apart: int, at: int, lengths: NDArray[np.int64], device: torch.device) -> Rectangle:
    """Of rows whose own tokens begin at `at`, or behind the prefix where it stands there and is not apart."""
    has_prefix = at == apart
    own = prefix if has_prefix else at
    """Where the rows' own tokens begin."""
    longest, count = int(lengths.max()), int((lengths - prefix).sum())
    inside = np.arange(prefix, longest) < lengths[:, None]
    tokens = np.zeros((len(lengths), longest), dtype=np.int64)
    tokens[:, :prefix] = np.arange(prefix)
    tokens[:, prefix:][inside] = own + np.arange(count)
    slots = np.flatnonzero(np.pad(inside, ((0, 0), (prefix - apart, 0))))
    if has_prefix:
        slots = np.concatenate([np.arange(prefix - apart), slots])
    indices = (torch.from_numpy(index).to(device) for index in (tokens[:, apart:].ravel(), tokens.ravel(), slots))
    return Rectangle(len(lengths), longest - apart, slice(at, own + count), *indices)


def _mask(start: int, stop: int, window: int, dtype: Any) -> torch.Tensor:
    """Of the positions `start` to `stop` to all before `stop`: nothing later, nothing from before the window."""
    back = np.arange(start, stop)[:, None] - np.arange(stop)
    hidden = (back < 0) | (back >= window) if window else back < 0
    return torch.zeros(hidden.shape, dtype=dtype).masked_fill_(torch.from_numpy(hidden), -torch.inf)


def attend(x: torch.Tensor, heads: Heads, layout: Layout, window: int, scale: float) -> torch.Tensor:
    """[q, k, v] side by side (shape [tokens, …]) → attention's result, of shape [tokens, query heads · size]."""
    view = layout.views[window]
    parts = _Arrange.apply(x, heads, layout, view)
    found = []
    if layout.apart:
        q, k, v = (part[None] for part in parts[-3:])
        found.append(_product(q, k, v, view.apart_mask, scale)[0].flatten(1))
    for number, rectangle in enumerate(layout.rectangles):
        q, k, v = parts[3 * number : 3 * number + 3]
        mask = None if view.mask is None else view.mask[: q.shape[1], : k.shape[1]]
        rows = _product(q, k, v, mask, scale).flatten(0, 1).flatten(1)
        found.append(rows.index_select(0, rectangle.slots))
    return torch.cat(found) if len(found) > 1 else found[0]


def _product(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None, scale: float
) -> torch.Tensor:
    """Attention over tensors of shape [rows, length, heads, size], causal where there is no mask."""
    length, keys = q.shape[1], k.shape[2]
    groups = q.shape[2] // keys
    product = nn.functional.scaled_dot_product_attention
    k, v = k.transpose(1, 2), v.transpose(1, 2)
    if mask is None:
        out = product(q.transpose(1, 2), k, v, is_causal=True, enable_gqa=groups > 1, scale=scale)
    else:
        # The query heads that share keys follow one another as more queries: nothing is copied for them.
        queries = q.unflatten(2, (keys, groups)).permute(0, 2, 3, 1, 4).flatten(2, 3)
        out = product(queries, k, v, attn_mask=mask.repeat(groups, 1), scale=scale)
        out = out.unflatten(2, (groups, length)).flatten(1, 2)
    return out.transpose(1, 2)


class _Arrange(torch.autograd.Function):
    """Turn q and k by their rotary angles, and lay the rows out in rectangles of shape [rows, …, heads, size].

    Returns q, k, v of each rectangle (with the prefix among the keys and values of each row), then those of what is
    apart.
    """

    @staticmethod
    def forward(ctx: Any, x: Any, heads: Heads, layout: Layout, view: View) -> Any:
        ctx.heads, ctx.layout, ctx.view = heads, layout, view
        x = x.view(len(x), heads[0] + 2 * heads[1], -1)
        turned = torch.empty_like(x)
        _turn(x, heads, view, turned)
        q, k, v = turned.split([heads[0], heads[1], heads[1]], dim=1)
        rows = [
            part.index_select(0, index).unflatten(0, (rectangle.rows, -1))
            for rectangle in layout.rectangles
            for part, index in ((q, rectangle.queries), (k, rectangle.keys), (v, rectangle.keys))
        ]
        first = [part[: layout.apart].contiguous() for part in (q, k, v)] if layout.apart else []
        return *rows, *first

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        layout, at, prefix = ctx.layout, ctx.layout.apart, ctx.layout.prefix
        turned = grads[0].new_empty(layout.tokens, ctx.heads[0] + 2 * ctx.heads[1], grads[0].shape[-1])
        parts = turned.split([ctx.heads[0], ctx.heads[1], ctx.heads[1]], dim=1)
        for kind, part in enumerate(parts):
            rectangles = grads[kind : 3 * len(layout.rectangles) : 3]
            for rectangle, rows in zip(layout.rectangles, rectangles, strict=True):
                own = rows[:, rows.shape[1] - rectangle.length :].flatten(0, 1)
                torch.index_select(own, 0, rectangle.slots, out=part[rectangle.tokens])
            # Each row that sees the prefix has a gradient for it; queries have none for what is apart.
            if prefix and (kind or not at):
                part[:prefix] = sum(rows[:, :prefix].sum(0) for rows in rectangles)
            if at:
                part[:at] = grads[kind - 3] + (part[:at] if kind else 0)
        out = torch.empty_like(turned)
        _turn(turned, ctx.heads, ctx.view, out, back=True)
        return out.flatten(1), None, None, None


def _turn(x: torch.Tensor, heads: Heads, view: View, out: torch.Tensor, *, back: bool = False) -> None:
    """Rotate the pairs (i, i + n/2) among the first n numbers of each head of q and k; copy the rest, and v.

    `back` is the transpose: for a magnitude of one, the rotation back.
    """
    turned, size = heads[0] + heads[1], 2 * view.cosine.shape[-1]
    first, second = x[:, :turned, :size].chunk(2, dim=-1)
    out_first, out_second = out[:, :turned, :size].chunk(2, dim=-1)
    sign = -1 if back else 1
    torch.mul(first, view.cosine, out=out_first).addcmul_(second, view.sine, value=-sign)
    torch.mul(second, view.cosine, out=out_second).addcmul_(first, view.sine, value=sign)
    out[:, :turned, size:] = x[:, :turned, size:]
    out[:, turned:] = x[:, turned:]
