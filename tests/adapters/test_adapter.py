from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from orca_local.adapters.adapter import CONFIG_FILE, WEIGHTS_FILE, Adapter, adapter_sha256
from orca_local.domain.errors import InputError

NAME = "model.layers.0.self_attn.q_proj"


def adapter() -> Adapter:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 6)), rng.standard_normal((8, 2))
    return Adapter(2, 4.0, {NAME: (a.astype(np.float32), b.astype(np.float32))})


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    saved = adapter()
    saved.save(tmp_path)
    loaded = Adapter.load(tmp_path)
    assert (loaded.rank, loaded.alpha) == (2, 4.0)
    for mine, theirs in zip(saved.layers[NAME], loaded.layers[NAME], strict=True):
        assert np.array_equal(mine, theirs)
    assert not list(tmp_path.glob("*.part"))


def test_one_block_can_be_loaded_alone(tmp_path: Path) -> None:
    pair = adapter().layers[NAME]
    names = (NAME, "model.layers.1.mlp.up_proj", "model.layers.11.mlp.up_proj")
    Adapter(2, 4.0, dict.fromkeys(names, pair)).save(tmp_path)
    loaded = Adapter.load(tmp_path, within="model.layers.1.")
    assert list(loaded.layers) == [names[1]] and loaded.scale == 2.0
    assert np.array_equal(loaded.layers[names[1]][0], pair[0])
    assert not Adapter.load(tmp_path, within="model.layers.2.").layers


def test_the_delta_is_scaled_by_alpha_over_rank() -> None:
    one = adapter()
    a, b = one.layers[NAME]
    assert np.allclose(one.delta(NAME), 2.0 * b @ a)


def test_the_hash_follows_the_content(tmp_path: Path) -> None:
    adapter().save(tmp_path / "a")
    adapter().save(tmp_path / "b")
    other = adapter()
    other.layers[NAME][0][0, 0] += 1
    other.save(tmp_path / "c")
    assert adapter_sha256(tmp_path / "a") == adapter_sha256(tmp_path / "b") != adapter_sha256(tmp_path / "c")


@pytest.mark.parametrize("option", ["use_dora", "rank_pattern", "modules_to_save"])
def test_an_adapter_that_cannot_be_merged_is_refused(tmp_path: Path, option: str) -> None:
    """Trap 4: a GGUF cannot hold DoRA. Merging only its LoRA part would give another model."""
    adapter().save(tmp_path)
    path = tmp_path / CONFIG_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | {option: ["lm_head"]}))
    with pytest.raises(InputError, match=option):
        Adapter.load(tmp_path)


def test_an_adapter_with_a_nan_is_refused(tmp_path: Path) -> None:
    """Trap 6: an adapter with NaN is a failure."""
    broken = adapter()
    broken.layers[NAME][1][3, 1] = np.nan
    broken.save(tmp_path)
    with pytest.raises(InputError, match=r"lora_B.*not finite"):
        Adapter.load(tmp_path)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    adapter().save(tmp_path)
    path = tmp_path / WEIGHTS_FILE
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(InputError, match="cannot read the adapter"):
        Adapter.load(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        *({"r": rank} for rank in (0, "8", 8.5, 10**30)),
        *({"lora_alpha": alpha} for alpha in (float("nan"), None, 1e300, 10**400, float("-inf"))),
    ],
)
def test_a_scale_that_cannot_be_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    adapter().save(tmp_path)
    path = tmp_path / CONFIG_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(InputError, match=r"rank|not a JSON number"):
        Adapter.load(tmp_path)


def test_an_adapter_that_is_gone_has_no_hash(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        adapter_sha256(tmp_path)
