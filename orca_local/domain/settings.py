"""Settings of a workspace. Command-line options override `ORCA_LOCAL_…` variables, which override `orca.toml`."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from orca_local.domain.endpoint_settings import CallSettings, EndpointSettings, Section
from orca_local.domain.model_settings import MAX_PRICE, ModelSettings, repeated_name
from orca_local.domain.text import is_storable

DEFAULT_SYSTEM_MESSAGE = "You are a careful assistant who reasons well."
DEFAULT_RUBRIC = """5: right, complete and clear; it does all that was asked, and nothing in it is wrong.
4: right in all that matters, with a small gap or slip.
3: partly right: something important is missing, or something in it is wrong.
2: mostly wrong, or it misses what was asked.
1: wrong, empty, or about something else."""
"""Rubric of tasks that have none of their own."""


class StudentSettings(Section):
    """The model that learns."""

    file: str = "smollm2-135m-instruct"
    """GGUF file, relative to the workspace, or a model ID of the catalog."""
    weights: str = ""
    """F16 or BF16 GGUF that is trained and merged into; empty: `file`, dequantized."""
    quantization: str = ""
    """Quantization of `base` and `tuned`; empty: Q8_0 below 1B parameters, Q4_K_M from 1B."""
    chat_template: str = ""
    """Chat template for a base model: chatml, llama3, or a Jinja file; replaces the file's own, in exports too."""


class EngineSettings(EndpointSettings):
    """How the student generates text."""

    kind: str = "llama_cpp"
    """Engine of the probe: llama_cpp, mlx, or openai for an API or server. Other stages use llama.cpp."""
    base_url: str = Field(default="http://127.0.0.1:8080/v1", repr=False)
    """For kind `openai`: URL of the API, including `/v1`."""
    key_env: str = Field(default="STUDENT_API_KEY", repr=False)
    """For kind `openai`: environment variable that holds the API key, in capitals; a local server needs none."""
    capacity: int = Field(default=24, ge=1, le=256)
    """Number of prompts generated at the same time."""
    context: int = Field(default=2048, ge=128, le=2**24)
    """Maximum tokens of prompt and answer together."""
    compute: Literal["auto", "as_is", "bf16"] = "auto"
    """How the probe computes quantized weights: as stored, or as a BF16 copy; auto measures which is faster."""
    kv_type: Literal["f16", "q8_0"] = "f16"
    """Type of the KV cache; q8_0 takes half the memory and is less exact."""
    flash_attention: Literal["auto", "on", "off"] = "auto"
    """auto: off on a CPU, where it is slower and answers depend on the batch. `kv_type` q8_0 needs it."""
    gpu_layers: int = Field(default=-1, ge=-1, le=100_000)
    """Number of layers on the GPU; -1: all."""
    threads: int = Field(default=0, ge=0, le=1024)
    """CPU threads; 0: one per physical core."""


class ProbeSettings(Section):
    """How the student's strategies are compared."""

    method: Literal["race", "exhaustive"] = "race"
    """race: drop weak strategies early; exhaustive: every strategy answers every sample."""
    samples: int = Field(default=32, ge=0)
    """Maximum probe samples per task; 0: all."""
    tolerance: float = Field(default=0.015, ge=0, lt=1)
    """A race ends when no strategy is expected to beat the leader by this accuracy; 0.015 is 1.5 points."""
    max_tokens: int = Field(default=256, ge=1)
    """Maximum tokens of an answer."""
    alpha: float = Field(default=0.05, gt=0, lt=1)
    """Error level of the intervals and of the test that a choice is certain."""


class AskedSettings(CallSettings):
    """A model that a stage asks: the teacher or the judge. Its API key is only read from the environment."""

    kind: str
    """What answers."""
    model: str = ""
    """For `openai`: its name at the API; `local`: a GGUF or a catalog ID; `self`: base, tuned or a GGUF."""
    base_url: str = Field(default="https://api.openai.com/v1", repr=False)
    """For kind `openai`: URL of the API, including `/v1`."""
    key_env: str = Field(default="OPENAI_API_KEY", repr=False)
    """For kind `openai`: environment variable that holds the API key, in capitals."""
    file: str = ""
    """For kind `file`: JSON Lines file of answers."""
    max_tokens: int = Field(default=1024, ge=1)
    """Maximum tokens of an answer."""
    temperature: float = Field(default=0.0, ge=0, le=2)
    """Sampling temperature; 0: greedy."""
    top_p: float = Field(default=1.0, gt=0, le=1)
    """Nucleus sampling: share of the probability mass that is sampled from; 1: all."""
    seed: int | None = Field(default=None, ge=-(2**63), lt=2**63 - 1000)
    """Seed of the first answer; later answers add 1. Empty: none is sent."""

    @model_validator(mode="after")
    def _cost_is_bounded(self) -> Self:
        if self.max_usd and self.kind == "openai" and "max_tokens" in self.omit:
            raise ValueError("max_usd needs max_tokens in each request, or an answer could cost any amount: omit less")
        return self


class TeacherSettings(AskedSettings):
    """The teacher, whose answers the student learns from. Its API key is only read from the environment."""

    kind: Literal["openai", "file", "starter", "local", "self"] = "openai"
    """openai: an API; file: a file of answers; starter: packaged answers; local: a model here; self: the student."""
    file: str = ""
    """For kind `file`: JSON Lines file of answers; empty: the `rationale` of each sample."""
    response_format: Literal["text", "json_object"] = "text"
    """Response format that the API is asked for."""
    samples: int = Field(default=1, ge=1, le=64)
    """Answers per training sample; more than one needs a temperature above 0."""
    attempts: int = Field(default=0, ge=0, le=64)
    """Maximum further answers if none matches the reference."""
    retry_temperature: float = Field(default=0.7, gt=0, le=2)
    """Temperature of further answers."""
    on_mismatch: Literal["drop", "keep", "with_hint"] = "drop"
    """If still none matches: drop the sample, keep such an answer, or ask once more and show the reference."""

    @property
    def takes_batches(self) -> bool:
        """Whether calls go to an API, which may have a Batch API."""
        return self.kind == "openai"

    @model_validator(mode="after")
    def _samples_can_differ(self) -> Self:
        is_greedy = self.temperature == 0 and not (self.kind == "openai" and "temperature" in self.omit)
        if self.samples > 1 and is_greedy and self.kind in ("openai", "local", "self"):
            raise ValueError("samples above 1 need a temperature above 0, or all answers are the same")
        return self


class JudgeSettings(AskedSettings):
    """The judge, which grades answers that no rule can score. Without a `kind`, there is none."""

    kind: Literal["none", "openai", "file", "local", "self"] = "none"
    """openai: an API; local: a model here; self: the student; file: a file of grades; none: open answers get no
    score."""
    file: str = ""
    """For kind `file`: JSON Lines file of `id` (of the sample), `answer` and `grade`, or of what a judge wrote as
    `text`."""
    max_tokens: int = Field(default=512, ge=1)
    """Maximum tokens of what the judge writes about one answer."""
    input_price: float | None = Field(default=None, ge=0, le=MAX_PRICE)
    """US dollars per million prompt tokens; empty: as in prices.toml."""
    output_price: float | None = Field(default=None, ge=0, le=MAX_PRICE)
    """US dollars per million answer tokens; empty: as in prices.toml."""
    rubric: str = DEFAULT_RUBRIC
    """What the grades from 1 to 5 mean, for tasks without a rubric of their own."""
    rubrics: dict[str, str] = Field(default={})
    """Rubrics by task. A column `rubric` of a task file has one for each sample, and counts first."""
    tasks: tuple[str, ...] = ()
    """Tasks of kind `free` that are graded too, as those of kind `judged` are."""
    pairs: bool = True
    """Whether `evaluate` also has the judge compare the answers of base and tuned, in both orders."""

    @field_validator("rubrics")
    @classmethod
    def _can_be_stored(cls, value: dict[str, str]) -> dict[str, str]:
        if not all(is_storable(text) and text.strip() for text in value.values()):
            raise ValueError("rubrics that are texts, without NUL characters and halves of surrogate pairs")
        return value

    @model_validator(mode="after")
    def _prices_are_complete(self) -> Self:
        if (self.input_price is None) != (self.output_price is None):
            raise ValueError("set input_price and output_price together (US dollars per million tokens)")
        return self

    @property
    def is_set(self) -> bool:
        """Whether there is a judge."""
        return self.kind != "none"


class DatasetSettings(Section):
    """How the teacher's answers become training rows."""

    system_message: str = DEFAULT_SYSTEM_MESSAGE
    """System message that replaces the erased strategy, for samples without one of their own; may be empty."""
    max_tokens: int = Field(default=2048, ge=16)
    """Maximum tokens of a row. Longer rows are dropped and counted, never cut."""
    prefer: Literal["first", "shortest", "likely"] = "first"
    """Which of several good answers to train on: the first, the shortest, or the one most likely under the student."""
    per_prompt: int = Field(default=1, ge=1)
    """Maximum rows per prompt."""
    per_task: int = Field(default=0, ge=0)
    """Maximum rows per task; 0: no limit."""
    balance: float = Field(default=1.0, ge=0, le=1)
    """Each task counts by its number of rows to this power: 1 keeps the shares, 0 makes all tasks equal."""
    few_shot: float = Field(default=0.0, ge=0, lt=1)
    """Share of additional rows that show three to five solved examples of the task first; Orca 2: 0.067."""
    few_shot_seed: int = Field(default=0, ge=0, lt=2**32)
    """Chooses the rows that show examples, and the examples."""


class TrainSettings(Section):
    """The training recipe. A backend that cannot follow a setting refuses it."""

    backend: Literal["auto", "torch", "mlx"] = "auto"
    """auto: MLX on Apple Silicon if it is installed, else PyTorch."""
    compute: Literal["auto", "float32", "bfloat16"] = "auto"
    """auto: bfloat16 if the CPU or GPU supports it."""
    quantize_base: Literal["none", "nf4", "as_is"] = "none"
    """Frozen weights in memory. none: in full; nf4: in 4 bits (torch); as_is: the GGUF's Q4_0, Q4_1 or Q8_0 (mlx)."""
    rank: int = Field(default=16, ge=1, le=4096)
    """LoRA rank."""
    alpha: float = Field(default=32.0, gt=0)
    """LoRA alpha: the update is scaled by alpha/rank."""
    rank_stabilized: bool = False
    """Scale the update by alpha/√rank instead (arXiv 2312.03732)."""
    target_layers: tuple[str, ...] = ()
    """Linear layers to train, such as `q_proj`; empty: all."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Dropout of the adapter."""
    learning_rate: float = Field(default=1e-3, gt=0)
    """Peak learning rate."""
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    """How the learning rate falls after the warm-up."""
    warmup: float = Field(default=0.05, ge=0, lt=1)
    """Share of the steps in which the learning rate rises."""
    final_learning_rate: float = Field(default=0.05, ge=0, le=1)
    """Learning rate at the end of cosine and linear, as a share of the peak."""
    weight_decay: float = Field(default=0.0, ge=0)
    """AdamW weight decay."""
    max_grad_norm: float = Field(default=1.0, gt=0)
    """Gradients are clipped to this norm."""
    epochs: float = Field(default=3.0, gt=0, le=100_000)
    """Passes over the training rows."""
    max_steps: int = Field(default=0, ge=0, le=100_000_000)
    """Maximum steps; 0: set by `epochs`."""
    batch_size: int = Field(default=16, ge=1)
    """Rows per step."""
    pack_tokens: int = Field(default=0, ge=0)
    """Tokens computed together. More is faster and takes more memory; the result is the same. 0: as many as fit."""
    gradient_checkpointing: Literal["auto", "on", "off"] = "auto"
    """Recompute activations to save memory; auto: only if memory would not suffice."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    """Seed of initialization, row order and dropout."""
    validation_share: float = Field(default=0.1, ge=0, lt=1)
    """Share of prompts that are only validated on."""
    validate_every: int = Field(default=0, ge=0)
    """Steps between validations; 0: an eighth of the steps."""
    sample_answers: int = Field(default=2, ge=0, le=64)
    """Validation prompts answered and shown at each validation, within ten seconds; 0: none."""
    checkpoint_every: int = Field(default=0, ge=0)
    """Steps between checkpoints; 0: at each validation. There is one at least every ten minutes."""


class ExportSettings(Section):
    """The files to export."""

    quantizations: tuple[str, ...] = ()
    """Quantizations to export; empty: the student's."""
    imatrix: str = "auto"
    """Importance matrix. auto: measured on training rows, used if the file is then closer to F16; none; or a file."""


class EvaluateSettings(Section):
    """How base and tuned model are compared."""

    system_messages: tuple[str, ...] = (DEFAULT_SYSTEM_MESSAGE, "")
    """Every model answers under each system message; the first gives the main result. A sample's own stays."""
    max_tokens: int = Field(default=256, ge=1)
    """Maximum tokens of an answer."""
    samples: int = Field(default=0, ge=0)
    """Maximum holdout samples per task; 0: all."""
    suite_max_tokens: int = Field(default=0, ge=0)
    """Maximum tokens of an answer to a question of a benchmark; 0: that of the benchmark, 512 or 1024."""
    prompted: bool = True
    """Also measure base told the form of the answer, and with its chosen strategy: what prompting alone gives."""


class Settings(Section):
    """All sections of `orca.toml`."""

    student: StudentSettings = StudentSettings()
    engine: EngineSettings = EngineSettings()
    probe: ProbeSettings = ProbeSettings()
    teacher: TeacherSettings = TeacherSettings()
    judge: JudgeSettings = JudgeSettings()
    dataset: DatasetSettings = DatasetSettings()
    train: TrainSettings = TrainSettings()
    export: ExportSettings = ExportSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    model: tuple[ModelSettings, ...] = ()

    @field_validator("model")
    @classmethod
    def _have_different_names(cls, value: tuple[ModelSettings, ...]) -> tuple[ModelSettings, ...]:
        if problem := repeated_name(value):
            raise ValueError(problem)
        return value
