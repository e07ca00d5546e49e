"""Estimate the memory of a training from the shapes of the model and the recipe, before it starts.

All amounts are bytes that are in use at once. `scripts/bench_train.py` and each training's summary compare the
estimate with the measured peak.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace

from orca_local.domain.errors import InputError, MissingError
from orca_local.domain.frozen import Frozen
from orca_local.gguf.decoder import Decoder, read_decoder
from orca_local.gguf.header import Header
from orca_local.gguf.layer_names import linear_layers
from orca_local.train.recipe import Recipe
from orca_local.train.state import target_layers

MAX_SHARE = 0.85
"""Share of the free memory that a plan may use. The rest is for rounding by allocators and for other programs."""
_MIN_PACK_TOKENS = 256
_OPTIMIZER_BYTES = 3 * 4
"""Bytes per trained value beside the value itself, in float32: its gradient and AdamW's two moments."""
_HEAD_COPIES = 2
"""Float32 copies of the logits: the logits and their log-probabilities or gradient."""


class Machine(Frozen):
    """The device that a training computes on."""

    name: str
    """Device and data type, such as `cuda bfloat16`."""
    value_bytes: int
    """Bytes of an activation, and of a weight that is not quantized."""
    free: int | None
    """Free memory in bytes; None if it is unknown."""
    pack_tokens: int
    """Number of tokens per forward pass that computes efficiently."""
    head_positions: int
    """Number of positions whose logits are in memory at once."""
    weight_bytes: Mapping[str, float]
    """`quantize_base` → bytes of a frozen weight of the blocks, for each value that the framework supports."""
    expert_bytes: Mapping[str, float] = field(default_factory=dict)
    """The same for the experts of a mixture; empty if it is the same. 0 if they are read when they are used."""
    keeps_expert_activations: bool = False
    """Whether the experts' activations are kept for the backward pass, and not computed again."""
    activation_overhead: float = 1.0
    """Measured activation memory divided by our estimate."""
    framework_bytes: int = 0
    """Memory of the framework itself, such as kernels that it keeps."""
    padded_length: Callable[[int], int] = int
    """Number of tokens of a row → number of positions after padding."""
    notes: tuple[str, ...] = ()
    """Warnings to show before the training starts."""


class MemoryPlan(Frozen):
    """Estimated peak memory of a training step, in bytes, and how the step is computed."""

    machine: str
    weights: int
    """Frozen weights: blocks, embedding and output head."""
    adapter: int
    optimizer: int
    """Gradients and AdamW's moments."""
    activations: int
    """Activations of `pack_tokens` tokens, and the working memory of one block."""
    head: int
    """Logits of the positions that are computed at once."""
    framework: int
    """Memory of the framework itself."""
    free: int | None
    """Free memory of the machine; None if it is unknown."""
    pack_tokens: int
    """Maximum number of tokens per forward pass."""
    gradient_checkpointing: bool

    @property
    def total(self) -> int:
        """The sum of the parts."""
        return self.weights + self.adapter + self.optimizer + self.activations + self.head + self.framework

    @property
    def fits(self) -> bool:
        """Whether the total is at most `MAX_SHARE` of the free memory."""
        return self.free is None or self.total <= MAX_SHARE * self.free

    def describe(self) -> str:
        """The total and its parts in gigabytes."""
        parts = ("weights", "adapter", "optimizer", "activations", "head", "framework")
        listed = ", ".join(f"{name} {getattr(self, name) / 1e9:.2f}" for name in parts)
        return f"{self.total / 1e9:.2f} GB ({listed}) with {self.pack_tokens:,} tokens at once"


class MemoryRequest(Frozen):
    """The user's memory settings, and the longest row."""

    longest_row: int
    """Tokens of the longest row. A row is never split."""
    pack_tokens: int
    """`train.pack_tokens`; 0 chooses automatically."""
    gradient_checkpointing: str
    """`auto`, `on` or `off`."""


def plan_memory(header: Header, recipe: Recipe, request: MemoryRequest, machine: Machine) -> MemoryPlan:
    """The fastest plan that fits the free memory: many tokens at once, without gradient checkpointing if possible.

    Raises `MissingError` if no plan fits, with the numbers and the cheapest change that would fit, and `InputError`
    if the framework does not support `quantize_base`.
    """
    if recipe.quantize_base not in machine.weight_bytes:
        raise InputError(
            f'train.quantize_base = "{recipe.quantize_base}" is not supported on {machine.name}',
            hint=f"choose one of {', '.join(machine.weight_bytes)}, or another train.backend",
        )
    decoder = read_decoder(header)
    for plan in _iter_plans(header, decoder, recipe, request, machine):
        if plan.fits:
            return plan
    free = machine.free or 0
    raise MissingError(
        f"training needs {plan.describe()}, but may use at most {MAX_SHARE * free / 1e9:.2f} GB of the "
        f"{free / 1e9:.2f} GB that are free on {machine.name}",
        hint=_cheapest_change(header, decoder, recipe, request, machine),
    )


def _iter_plans(
    header: Header, decoder: Decoder, recipe: Recipe, request: MemoryRequest, machine: Machine
) -> Iterator[MemoryPlan]:
    """Plans, the fastest first; the last one needs the minimum of memory."""
    longest = machine.padded_length(request.longest_row)
    min_tokens = max(longest, _MIN_PACK_TOKENS)
    # No batch has more tokens than batch_size rows of the longest length.
    max_tokens = max(min(request.pack_tokens or machine.pack_tokens, recipe.batch_size * longest), longest)
    for checkpointing in {"auto": (False, True), "on": (True,), "off": (False,)}[request.gradient_checkpointing]:
        tokens = max_tokens
        while True:
            yield _estimate(header, decoder, recipe, machine, tokens, checkpointing)
            if tokens <= min_tokens or request.pack_tokens:
                break
            tokens = max(min_tokens, tokens // 2)


def _estimate(
    header: Header, decoder: Decoder, recipe: Recipe, machine: Machine, tokens: int, checkpointing: bool
) -> MemoryPlan:
    size = machine.value_bytes
    blocks = sum(layer.out_features * layer.in_features for layer in linear_layers(header))
    outer = decoder.vocab_size * decoder.width * (1 if decoder.tied else 2)
    layers = target_layers(header, recipe.target_layers)
    trained = sum(recipe.rank * (layer.out_features + layer.in_features) for layer in layers)
    kept, working = values_per_token(decoder, recipe.rank, machine)
    per_token = decoder.blocks * (decoder.width if checkpointing else kept) + working + (kept if checkpointing else 0)
    return MemoryPlan(
        machine=machine.name,
        weights=int(blocks * machine.weight_bytes[recipe.quantize_base] + _expert_bytes(decoder, recipe, machine))
        + outer * size,
        # One copy in float32, and one scaled copy in the data type of the matrix product.
        adapter=trained * (4 + size),
        optimizer=trained * _OPTIMIZER_BYTES,
        activations=int(tokens * per_token * size * machine.activation_overhead),
        head=min(tokens, machine.head_positions) * decoder.vocab_size * (size + 4 * _HEAD_COPIES),
        framework=machine.framework_bytes,
        free=machine.free,
        pack_tokens=tokens,
        gradient_checkpointing=checkpointing,
    )


def _expert_bytes(decoder: Decoder, recipe: Recipe, machine: Machine) -> float:
    """Bytes of the experts and routers of all blocks, and of one expert that is ready for use, with its copies."""
    experts = decoder.experts
    if experts is None:
        return 0.0
    one = 3 * experts.hidden * decoder.width
    stored = (machine.expert_bytes or machine.weight_bytes)[recipe.quantize_base]
    routers = decoder.blocks * experts.count * decoder.width * 4
    return decoder.blocks * experts.count * one * stored + routers + 2 * one * 4


def values_per_token(decoder: Decoder, rank: int, machine: Machine) -> tuple[int, int]:
    """Activations per token and block: number kept for the backward pass, and number needed while it computes.

    Kept are the inputs of the groups of linear layers with their low-rank part; the queries, keys, values and result of
    the attention, and queries, keys and values before norms of their own; the two sums of the residual stream, or the
    results that a norm gets before they are added to it. Of a mixture of experts: its input before and after the norm,
    and what each expert computes if that is kept.
    """
    queries, keys = decoder.heads * decoder.head_size, decoder.key_heads * decoder.head_size
    norms, experts = decoder.family.norms, decoder.experts
    kept = (2 + len(norms)) * decoder.width + 3 * queries + 2 * keys
    if decoder.family.query_norms != "none":
        kept += queries + 2 * keys
    if experts is None:
        return kept + 3 * decoder.hidden + 7 * rank, 6 * decoder.hidden + 4 * decoder.width
    computed = experts.used * (3 * experts.hidden + 2 * decoder.width) if machine.keeps_expert_activations else 0
    return kept + computed + 4 * rank + 2 * experts.count, 6 * experts.hidden + 6 * decoder.width


def _cheapest_change(header: Header, decoder: Decoder, recipe: Recipe, request: MemoryRequest, machine: Machine) -> str:
    """The first change that makes the training fit. Changes that do not affect the result come first."""
    automatic = replace(request, pack_tokens=0, gradient_checkpointing="auto")
    half = replace(automatic, longest_row=request.longest_row // 2)
    lower_rank = max(1, recipe.rank // 4)
    changes = [('set train.pack_tokens = 0 and train.gradient_checkpointing = "auto"', recipe, automatic)]
    changes += [
        (f'set train.quantize_base = "{form}"', replace(recipe, quantize_base=form), automatic)
        for form in machine.weight_bytes
    ]
    changes += [
        (f"set dataset.max_tokens = {half.longest_row}", recipe, half),
        (f"set train.rank = {lower_rank}", replace(recipe, rank=lower_rank), automatic),
    ]
    for advice, new_recipe, new_request in changes:
        if any(plan.fits for plan in _iter_plans(header, decoder, new_recipe, new_request, machine)):
            return f"{advice} in orca.toml"
    return "choose a smaller student: `orca-local models list`"


def suggest_savings(plan: MemoryPlan, request: MemoryRequest, recipe: Recipe, machine: Machine) -> str:
    """The hint after a step ran out of memory. Changes that only cost time, and allow resuming, come first."""
    changes = []
    longest = machine.padded_length(request.longest_row)
    if plan.pack_tokens > longest:
        changes.append(f"train.pack_tokens = {max(longest, plan.pack_tokens // 2)} (it was {plan.pack_tokens})")
    if not plan.gradient_checkpointing:
        changes.append('train.gradient_checkpointing = "on"')
    advice = [f"set {', then '.join(changes)} in orca.toml and run the same command: it resumes"] if changes else []
    sizes = machine.weight_bytes
    smaller = [form for form in sizes if sizes[form] < sizes[recipe.quantize_base]]
    if smaller:
        advice.append(f'train.quantize_base = "{smaller[0]}" needs less memory, but starts a new training')
    return "; ".join(advice) or "lower dataset.max_tokens or train.rank, or choose a smaller student"
