"""Divide whole numbers in proportion, and choose from a list by a seed: the same on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence


def divide(total: int, weights: Sequence[int]) -> list[int]:
    """Return whole numbers in proportion to the weights that sum to `total` (the method of largest remainders)."""
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    shares = [total * weight // whole for weight in weights]
    by_rest = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for index in by_rest[: total - sum(shares)]:
        shares[index] += 1
    return shares


def divide_evenly(total: int, limits: Sequence[int]) -> list[int]:
    """Return whole numbers that are as equal as the limits allow, and sum to `total` or to all limits."""
    shares = [0] * len(limits)
    left = min(total, sum(limits))
    ascending = sorted(range(len(limits)), key=lambda index: limits[index])
    for place, index in enumerate(ascending):
        shares[index] = min(limits[index], left // (len(limits) - place))
        left -= shares[index]
    return shares


def in_random_order(seed: int, names: Iterable[str]) -> list[str]:
    """Return names in an order that depends on the seed and the names alone, not on how they were listed."""
    return sorted(names, key=lambda name: (_key(seed, name), name))


def shuffled(seed: int, name: str, count: int) -> list[int]:
    """Return the numbers below `count` in an order that depends on the seed and the name alone."""
    return sorted(range(count), key=lambda index: _key(seed, f"{name}\0{index}"))


def _key(seed: int, text: str) -> bytes:
    return hashlib.sha256(f"{seed}\0{text}".encode("utf-8", "surrogatepass")).digest()
