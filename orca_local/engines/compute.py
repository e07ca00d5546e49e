"""In which form a quantized file is computed: as it is, or as a copy of its weights in BF16.

Some processors have no fast kernel that multiplies many sequences with some quantized types; the same weights as
BF16 then generate several times as fast, and closer to what the file holds. On others it is the other way round.
So `auto` measures, once per machine and file.
"""

from __future__ import annotations

import platform
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from orca_local.domain.errors import MissingError
from orca_local.domain.keys import content_key
from orca_local.domain.settings import EngineSettings
from orca_local.domain.statistics import mean_kl
from orca_local.engines.amx import model_parameters
from orca_local.engines.base import Logits
from orca_local.engines.llama_context import LlamaContext, LlamaModel
from orca_local.gguf.bf16 import bf16_copy
from orca_local.gguf.header import Header, read_header
from orca_local.gguf.llama import library, supports_gpu
from orca_local.system.cache import recall, remember
from orca_local.system.threads import physical_cores

Compute = Literal["as_is", "bf16"]

UNQUANTIZED = {"F32", "F16", "BF16"}
WORTH = 1.15
"""A copy that takes disk and memory has to be this many times as fast."""
MAX_KL = 0.02
"""Nats between the two forms, from which a copy is not trusted: kernels of 8-bit activations differ by 5e-3 to 9e-3."""

PROMPT, SEQUENCES, STEPS, ROUNDS = 48, 8, 4, 3


@dataclass(frozen=True, slots=True)
class Chosen:
    """The file to load, and why."""

    path: Path
    compute: Compute
    reason: str


@dataclass(frozen=True, slots=True)
class Measured:
    """What a few seconds on both forms said."""

    as_is: float
    """Tokens per second."""
    bf16: float
    kl: float
    """Mean divergence of their predictions, in nats."""

    def decide(self) -> tuple[Compute, str]:
        """The form to use, and a sentence."""
        rates = f"{self.bf16:.0f} tokens/s in BF16 against {self.as_is:.0f} as it is"
        if not self.kl <= MAX_KL:
            return "as_is", f"as it is: its predictions in BF16 differ (KL {self.kl:.1e}, at most {MAX_KL:g})"
        if self.bf16 >= WORTH * self.as_is:
            return "bf16", f"in BF16: {rates}"
        return "as_is", f"as it is: {rates}"


def choose(path: Path, sha256: str, settings: EngineSettings) -> Chosen:
    """The form of `path` that `settings.compute` asks for.

    Raises `MissingError` where a copy was asked for and the disk has no room; `auto` then says so and does without.
    """
    header = read_header(path)
    types = {tensor.type_name for tensor in header.tensors}
    if settings.compute == "as_is" or types <= UNQUANTIZED:
        return Chosen(path, "as_is", "as it is")
    if settings.compute == "bf16":
        return Chosen(bf16_copy(path, sha256), "bf16", "in BF16, as engine.compute says")
    if settings.gpu_layers and supports_gpu():
        return Chosen(path, "as_is", "as it is, on the GPU")
    try:
        copy = bf16_copy(path, sha256)
    except MissingError as error:
        return Chosen(path, "as_is", f"as it is: {error.message}")
    compute, reason = _measured(header, copy, sha256, settings).decide()
    if compute == "as_is":
        copy.unlink(missing_ok=True)
        return Chosen(path, "as_is", reason)
    return Chosen(copy, "bf16", reason)


def _measured(header: Header, copy: Path, sha256: str, settings: EngineSettings) -> Measured:
    threads = settings.threads or physical_cores()
    build = [library().__version__, platform.machine(), platform.release(), threads]
    key = "compute-" + content_key([sha256, *build, bool(model_parameters(header).use_extra_bufts)])[:16]
    known = recall(key)
    if isinstance(known, dict) and set(known) == {"as_is", "bf16", "kl"}:
        return Measured(**known)
    measured = _measure(header.path, copy, threads)
    remember(key, asdict(measured))
    return measured


def _measure(path: Path, copy: Path, threads: int) -> Measured:
    seconds: dict[Path, list[float]] = {path: [], copy: []}
    logits: dict[Path, Logits] = {}
    for _ in range(ROUNDS):
        for file in (path, copy):
            with closing(LlamaModel(file, gpu_layers=0)) as model:
                length = PROMPT + STEPS + 1
                with closing(LlamaContext(model, sequences=SEQUENCES, length=length, threads=threads)) as context:
                    _work(context, model.vocab_size)  # weights are read and packed at their first use
                    started = time.perf_counter()
                    logits[file] = _work(context, model.vocab_size)
                    seconds[file].append(time.perf_counter() - started)
    tokens = SEQUENCES * (PROMPT + STEPS)
    return Measured(tokens / min(seconds[path]), tokens / min(seconds[copy]), mean_kl(logits[path], logits[copy]))


def _work(context: LlamaContext, vocab_size: int) -> Logits:
    """Read prompts and generate a few tokens; returns the last logits."""
    rng = np.random.default_rng(0)
    for sequence in range(SEQUENCES):
        context.cut(sequence, 0)
    where = np.tile(np.arange(PROMPT, dtype=np.int32), SEQUENCES)
    who = np.repeat(np.arange(SEQUENCES, dtype=np.int32), PROMPT)
    context.decode(rng.integers(vocab_size // 2, size=len(where)).astype(np.int32), where, who, where == PROMPT - 1)
    who = np.arange(SEQUENCES, dtype=np.int32)
    for step in range(STEPS):
        ids = rng.integers(vocab_size // 2, size=SEQUENCES).astype(np.int32)
        found = context.decode(ids, np.full_like(who, PROMPT + step), who, np.ones(SEQUENCES, np.bool_))
    return found.copy()
