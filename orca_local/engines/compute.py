"""Chooses whether a quantized file is computed as stored or as a copy of its weights in BF16.

Some processors have no fast kernel for some quantized types when many sequences run at once. There the same weights in
BF16 generate several times as fast, and closer to the values in the file. On other processors BF16 is slower. So
`engine.compute = "auto"` measures both, once per machine and file.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import numpy as np

from orca_local.domain.errors import MissingError
from orca_local.domain.frozen import Frozen
from orca_local.domain.keys import content_key
from orca_local.domain.settings import EngineSettings
from orca_local.domain.statistics import mean_kl
from orca_local.engines.amx import model_parameters
from orca_local.engines.base import Logits
from orca_local.engines.llama_context import LlamaContext, LlamaModel
from orca_local.gguf.bf16 import ensure_bf16_copy
from orca_local.gguf.header import Header, read_header
from orca_local.gguf.inspect import training_problems
from orca_local.gguf.llama import library, supports_gpu
from orca_local.system.cache import recall, remember
from orca_local.system.threads import physical_cores

Compute = Literal["as_is", "bf16"]

UNQUANTIZED = {"F32", "F16", "BF16"}
MIN_SPEEDUP = 1.15
"""A copy takes disk and memory, so it must be at least this many times as fast."""
MAX_KL = 0.02
"""Maximum divergence of the two forms, in nats; kernels with 8-bit activations differ by 5e-3 to 9e-3."""

PROMPT, SEQUENCES, STEPS, ROUNDS = 48, 8, 4, 3


class ComputeChoice(Frozen):
    """The file to load."""

    path: Path
    compute: Compute
    """`as_is`: the file itself; `bf16`: a copy of it."""
    reason: str
    """The form and the reason, as text for a message: `BF16: 1.6× faster`."""


class ComputeMeasurement(Frozen):
    """Speed and agreement of the two forms."""

    as_is: float
    """Tokens per second."""
    bf16: float
    """Tokens per second."""
    kl: float
    """Mean divergence of their predictions, in nats."""

    def choose(self) -> tuple[Compute, str]:
        """The form to use and the reason."""
        speedup = self.bf16 / self.as_is
        if not self.kl <= MAX_KL:
            return "as_is", f"the file's own type: BF16 predicts differently (KL {self.kl:.4f}, at most {MAX_KL:g})"
        if speedup >= MIN_SPEEDUP:
            return "bf16", f"BF16: {speedup:.1f}× faster"
        return "as_is", f"the file's own type: BF16 is only {speedup:.1f}× as fast here"


Measure = Callable[[Path, Path, int], ComputeMeasurement]
"""Compares a file with its copy in BF16 on a number of threads."""


def measure_forms(path: Path, copy: Path, threads: int) -> ComputeMeasurement:
    """Measure a file and its copy in BF16 in turns; takes some seconds."""
    seconds: dict[Path, list[float]] = {path: [], copy: []}
    logits: dict[Path, Logits] = {}
    for _ in range(ROUNDS):
        for file in (path, copy):
            with closing(LlamaModel(file, gpu_layers=0)) as model:
                length = PROMPT + STEPS + 1
                with closing(LlamaContext(model, sequences=SEQUENCES, length=length, threads=threads)) as context:
                    _generate(context, model.vocabulary.size)  # the first use reads and packs the weights
                    started = time.perf_counter()
                    logits[file] = _generate(context, model.vocabulary.size)
                    seconds[file].append(time.perf_counter() - started)
    tokens = SEQUENCES * (PROMPT + STEPS)
    kl = mean_kl(logits[path], logits[copy])
    return ComputeMeasurement(tokens / min(seconds[path]), tokens / min(seconds[copy]), kl)


def choose_compute(
    path: Path, sha256: str, settings: EngineSettings, *, measure: Measure = measure_forms
) -> ComputeChoice:
    """The form of `path` that `settings.compute` asks for; `sha256` is the file's hash.

    Raises `MissingError` if `settings.compute` is `bf16` and the disk has no room for the copy. `auto` then uses the
    file itself.
    """
    header = read_header(path)
    if settings.compute == "as_is" or header.tensor_types.keys() <= UNQUANTIZED:
        return ComputeChoice(path, "as_is", "the file's own type")
    if training_problems(header):
        return ComputeChoice(path, "as_is", "the file's own type: a copy may have types that this architecture lacks")
    if settings.compute == "bf16":
        return ComputeChoice(ensure_bf16_copy(path, sha256), "bf16", "BF16, as set by engine.compute")
    if settings.gpu_layers and supports_gpu():
        return ComputeChoice(path, "as_is", "the file's own type, on the GPU")
    try:
        copy = ensure_bf16_copy(path, sha256)
    except MissingError as error:
        return ComputeChoice(path, "as_is", f"the file's own type: {error.message}")
    compute, reason = _measurement(header, copy, sha256, settings, measure).choose()
    if compute == "as_is":
        copy.unlink(missing_ok=True)
        return ComputeChoice(path, "as_is", reason)
    return ComputeChoice(copy, "bf16", reason)


def _measurement(
    header: Header, copy: Path, sha256: str, settings: EngineSettings, measure: Measure
) -> ComputeMeasurement:
    """The remembered measurement, or a new one."""
    threads = settings.threads or physical_cores()
    build = [library().__version__, platform.machine(), platform.release(), threads]
    key = "compute-" + content_key([sha256, *build, bool(model_parameters(header).use_extra_bufts)])[:16]
    values = recall(key)
    if isinstance(values, dict) and set(values) == {"as_is", "bf16", "kl"}:
        return ComputeMeasurement(**values)
    measurement = measure(header.path, copy, threads)
    remember(key, asdict(measurement))
    return measurement


def _generate(context: LlamaContext, vocab_size: int) -> Logits:
    """Read prompts and generate a few tokens; returns the last logits, [SEQUENCES, vocabulary]."""
    rng = np.random.default_rng(0)
    for sequence in range(SEQUENCES):
        context.clear(sequence)
    positions = np.tile(np.arange(PROMPT, dtype=np.int32), SEQUENCES)
    sequences = np.repeat(np.arange(SEQUENCES, dtype=np.int32), PROMPT)
    ids = rng.integers(vocab_size // 2, size=len(positions)).astype(np.int32)
    context.decode(ids, positions, sequences, positions == PROMPT - 1)
    sequences = np.arange(SEQUENCES, dtype=np.int32)
    for step in range(STEPS):
        ids = rng.integers(vocab_size // 2, size=SEQUENCES).astype(np.int32)
        logits = context.decode(ids, np.full_like(sequences, PROMPT + step), sequences, np.ones(SEQUENCES, np.bool_))
    return logits.copy()
