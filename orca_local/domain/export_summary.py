"""Results of an export: the files and their acceptance tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from orca_local.domain.quantized import QuantizedFile, Recommendation
from orca_local.domain.record import OMITTABLE, Record


class ExportedFile(Record):
    """One exported GGUF file."""

    path: str
    """Path of the file."""
    sha256: str
    """Its SHA-256."""
    quantization: str
    """Its quantization."""
    bytes: int
    """Its size."""


class Check(Record):
    """One check of the acceptance test."""

    name: str
    """Name of the check."""
    passed: bool
    """Whether the file passed."""
    value: str
    """The measured value."""
    bound: str
    """The value required."""


class Divergence(Record):
    """Difference between the predictions of two models."""

    kl: float
    """Mean Kullback-Leibler divergence, in nats."""
    agreement: float
    """Share of positions with the same most likely token."""
    positions: int
    """Number of positions compared."""


class MatrixUse(Record):
    """The importance matrix of a quantized file."""

    used: bool
    """Whether the file was quantized with it."""
    file: str | None = field(default=None, metadata=OMITTABLE)
    """File of the user's own matrix."""
    rows: int | None = field(default=None, metadata=OMITTABLE)
    """Training rows that the matrix was measured on."""
    left_out: int | None = field(default=None, metadata=OMITTABLE)
    """Training rows left out because they overlap probe or holdout samples."""
    kl_with: float | None = field(default=None, metadata=OMITTABLE)
    """KL divergence from F16 with the matrix, where both were tried."""
    kl_without: float | None = field(default=None, metadata=OMITTABLE)
    """KL divergence from F16 without the matrix, where both were tried."""


class Acceptance(Record):
    """Acceptance test of one exported file."""

    checks: tuple[Check, ...]
    """The checks, in order."""
    provenance: Mapping[str, Any]
    """The inputs of the file; also stored in its metadata."""
    tensor_types: Mapping[str, int]
    """Number of tensors of each type."""
    quantized_vs_f16: Divergence | None = field(default=None, metadata=OMITTABLE)
    """Difference from the F16 file, where it was measured."""
    imatrix: MatrixUse | None = field(default=None, metadata=OMITTABLE)
    """The importance matrix, where there is one."""


class ExportSummary(Record):
    """Result of `export`."""

    run_id: int
    """Number of the run."""
    name: str
    """`base`, `tuned` or `adapter`."""
    files: tuple[ExportedFile, ...]
    """The files, by quantization."""
    acceptance: Mapping[str, Acceptance]
    """Acceptance test of each file, by quantization."""
    types: tuple[QuantizedFile, ...]
    """Size of each quantization, and its difference from F16."""
    seconds: float
    """Duration of the run."""
    recommendation: Recommendation | None = field(default=None, metadata=OMITTABLE)
    """The recommended quantization, with two or more types."""
