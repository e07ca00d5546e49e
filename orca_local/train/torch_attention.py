"""Causal attention over rows that lie flat, without padding; what they begin with together lies there once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

Heads = tuple[int, int]
"""Query heads, and heads of keys (as many of values)."""


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
class Layout:
    """Where the tokens of a batch lie: first the shared prefix, then the rest of each row.

    Attention alone needs the rows in a rectangle of `rows` × `length` slots, which the indices lead to. A long
    prefix has attention apart, once, and the rows then see it through a mask. A short one is part of every row, the
    first of which has its result: a mask costs twice the arithmetic of plain causal attention.
    """

    prefix: int
    apart: int
    """The prefix where it has attention apart, else 0."""
    rows: int
    length: int
    """Of the longest row, without what is apart."""
    queries: torch.Tensor
    """Shape [rows · length]: the token of each slot. Where a row has ended it is any token: causal attention
    looks left, so no other token sees it, and its own result is not read."""
    keys: torch.Tensor
    """Shape [rows · (apart + length)]: the same with the prefix before each row."""
    slots: torch.Tensor
    """Shape [tokens − apart]: the slot of each token that is not apart."""
    views: Mapping[int, View]
    """By a block's window."""


def make_layout(prefix: int, lengths: NDArray[np.int64], turns: Mapping[int, Turns], dtype: Any) -> Layout:
    """Indices, rotary angles and masks of rows of these lengths, the prefix included in each.

    `turns` has an entry for each window that the blocks have, 0 for none.
    """
    device, rest = next(iter(turns.values())).inverse_frequencies.device, lengths - prefix
    longest = int(lengths.max())
    apart = prefix if 2 * prefix > longest else 0
    length = longest - apart
    inside = np.arange(prefix, longest) < lengths[:, None]
    tokens = np.zeros((len(rest), longest), dtype=np.int64)
    tokens[:, :prefix] = np.arange(prefix)
    tokens[:, prefix:][inside] = prefix + np.arange(rest.sum())
    own = np.flatnonzero(np.pad(inside, ((0, 0), (prefix - apart, 0))))
    position = np.concatenate([np.arange(prefix), *(np.arange(prefix, n) for n in lengths)])
    where = torch.from_numpy(position).to(device).float()
    views = {}
    for window, turn in turns.items():
        angles = torch.outer(where, turn.inverse_frequencies)[:, None]
        cosine, sine = ((part * turn.magnitude).to(dtype) for part in (angles.cos(), angles.sin()))
        mask = _mask(apart, longest, window, dtype) if apart or 0 < window < length else None
        apart_mask = _mask(0, apart, window, dtype) if 0 < window < apart else None
        views[window] = View(cosine, sine, *(None if m is None else m.to(device) for m in (mask, apart_mask)))
    queries, keys, slots = (
        torch.from_numpy(index).to(device)
        for index in (tokens[:, apart:].ravel(), tokens.ravel(), np.concatenate([np.arange(prefix - apart), own]))
    )
    return Layout(prefix, apart, len(rest), length, queries, keys, slots, views)


def _mask(start: int, stop: int, window: int, dtype: Any) -> torch.Tensor:
    """Of the positions `start` to `stop` to all before `stop`: nothing later, nothing from before the window."""
    back = np.arange(start, stop)[:, None] - np.arange(stop)
    hidden = (back < 0) | (back >= window) if window else back < 0
    return torch.zeros(hidden.shape, dtype=dtype).masked_fill_(torch.from_numpy(hidden), -torch.inf)


def attend(x: torch.Tensor, heads: Heads, layout: Layout, window: int, scale: float) -> torch.Tensor:
    """[q, k, v] side by side (shape [tokens, …]) → attention's result, of shape [tokens, query heads · size]."""
    view = layout.views[window]
    q, k, v, *first = _Arrange.apply(x, heads, layout, view)
    rows = _product(q, k, v, view.mask, scale).flatten(0, 1).flatten(1).index_select(0, layout.slots)
    if not layout.apart:
        return rows
    q, k, v = (part[None] for part in first)
    begin = _product(q, k, v, view.apart_mask, scale)
    return torch.cat([begin[0].flatten(1), rows])


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

    Returns q, k, v of the rows (with the prefix among the keys and values of each), then those of what is apart.
    """

    @staticmethod
    def forward(ctx: Any, x: Any, heads: Heads, layout: Layout, view: View) -> Any:
        ctx.heads, ctx.layout, ctx.view = heads, layout, view
        x = x.view(len(x), heads[0] + 2 * heads[1], -1)
        turned = torch.empty_like(x)
        _turn(x, heads, view, turned)
        q, k, v = turned.split([heads[0], heads[1], heads[1]], dim=1)
        rows = [q.index_select(0, layout.queries), k.index_select(0, layout.keys), v.index_select(0, layout.keys)]
        first = [part[: layout.apart].contiguous() for part in (q, k, v)] if layout.apart else []
        return *(part.unflatten(0, (layout.rows, -1)) for part in rows), *first

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        layout, at, shared = ctx.layout, ctx.layout.apart, ctx.layout.prefix
        turned = grads[0].new_empty(at + len(layout.slots), ctx.heads[0] + 2 * ctx.heads[1], grads[0].shape[-1])
        parts = turned.split([ctx.heads[0], ctx.heads[1], ctx.heads[1]], dim=1)
        for part, rows, first in zip_longest(parts, grads[:3], grads[3:]):
            own = rows[:, rows.shape[1] - layout.length :].flatten(0, 1)
            torch.index_select(own, 0, layout.slots, out=part[at:])
            if at:
                seen_by_rows = rows.shape[1] > layout.length
                part[:at] = first + rows[:, :at].sum(0) if seen_by_rows else first
            elif shared:
                torch.sum(rows[:, :shared], dim=0, out=part[:shared])
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
