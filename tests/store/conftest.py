"""A store of its own for each test."""

from __future__ import annotations
