"""Which framework says what the trained model predicts."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import pytest

from orca_local.domain.errors import MissingError
from orca_local.train.reference import torch_logits as torch_reference
from orca_local.train.reference.choose import choose_reference

TORCH, MLX = "orca_local.train.reference.torch_logits", "orca_local.train.reference.mlx_logits"


def test_pytorch_does_where_it_is_installed() -> None:
    assert choose_reference() is torch_reference.reference_logits


@pytest.mark.skipif(find_spec("mlx_lm") is None, reason="MLX has no build for this machine")
def test_mlx_does_where_it_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from orca_local.train.reference import mlx_logits as mlx_reference

    monkeypatch.setitem(sys.modules, TORCH, None)
    assert choose_reference() is mlx_reference.reference_logits


def test_without_either_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, TORCH, None)
    monkeypatch.setitem(sys.modules, MLX, None)
    with pytest.raises(MissingError) as raised:
        choose_reference()
    assert "orca-local[torch]" in raised.value.hint and "orca-local[mlx]" in raised.value.hint
