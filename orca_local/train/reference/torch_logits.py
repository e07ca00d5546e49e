"""The trained model's own logits, computed in PyTorch: float32 logits of weights plus adapter, for the export's test.

The weights are read from the file block by block, and the output head in pieces. So the model may be larger than the
memory.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from orca_local.adapters.adapter import Adapter
from orca_local.gguf.decoder import Decoder, read_decoder
from orca_local.gguf.header import Header
from orca_local.gguf.tensors import iter_rows, read_rows_at
from orca_local.system.memory import return_freed_memory
from orca_local.train.batches import batch_of
from orca_local.train.reference.choose import Row
from orca_local.train.torch.attention import Layout, make_layout
from orca_local.train.torch.model import Block, WeightReader, apply_norm, flatten_batch, rotary_frequencies

"""Token ids, and the positions (ascending) whose predictions are needed."""

_CPU = torch.device("cpu")
_MAX_TOKENS = 512
"""Maximum number of tokens computed together; a longer row is computed whole."""
_MAX_POSITIONS = 128
"""Maximum number of positions whose logits are computed together; those of one row are never split."""
_TRIM_EVERY = 2
"""Number of blocks after which freed memory is returned. That takes as long as reading half a block."""
_EMBEDDING, _HEAD = "token_embd.weight", "output.weight"


def reference_logits(
    header: Header, adapter_directory: Path | None, rows: Sequence[Row]
) -> Generator[NDArray[np.float32], None, None]:
    """For each row: float32 logits of shape [positions, vocabulary]."""
    if not rows:
        return
    with torch.no_grad():
        pending: list[torch.Tensor] = []
        for states in _hidden_states(header, adapter_directory, rows):
            if pending and sum(map(len, pending)) + len(states) > _MAX_POSITIONS:
                yield from _logits(header, pending)
                pending = []
            pending.append(states)
        yield from _logits(header, pending)


@dataclass
class _Part:
    """Rows that are computed together."""

    states: torch.Tensor
    """Shape [tokens, width], float32."""
    layout: Layout
    target_index: torch.Tensor
    """Shape [positions]: the tokens whose predictions are needed."""


def _hidden_states(header: Header, adapter_directory: Path | None, rows: Sequence[Row]) -> Sequence[torch.Tensor]:
    """For each row: the input of the output head, of shape [positions, width]."""
    decoder = read_decoder(header)
    weights = WeightReader(header, torch.float32, _CPU)
    parts = _make_parts(header, decoder, rows)
    for number in range(decoder.blocks):
        block = _read_block(weights, decoder, number, adapter_directory)
        is_last = number == decoder.blocks - 1
        for part in parts:
            part.states = block(part.states, part.layout, part.target_index if is_last else None)
        del block  # before the next one is read into the same memory
        if (decoder.blocks - 1 - number) % _TRIM_EVERY == 0:
            return_freed_memory()
    norm = weights.read_final_norm(decoder)
    hidden = torch.cat([apply_norm(part.states, norm) for part in parts])
    by_row: Sequence[torch.Tensor] = hidden.split([len(positions) for _, positions in rows])
    return by_row


def _read_block(weights: WeightReader, decoder: Decoder, number: int, adapter_directory: Path | None) -> Block:
    """A block with its part of the adapter."""
    block = weights.read_block(decoder, number)
    if adapter_directory:
        adapter = Adapter.load(adapter_directory, within=f"model.layers.{number}.")
        for group in block.groups():
            group.add_update(adapter)
    return block


def _make_parts(header: Header, decoder: Decoder, rows: Sequence[Row]) -> list[_Part]:
    rotary = rotary_frequencies(decoder, _CPU)
    parts = []
    batch = batch_of([ids for ids, _ in rows], [positions for _, positions in rows])
    for part in batch.split_by_tokens(_MAX_TOKENS):
        flat = flatten_batch(part, part.shared_prefix, _CPU)
        embedded = read_rows_at(header, header.tensor_map[_EMBEDDING], flat.ids.numpy())
        states = torch.from_numpy(embedded) * decoder.scales.embedding
        layout = make_layout(part.shared_prefix, part.lengths, rotary, torch.float32)
        parts.append(_Part(states, layout, flat.target_index))
    return parts


def _logits(header: Header, states: Sequence[torch.Tensor]) -> Iterator[NDArray[np.float32]]:
    """For each of `states`: its product with the output head."""
    head = header.tensor_map[_EMBEDDING if header.tied else _HEAD]
    joined = torch.cat(list(states))
    logits = torch.empty(len(joined), head.shape[0])
    column = 0
    for values in iter_rows(header, head):
        torch.mm(joined, torch.from_numpy(values).t(), out=logits[:, column : column + len(values)])
        column += len(values)
    yield from (part.numpy() for part in logits.split([len(part) for part in states]))
