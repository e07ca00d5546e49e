"""Causal attention over rows that lie flat, without padding; what they begin with together lies there once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

Heads = tuple[int, int]
"""Query heads, and heads of keys (as many of values)."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the tokens of a batch lie: first the shared prefix, then the rest of each row.

    Attention alone needs the rows in a rectangle of `rows` × `length` slots, which the indices lead to.
    """

    prefix: int
    rows: int
    length: int
    """Of the longest row after the prefix."""
    queries: torch.Tensor
    """Shape [rows · length]: the token of each slot. Where a row has ended it is any token: causal attention
    looks left, so no other token sees it, and its own result is not read."""
    keys: torch.Tensor
    """Shape [rows · (prefix + length)]: the same with the prefix before each row."""
    slots: torch.Tensor
    """Shape [tokens − prefix]: the slot of each token of the rows."""
    cosine: torch.Tensor
    """Shape [tokens, 1, head size / 2]."""
    sine: torch.Tensor
    mask: torch.Tensor | None
    """Shape [length, prefix + length], where there is a prefix: what is added to a score, 0 or −∞."""


def make_layout(prefix: int, lengths: NDArray[np.int64], inverse_frequencies: torch.Tensor, dtype: Any) -> Layout:
    """Indices, rotary angles and mask of rows of these lengths, the prefix included in each."""
    device, rest = inverse_frequencies.device, lengths - prefix
    length = int(rest.max())
    inside = np.arange(length) < rest[:, None]
    tokens = np.zeros((len(rest), length), dtype=np.int64)
    tokens[inside] = prefix + np.arange(rest.sum())
    shared = np.tile(np.arange(prefix), (len(rest), 1))
    position = np.concatenate([np.arange(prefix), *(np.arange(prefix, n) for n in lengths)])
    angles = torch.outer(torch.from_numpy(position).to(device).float(), inverse_frequencies)[:, None]
    mask = None
    if prefix:
        hidden = np.arange(prefix + length) > np.arange(prefix, prefix + length)[:, None]
        mask = torch.zeros(hidden.shape, dtype=dtype).masked_fill_(torch.from_numpy(hidden), -torch.inf).to(device)
    queries, keys, slots = (
        torch.from_numpy(index).to(device)
        for index in (tokens.ravel(), np.concatenate([shared, tokens], axis=1).ravel(), np.flatnonzero(inside))
    )
    return Layout(prefix, len(rest), length, queries, keys, slots, angles.cos().to(dtype), angles.sin().to(dtype), mask)


def attend(x: torch.Tensor, heads: Heads, layout: Layout) -> torch.Tensor:
    """[q, k, v] side by side (shape [tokens, …]) → attention's result, of shape [tokens, query heads · size]."""
    q, k, v, *first = _Arrange.apply(x, heads, layout)
    groups = heads[0] // heads[1]
    product = nn.functional.scaled_dot_product_attention
    if layout.mask is None:
        out = product(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), is_causal=True, enable_gqa=groups > 1)
    else:
        # The query heads that share keys follow one another as more queries: nothing is copied for them.
        queries = q.unflatten(2, (heads[1], groups)).permute(0, 2, 3, 1, 4).flatten(2, 3)
        out = product(queries, k.transpose(1, 2), v.transpose(1, 2), attn_mask=layout.mask.repeat(groups, 1))
        out = out.unflatten(2, (groups, layout.length)).flatten(1, 2)
    rows = out.transpose(1, 2).flatten(0, 1).flatten(1).index_select(0, layout.slots)
    if not layout.prefix:
        return rows
    begin = product(*(part[None].transpose(1, 2) for part in first), is_causal=True, enable_gqa=groups > 1)
    return torch.cat([begin[0].transpose(0, 1).flatten(1), rows])


class _Arrange(torch.autograd.Function):
    """Turn q and k by their rotary angles, and lay the rows out in rectangles of shape [rows, …, heads, size].

    Returns q, k, v of the rows (the prefix among the keys and values of each), then those of the prefix.
    """

    @staticmethod
    def forward(ctx: Any, x: Any, heads: Heads, layout: Layout) -> Any:
        ctx.heads, ctx.layout = heads, layout
        x = x.view(len(x), heads[0] + 2 * heads[1], -1)
        turned = torch.empty_like(x)
        _turn(x, heads, layout, turned)
        q, k, v = turned.split([heads[0], heads[1], heads[1]], dim=1)
        rows = [q.index_select(0, layout.queries), k.index_select(0, layout.keys), v.index_select(0, layout.keys)]
        first = [part[: layout.prefix].contiguous() for part in (q, k, v)]
        return *(part.unflatten(0, (layout.rows, -1)) for part in rows), *first

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        layout, at = ctx.layout, ctx.layout.prefix
        turned = grads[0].new_empty(at + len(layout.slots), ctx.heads[0] + 2 * ctx.heads[1], grads[0].shape[-1])
        parts = turned.split([ctx.heads[0], ctx.heads[1], ctx.heads[1]], dim=1)
        for part, rows, first in zip(parts, grads[:3], grads[3:], strict=True):
            own = rows[:, rows.shape[1] - layout.length :].flatten(0, 1)
            torch.index_select(own, 0, layout.slots, out=part[at:])
            if at:
                shared = rows.shape[1] > layout.length
                part[:at] = first + rows[:, :at].sum(0) if shared else first
        out = torch.empty_like(turned)
        _turn(turned, ctx.heads, layout, out, back=True)
        return out.flatten(1), None, None


def _turn(x: torch.Tensor, heads: Heads, layout: Layout, out: torch.Tensor, *, back: bool = False) -> None:
    """Rotate the pairs (i, i + size/2) of each head of q and k; copy v."""
    turned = heads[0] + heads[1]
    first, second = x[:, :turned].chunk(2, dim=-1)
    out_first, out_second = out[:, :turned].chunk(2, dim=-1)
    sign = -1 if back else 1
    torch.mul(first, layout.cosine, out=out_first).addcmul_(second, layout.sine, value=-sign)
    torch.mul(second, layout.cosine, out=out_second).addcmul_(first, layout.sine, value=sign)
    out[:, turned:] = x[:, turned:]
