"""The settings of a workspace: `orca.toml`, overridden by `ORCA_LOCAL_…`, overridden by typed options."""

from __future__ import annotations

import re
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from orca_local.domain.address import SECRET, address_problem

DEFAULT_SYSTEM_MESSAGE = "You are a careful assistant who reasons well."


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)


class EndpointSettings(_Section):
    """An OpenAI-compatible endpoint."""

    base_url: str = Field(default="", repr=False)
    model: str = ""
    """For kind `openai`: its name there."""
    key_env: str = Field(default="", repr=False)
    """Name of the environment variable that holds the key, in capitals."""
    timeout_s: float = Field(default=120.0, gt=0)
    tries: int = Field(default=4, ge=1)
    """Per call, on errors that may pass."""

    @field_validator("base_url")
    @classmethod
    def _holds_no_secret(cls, value: str) -> str:
        """Settings are stored with every run: what may be a secret is refused here, and not repeated."""
        if address_problem(value) == SECRET:
            raise ValueError(
                "an address without user name, password or query: a key belongs into the environment variable "
                "that key_env names"
            )
        return value

    @field_validator("key_env")
    @classmethod
    def _names_a_variable(cls, value: str) -> str:
        """A key that was put here by mistake is refused before it is stored."""
        if not re.fullmatch("[A-Z_][A-Z0-9_]*", value):
            raise ValueError("the name of an environment variable in capitals, never the key itself")
        return value


class StudentSettings(_Section):
    """The model that learns."""

    file: str = "smollm2-135m-instruct"
    """A GGUF path, relative to the workspace, or an id of the catalog."""
    weights: str = ""
    """The F16/BF16 GGUF that is trained and merged into; empty: `file`, dequantized."""
    quantization: str = ""
    """Type of `base` and `tuned`; empty: Q8_0 below 1B parameters, Q4_K_M above."""


class EngineSettings(EndpointSettings):
    """How the student is run."""

    kind: str = "llama_cpp"
    """What probes the student: llama.cpp, MLX, or what serves it elsewhere; all other stages use llama.cpp."""
    base_url: str = Field(default="http://127.0.0.1:8080/v1", repr=False)
    """For kind `openai`: where it is served."""
    key_env: str = Field(default="STUDENT_API_KEY", repr=False)
    """Name of the environment variable that holds its key, in capitals; on this machine none is needed."""
    capacity: int = Field(default=24, ge=1, le=256)
    """Sequences in flight."""
    context: int = Field(default=2048, ge=128)
    """Tokens that one sequence may hold."""
    compute: Literal["auto", "as_is", "bf16"] = "auto"
    """Form in which quantized weights are probed: as they are, or as a copy in BF16; auto measures which is faster."""
    kv_type: Literal["f16", "q8_0"] = "f16"
    """Type of keys and values in memory; q8_0 takes half, and rounds."""
    flash_attention: Literal["auto", "on", "off"] = "auto"
    """auto: off on a processor, where it is slower and an answer would depend on its neighbours; q8_0 needs it."""
    gpu_layers: int = Field(default=-1, ge=-1)
    """Layers on the GPU where the build has one; -1 for all."""
    threads: int = Field(default=0, ge=0, le=1024)
    """0: the number of physical cores."""


class ProbeSettings(_Section):
    """How strategies are compared on the student."""

    method: Literal["race", "exhaustive"] = "race"
    """race: weak strategies leave early; exhaustive: every strategy answers every sample."""
    samples: int = Field(default=32, ge=0)
    """Probe samples a task at most; 0 for all."""
    tolerance: float = Field(default=0.015, ge=0, lt=1)
    """Expected loss of accuracy from which on a race asks no more: 0.015 is one and a half points."""
    max_tokens: int = Field(default=256, ge=1)
    alpha: float = Field(default=0.05, gt=0, lt=1)
    """Error level of the intervals, and of saying that a choice is decided."""


class TeacherSettings(EndpointSettings):
    """Who writes the answers that the student learns from. The key comes from the environment alone."""

    kind: Literal["openai", "file", "starter", "local", "self"] = "openai"
    """openai: an endpoint; file: answers at hand; local: a model on this machine; self: the student itself."""
    model: str = ""
    """Its name at the endpoint; for `local` a GGUF or an id of the catalog; for `self` base, tuned or a GGUF."""
    base_url: str = Field(default="https://api.openai.com/v1", repr=False)
    key_env: str = Field(default="OPENAI_API_KEY", repr=False)
    """Name of the environment variable that holds the key, in capitals."""
    file: str = ""
    """For kind `file`: a JSON Lines file of answers; empty: the samples' own `rationale`."""
    concurrency: int = Field(default=8, ge=1, le=512)
    """Calls in flight at most; fewer while the endpoint says that it is too many."""
    requests_per_minute: int = Field(default=0, ge=0)
    """0: as many as it answers."""
    tokens_per_minute: int = Field(default=0, ge=0)
    """Prompt and answer together; 0: no limit."""
    patience_s: float = Field(default=300.0, gt=0)
    """How long the endpoint may turn every call away (HTTP 429) before the run gives up."""
    max_usd: float = Field(default=0.0, ge=0)
    """What this workspace may spend on teachers in all; 0: no limit. No call is made that could pass it."""
    max_calls: int = Field(default=0, ge=0)
    """How many calls this workspace may make in all, repeated tries included; 0: no limit."""
    max_tokens: int = Field(default=1024, ge=1)
    temperature: float = Field(default=0.0, ge=0, le=2)
    top_p: float = Field(default=1.0, gt=0, le=1)
    seed: int | None = None
    response_format: Literal["text", "json_object"] = "text"
    samples: int = Field(default=1, ge=1, le=64)
    """Answers to ask for per training sample; more than one needs a temperature."""
    attempts: int = Field(default=0, ge=0, le=64)
    """How many more answers to ask for where none agrees with the reference."""
    retry_temperature: float = Field(default=0.7, gt=0, le=2)
    """Temperature of those."""
    on_mismatch: Literal["drop", "keep", "with_hint"] = "drop"
    """Where still none agrees: train on no answer, on the one there is, or ask once more and show the reference."""

    @property
    def takes_batches(self) -> bool:
        """Whether it is asked through an endpoint, which may have a Batch API."""
        return self.kind == "openai"

    @model_validator(mode="after")
    def _samples_can_differ(self) -> Self:
        if self.samples > 1 and self.temperature == 0 and self.kind in ("openai", "local", "self"):
            raise ValueError("samples above 1 need a temperature above 0: they would all be the same")
        return self


class DatasetSettings(_Section):
    """How demonstrations become training rows."""

    system_message: str = DEFAULT_SYSTEM_MESSAGE
    """What stands in place of the erased strategy; may be empty."""
    max_tokens: int = Field(default=2048, ge=16)
    """Rows longer than this are refused and counted, never cut."""
    prefer: Literal["first", "shortest", "likely"] = "first"
    """Of several good answers to one prompt, which to train on; likely: the one that the student itself would say."""
    per_prompt: int = Field(default=1, ge=1)
    """How many of them."""
    per_task: int = Field(default=0, ge=0)
    """Rows of a task at most; 0: all."""
    balance: float = Field(default=1.0, ge=0, le=1)
    """Tasks' shares are their sizes to this power: 1 leaves them, 0 makes all equal."""
    few_shot: float = Field(default=0.0, ge=0, lt=1)
    """Share of rows, made in addition, that show three to five solved examples of the task first."""


class TrainSettings(_Section):
    """The recipe; every backend honours all of it or refuses."""

    backend: Literal["auto", "torch", "mlx"] = "auto"
    compute: Literal["auto", "float32", "bfloat16"] = "auto"
    """auto: bfloat16 where the processor or card has it."""
    quantize_base: Literal["none", "nf4", "as_is"] = "none"
    """How the frozen weights are held: whole; in NF4 (torch); or in the GGUF's own Q4_0, Q4_1 or Q8_0 blocks (mlx)."""
    rank: int = Field(default=16, ge=1, le=4096)
    alpha: float = Field(default=32.0, gt=0)
    rank_stabilized: bool = False
    """Scale the update by alpha/√rank instead of alpha/rank (arXiv 2312.03732)."""
    target_layers: tuple[str, ...] = ()
    """Linear layers that are trained, such as `q_proj`; empty: all of them."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    learning_rate: float = Field(default=1e-3, gt=0)
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    """How the rate falls after the warm-up."""
    warmup: float = Field(default=0.05, ge=0, lt=1)
    """Share of the steps."""
    final_learning_rate: float = Field(default=0.05, ge=0, le=1)
    """Where cosine and linear end, as a share of the peak."""
    weight_decay: float = Field(default=0.0, ge=0)
    max_grad_norm: float = Field(default=1.0, gt=0)
    epochs: float = Field(default=3.0, gt=0, le=100_000)
    max_steps: int = Field(default=0, ge=0, le=100_000_000)
    """0: as many as the epochs need."""
    batch_size: int = Field(default=16, ge=1)
    """Rows a step."""
    pack_tokens: int = Field(default=0, ge=0)
    """Tokens of rows computed together, which decides memory and speed, not the result; 0: what fits well."""
    gradient_checkpointing: Literal["auto", "on", "off"] = "auto"
    """Compute activations twice instead of keeping them; auto: where the memory would not suffice otherwise."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    validation_share: float = Field(default=0.1, ge=0, lt=1)
    validate_every: int = Field(default=0, ge=0)
    """Steps; 0: about ten times a run."""
    sample_answers: int = Field(default=2, ge=0, le=64)
    """Validation prompts that are answered and shown at each validation, at most ten seconds of it; 0: none."""
    checkpoint_every: int = Field(default=0, ge=0)
    """Steps; 0: with each validation. After ten minutes there is one in any case."""


class ExportSettings(_Section):
    """What is written at the end."""

    quantizations: tuple[str, ...] = ()
    """Empty: the student's quantization."""
    imatrix: str = "auto"
    """Importance matrix: auto measures it on training rows and uses it where that is nearer to F16; none; or a file."""


class EvaluateSettings(_Section):
    """How base and tuned are compared."""

    system_messages: tuple[str, ...] = (DEFAULT_SYSTEM_MESSAGE, "")
    """Each model answers under each; the first gives the headline figure."""
    max_tokens: int = Field(default=256, ge=1)
    samples: int = Field(default=0, ge=0)
    """Holdout samples a task; 0 for all."""


class Settings(_Section):
    """Everything in `orca.toml`."""

    student: StudentSettings = StudentSettings()
    engine: EngineSettings = EngineSettings()
    probe: ProbeSettings = ProbeSettings()
    teacher: TeacherSettings = TeacherSettings()
    dataset: DatasetSettings = DatasetSettings()
    train: TrainSettings = TrainSettings()
    export: ExportSettings = ExportSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
