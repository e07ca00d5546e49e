"""`python -m orca_local.engines.amx_trial MODEL`: compares a model's predictions with and without AMX kernels.

Exits with 0 if they agree and with `EXIT_WRONG_RESULTS` if not. Kernels that do not work may crash the process.
"""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

import numpy as np

from orca_local.domain.statistics import mean_kl
from orca_local.engines.amx import EXIT_WRONG_RESULTS
from orca_local.engines.base import Logits
from orca_local.engines.llama_context import LlamaContext, LlamaModel
from orca_local.gguf.llama import library

MAX_KL = 0.02
"""Maximum divergence of the predictions, in nats. Correct kernels differ by some thousandths."""
TOKENS = 64
"""Tokens in one batch: enough for several threads."""


def main(model: Path) -> int:
    """Run the trial; return the exit code."""
    with_amx, without = _logits(model, True), _logits(model, False)
    kl = mean_kl(without, with_amx) if np.isfinite(with_amx).all() else np.inf
    return 0 if kl <= MAX_KL else EXIT_WRONG_RESULTS


def _logits(model: Path, use_amx: bool) -> Logits:
    parameters = library().llama_model_default_params()
    parameters.use_extra_bufts = use_amx
    with (
        closing(LlamaModel(model, gpu_layers=0, parameters=parameters)) as loaded,
        closing(LlamaContext(loaded, sequences=1, length=256, threads=2)) as context,
    ):
        positions = np.arange(TOKENS, dtype=np.int32)
        ids = np.random.default_rng(0).integers(loaded.vocabulary.size // 2, size=TOKENS).astype(np.int32)
        return context.decode(ids, positions, np.zeros_like(positions), np.ones(TOKENS, np.bool_)).copy()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
