"""Which framework computes the trained model's predictions."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import pytest

from orca_local.train.reference.choose import choose_reference
from orca_local.train.reference.torch_logits import reference_logits

WITHOUT = """
import sys
from orca_local.domain.errors import MissingError
from orca_local.train.reference.choose import choose_reference

sys.modules |= dict.fromkeys(sys.argv[1:])  # importing them fails
try:
    print(choose_reference().__module__)
except MissingError as error:
    print(error.hint)
"""


def choose_without(*packages: str) -> str:
    """The module that is chosen, or the error's hint, in a process that cannot import `packages`."""
    command = [sys.executable, "-c", WITHOUT, *packages]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


def test_pytorch_does_where_it_is_installed() -> None:
    assert choose_reference() is reference_logits


@pytest.mark.slow
@pytest.mark.skipif(find_spec("mlx_lm") is None, reason="MLX has no build for this machine")
def test_mlx_does_where_it_is_alone() -> None:
    assert choose_without("torch") == "orca_local.train.reference.mlx_logits\n"


def test_without_either_the_hint_says_what_to_install() -> None:
    hint = choose_without("torch", "mlx", "mlx.core", "mlx_lm")
    assert "orca-local[torch]" in hint and "orca-local[mlx]" in hint
