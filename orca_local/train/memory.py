"""What a training takes of memory, counted before it starts from the shapes of the model and the recipe.

The count is of what is alive at once, in bytes; `scripts/bench_train.py` and the summary of every training set it
beside what was measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from orca_local.domain.errors import InputError, MissingError
from orca_local.gguf.decoder import Decoder, read_decoder
from orca_local.gguf.header import Header
from orca_local.gguf.layer_names import linear_layers
from orca_local.train.recipe import Recipe
from orca_local.train.state import target_layers

SHARE = 0.85
"""Of the free memory, how much a training may plan with: allocators round, and the rest of the machine lives too."""
_LEAST_PACK = 256
_OPTIMIZER = 3 * 4
"""Bytes for a trained number beside itself, in float32: its gradient and AdamW's two moments."""
_HEAD_COPIES = 2
"""Logits, and their logarithms or gradient, in float32."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a training computes."""

    name: str
    """Such as `cuda bfloat16`."""
    number_bytes: int
    """Of an activation, and of a weight that is not quantized."""
    free: int | None
    """Bytes that can be taken; None where the system does not say."""
    pack_tokens: int
    """Tokens that are computed together well."""
    head_positions: int
    """Positions whose logits are in memory at once."""
    weight_bytes: Mapping[str, float]
    """Bytes of a frozen weight of the blocks, for each `quantize_base` that this backend honours."""
    kept_share: float = 1.0
    """How many times as much of a token this framework keeps as is counted here."""
    padded_length: Callable[[int], int] = int
    """How many places a row of so many tokens takes."""
    notes: tuple[str, ...] = ()
    """What the user should know before it starts."""


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """What is alive at the worst moment of a step, in bytes."""

    machine: str
    weights: int
    """Frozen: blocks, embedding and head."""
    adapter: int
    optimizer: int
    """Gradients and moments."""
    activations: int
    """Of `pack_tokens` tokens, and of the block that is being computed."""
    head: int
    """Predictions of the positions that are compared at once."""
    free: int | None
    pack_tokens: int
    gradient_checkpointing: bool

    @property
    def total(self) -> int:
        """The sum of the parts."""
        return self.weights + self.adapter + self.optimizer + self.activations + self.head

    @property
    def fits(self) -> bool:
        """Whether the total is within the share of the free memory."""
        return self.free is None or self.total <= SHARE * self.free

    def describe(self) -> str:
        """The parts in gigabytes, for people."""
        parts = ("weights", "adapter", "optimizer", "activations", "head")
        listed = ", ".join(f"{name} {getattr(self, name) / 1e9:.2f}" for name in parts)
        return f"{self.total / 1e9:.2f} GB ({listed}) with {self.pack_tokens:,} tokens at once"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user set, and what the rows ask for."""

    longest_row: int
    """Tokens of the longest row: no fewer can be computed together."""
    pack_tokens: int
    """0: what fits well."""
    gradient_checkpointing: str
    """`auto`, `on` or `off`."""


def plan_memory(header: Header, recipe: Recipe, wish: Wish, machine: Machine) -> MemoryPlan:
    """The fastest way to compute that fits: many tokens at once, activations kept.

    Raises `MissingError` with the numbers, and the cheapest change that would fit, where none does, and
    `InputError` for a form of the weights that the backend does not have.
    """
    if recipe.quantize_base not in machine.weight_bytes:
        raise InputError(
            f'train.quantize_base = "{recipe.quantize_base}" cannot be honoured on {machine.name}',
            hint=f"choose one of {', '.join(machine.weight_bytes)}, or another train.backend",
        )
    decoder = read_decoder(header)
    for plan in _ways(header, decoder, recipe, wish, machine):
        if plan.fits:
            return plan
    free = machine.free or 0
    raise MissingError(
        f"training would take {plan.describe()}; of {free / 1e9:.2f} GB that are free on {machine.name} it may take "
        f"{SHARE * free / 1e9:.2f}",
        hint=_cheapest_change(header, decoder, recipe, wish, machine),
    )


def _ways(header: Header, decoder: Decoder, recipe: Recipe, wish: Wish, machine: Machine) -> Iterator[MemoryPlan]:
    """Plans from the fastest to the leanest."""
    longest = machine.padded_length(wish.longest_row)
    least = max(longest, _LEAST_PACK)
    # No batch has more tokens than so many of the longest row.
    most = max(min(wish.pack_tokens or machine.pack_tokens, recipe.batch_size * longest), longest)
    for checkpointed in {"auto": (False, True), "on": (True,), "off": (False,)}[wish.gradient_checkpointing]:
        tokens = most
        while True:
            yield _count(header, decoder, recipe, machine, tokens, checkpointed)
            if tokens <= least or wish.pack_tokens:
                break
            tokens = max(least, tokens // 2)


def _count(
    header: Header, decoder: Decoder, recipe: Recipe, machine: Machine, tokens: int, checkpointed: bool
) -> MemoryPlan:
    size = machine.number_bytes
    blocks = sum(layer.out_features * layer.in_features for layer in linear_layers(header))
    outer = decoder.vocab_size * decoder.width * (1 if decoder.tied else 2)
    layers = target_layers(header, recipe.target_layers)
    trained = sum(recipe.rank * (layer.out_features + layer.in_features) for layer in layers)
    kept, working = _token_numbers(decoder, recipe.rank)
    per_token = decoder.blocks * (decoder.width if checkpointed else kept) + working + (kept if checkpointed else 0)
    return MemoryPlan(
        machine=machine.name,
        weights=int(blocks * machine.weight_bytes[recipe.quantize_base]) + outer * size,
        # In float32, and scaled for the product.
        adapter=trained * (4 + size),
        optimizer=trained * _OPTIMIZER,
        activations=int(tokens * per_token * size * machine.kept_share),
        head=min(tokens, machine.head_positions) * decoder.vocab_size * (size + 4 * _HEAD_COPIES),
        free=machine.free,
        pack_tokens=tokens,
        gradient_checkpointing=checkpointed,
    )


def _token_numbers(decoder: Decoder, rank: int) -> tuple[int, int]:
    """Numbers a token that a block keeps for its gradients, and that it needs while it computes them.

    Kept are the inputs of the four groups of layers, with the update's low-rank part; queries, keys, values and
    result of the attention; and the two sums that the residual stream takes.
    """
    queries, keys = decoder.heads * decoder.head_size, decoder.key_heads * decoder.head_size
    kept = 4 * decoder.width + 3 * queries + 2 * keys + 3 * decoder.hidden + 7 * rank
    if decoder.architecture == "gemma3":
        kept += 2 * decoder.width  # what its second norms read
    return kept, 6 * decoder.hidden + 4 * decoder.width


def _cheapest_change(header: Header, decoder: Decoder, recipe: Recipe, wish: Wish, machine: Machine) -> str:
    """The first change that would make it fit, from those that cost nothing to those that cost the result something."""
    leaner = replace(wish, pack_tokens=0, gradient_checkpointing="auto")
    half = replace(leaner, longest_row=wish.longest_row // 2)
    changes = [('set train.pack_tokens = 0 and train.gradient_checkpointing = "auto"', recipe, leaner)]
    changes += [
        (f'set train.quantize_base = "{form}"', replace(recipe, quantize_base=form), leaner)
        for form in machine.weight_bytes
    ]
    changes += [
        (f"set dataset.max_tokens = {half.longest_row}", recipe, half),
        (f"set train.rank = {max(1, recipe.rank // 4)}", replace(recipe, rank=max(1, recipe.rank // 4)), leaner),
    ]
    for advice, changed, wanted in changes:
        if any(plan.fits for plan in _ways(header, decoder, changed, wanted, machine)):
            return f"{advice} in orca.toml"
    return "choose a smaller student: `orca-local models list`"


def leaner(plan: MemoryPlan, wish: Wish, recipe: Recipe, machine: Machine) -> str:
    """What to change after a step that took more than was planned: first what costs time alone, and can be resumed."""
    changes = []
    longest = machine.padded_length(wish.longest_row)
    if plan.pack_tokens > longest:
        changes.append(f"train.pack_tokens = {max(longest, plan.pack_tokens // 2)} (it was {plan.pack_tokens})")
    if not plan.gradient_checkpointing:
        changes.append('train.gradient_checkpointing = "on"')
    advice = [f"set {', then '.join(changes)} in orca.toml: the same command goes on"] if changes else []
    held = machine.weight_bytes
    smaller = [form for form in held if held[form] < held[recipe.quantize_base]]
    if smaller:
        advice.append(f'train.quantize_base = "{smaller[0]}" takes less, and begins anew')
    return "; ".join(advice) or "lower dataset.max_tokens or train.rank, or choose a smaller student"
