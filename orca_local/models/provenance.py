"""The inputs of an exported file, as recorded in its metadata."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from orca_local.gguf.given_template import GIVEN_SHA256
from orca_local.gguf.header import Header
from orca_local.gguf.importance import read_importance
from orca_local.store.results import ExportRow
from orca_local.store.store import Store
from orca_local.system.digest import file_sha256

VERSION = "1"
"""Increase it when the same inputs would give another file."""
BASE_SHA256 = "orca_local.base_sha256"
"""Metadata key: SHA-256 of the weights."""
ADAPTER_SHA256 = "orca_local.adapter_sha256"
"""Metadata key: SHA-256 of the adapter that was merged in."""
RECIPE = "orca_local.recipe"
"""Metadata key: the recipe that the adapter was trained with, as JSON."""


def weights_provenance(sha256: str, template: str = "") -> dict[str, str]:
    """The metadata of a file made from the weights with this hash, and with a chat template that they do not have."""
    given = {GIVEN_SHA256: hashlib.sha256(template.encode()).hexdigest()} if template else {}
    return {"orca_local.version": VERSION, BASE_SHA256: sha256} | given


def user_matrix(setting: str, directory: Path, weights: Header) -> Path | None:
    """The importance matrix file that `export.imatrix` names; None for `auto` and `none`.

    Raises `InputError` if it is not a matrix, or belongs to another model than `weights`.
    """
    if setting in ("auto", "none"):
        return None
    path = directory / os.path.expanduser(setting)  # noqa: PTH111  # unlike pathlib's, it leaves "~nobody" as it is
    read_importance(path).check_fits(weights, str(path))
    return path


def matrix_key(path: Path) -> str:
    """The name of a user's matrix in the metadata of files made with it."""
    return f"file:{file_sha256(path)}"


def find_export(store: Store, name: str, quantization: str, provenance: Mapping[str, str]) -> ExportRow | None:
    """The exported file that was made from the same inputs and has not changed since."""
    for row in store.exports.list(name, quantization):
        path = Path(row.path)
        is_same = row.acceptance.get("provenance") == dict(provenance)
        if is_same and path.is_file() and file_sha256(path) == row.sha256:
            return row
    return None
