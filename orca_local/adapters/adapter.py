"""LoRA adapters in PEFT's format: `adapter_model.safetensors` and `adapter_config.json`.

They are read and written with numpy, so that merging needs no training framework.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.input_file import UnreadableError, load_text, open_input
from orca_local.domain.json_text import parse_json
from orca_local.system.files import whole_file

WEIGHTS_FILE, CONFIG_FILE = "adapter_model.safetensors", "adapter_config.json"
_PREFIX = "base_model.model."
_MAX_RANK, _MAX_ALPHA = 1 << 20, 1e9
_HINT = "train again with `orca-local train`"

Pair = tuple[NDArray[np.float32], NDArray[np.float32]]
"""A, shape [rank, in_features], and B, shape [out_features, rank]; float32."""


class Adapter(Frozen):
    """Low-rank updates of linear layers."""

    rank: int
    alpha: float
    layers: Mapping[str, Pair]
    """The two matrices of each layer, by its name, such as `model.layers.0.self_attn.q_proj`."""
    rank_stabilized: bool = False
    """Whether the scale is alpha/√rank (arXiv 2312.03732) instead of alpha/rank."""
    base_model: str = ""
    """Name of the file that the adapter was trained on. It is only shown to the user."""

    @property
    def scale(self) -> float:
        """Factor of B·A."""
        return self.alpha / (math.sqrt(self.rank) if self.rank_stabilized else self.rank)

    def delta(self, name: str, rows: NDArray[np.int64] | slice = slice(None)) -> NDArray[np.float32]:
        """The update of `rows` of a layer's weight (default: all): float32 of shape [rows, in_features]."""
        a, b = self.layers[name]
        product: NDArray[np.float32] = b[rows] @ a
        product *= np.float32(self.scale)
        return product

    def save(self, directory: Path) -> None:
        """Write both files, completely or not at all. `peft` can load them."""
        from safetensors.numpy import save_file

        directory.mkdir(parents=True, exist_ok=True)
        tensors = {}
        for name, (a, b) in self.layers.items():
            tensors[f"{_PREFIX}{name}.lora_A.weight"] = np.ascontiguousarray(a, dtype=np.float32)
            tensors[f"{_PREFIX}{name}.lora_B.weight"] = np.ascontiguousarray(b, dtype=np.float32)
        config = {
            "peft_type": "LORA",
            "task_type": "CAUSAL_LM",
            "base_model_name_or_path": self.base_model,
            "r": self.rank,
            "lora_alpha": self.alpha,
            "lora_dropout": 0.0,
            "bias": "none",
            "fan_in_fan_out": False,
            "use_dora": False,
            "use_rslora": self.rank_stabilized,
            "target_modules": sorted({name.rpartition(".")[2] for name in self.layers}),
            "inference_mode": True,
        }
        with whole_file(directory / WEIGHTS_FILE) as weights, whole_file(directory / CONFIG_FILE) as config_file:
            save_file(tensors, weights)
            config_file.write_text(json.dumps(config, indent=1, sort_keys=True) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, directory: Path, *, within: str = "") -> Adapter:
        """Read an adapter, or only its layers whose names start with `within`.

        Raises `InputError` if it is not a plain LoRA adapter or not finite.
        """
        config = _read_config(directory / CONFIG_FILE)
        layers = _pairs(directory / WEIGHTS_FILE, within)
        base_model = str(config.get("base_model_name_or_path") or "")
        return cls(int(config["r"]), float(config["lora_alpha"]), layers, bool(config.get("use_rslora")), base_model)


def adapter_sha256(directory: Path) -> str:
    """Hash of both files of an adapter, 64 hexadecimal digits. Raises `InputError` if one cannot be read."""
    digest = hashlib.sha256()
    for name in (CONFIG_FILE, WEIGHTS_FILE):
        with _open(directory / name) as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _open(path: Path) -> BinaryIO:
    try:
        return open_input(path)
    except UnreadableError as error:
        raise InputError(f"cannot read the adapter {path}: {error.reason}", hint=_HINT) from error


def _read_config(path: Path) -> dict[str, Any]:
    try:
        _open(path).close()
        config = parse_json(load_text(path))
        if not isinstance(config, dict):
            raise ValueError("not an object")
        if config.get("peft_type") != "LORA" or not {"r", "lora_alpha"} <= set(config):
            raise ValueError("not a LoRA adapter")
        rank, alpha = config["r"], config["lora_alpha"]
        is_valid = isinstance(rank, int) and 1 <= rank <= _MAX_RANK and isinstance(alpha, int | float)
        if not is_valid or not abs(alpha) <= _MAX_ALPHA:
            raise ValueError(f"rank {str(rank)[:40]} and alpha {str(alpha)[:40]}")
    except ValueError as error:
        raise InputError(f"{path} is not the configuration of a LoRA adapter: {error}", hint=_HINT) from error
    for option in ("use_dora", "rank_pattern", "alpha_pattern", "modules_to_save"):
        if config.get(option):
            raise InputError(
                f"{path}: the adapter uses {option}, which cannot be merged here", hint="train a plain LoRA adapter"
            )
    return config


def _pairs(path: Path, within: str) -> dict[str, Pair]:
    from safetensors import SafetensorError, safe_open

    _open(path).close()  # safetensors would wait for ever for a pipe
    try:
        with safe_open(path, "numpy") as file:
            keys = file.keys()
            tensors = {key: file.get_tensor(key) for key in keys if key.removeprefix(_PREFIX).startswith(within)}
    except (OSError, SafetensorError) as error:
        raise InputError(f"cannot read the adapter {path}: {error}", hint=_HINT) from error
    halves: dict[str, dict[str, NDArray[np.float32]]] = {}
    for key, values in tensors.items():
        name, _, half = key.removeprefix(_PREFIX).removesuffix(".weight").rpartition(".")
        if half not in ("lora_A", "lora_B"):
            raise InputError(f"{path}: tensor {key!r} is not part of a LoRA adapter", hint="train a plain LoRA adapter")
        if not np.isfinite(values).all():
            raise InputError(f"{path}: tensor {key!r} is not finite", hint="train again with a lower learning rate")
        halves.setdefault(name, {})[half] = values.astype(np.float32, copy=False)
    broken = [name for name, pair in halves.items() if len(pair) != 2]
    if broken:
        raise InputError(f"{path}: layer {broken[0]!r} has only one of its two matrices", hint="train again")
    return {name: (pair["lora_A"], pair["lora_B"]) for name, pair in halves.items()}
