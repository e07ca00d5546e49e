"""What the trained model itself would say: float32 logits of weights plus adapter, for the export's test.

The weights come from the file block by block, and the head in pieces, so that a model larger than the memory can
be asked too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from orca_local.train.batches import Batch
from orca_local.train.torch.attention import Layout, make_layout
from orca_local.train.torch.model import Block, Weights, flatten_batch, normed, rotary_turns

Row = tuple[Sequence[int], Sequence[int]]
"""Token ids, and the positions (ascending) whose predictions are wanted."""

_CPU = torch.device("cpu")
_TOKENS = 512
"""Whose activations are in memory at once; a longer row is computed whole."""
_POSITIONS = 128
"""Whose logits are in memory at once; those of one row are computed together."""
_GIVEN_BACK = 2
"""After how many blocks, and after the last, their memory is returned, which takes as long as reading half of one."""
_EMBEDDING, _HEAD = "token_embd.weight", "output.weight"


def reference_logits(
    header: Header, adapter_directory: Path | None, rows: Sequence[Row]
) -> Iterator[NDArray[np.float32]]:
    """For each row: logits of shape [positions, vocabulary]."""
    if not rows:
        return
    with torch.no_grad():
        waiting: list[torch.Tensor] = []
        for states in _hidden_states(header, adapter_directory, rows):
            if waiting and sum(map(len, waiting)) + len(states) > _POSITIONS:
                yield from _logits(header, waiting)
                waiting = []
            waiting.append(states)
        yield from _logits(header, waiting)


@dataclass
class _Part:
    """Rows that are computed together."""

    states: torch.Tensor
    layout: Layout
    at: torch.Tensor


def _hidden_states(header: Header, adapter_directory: Path | None, rows: Sequence[Row]) -> Sequence[torch.Tensor]:
    """For each row: what the head reads, of shape [positions, width]."""
    decoder = read_decoder(header)
    weights = Weights(header, torch.float32, _CPU)
    parts = _parts(header, decoder, rows)
    for number in range(decoder.blocks):
        block = _block(weights, decoder, number, adapter_directory)
        for part in parts:
            part.states = block(part.states, part.layout, part.at if number == decoder.blocks - 1 else None)
        del block  # before the next is read, into the same memory
        if (decoder.blocks - 1 - number) % _GIVEN_BACK == 0:
            return_freed_memory()
    norm = weights.last_norm(decoder)
    hidden = torch.cat([normed(part.states, norm) for part in parts])
    found: Sequence[torch.Tensor] = hidden.split([len(positions) for _, positions in rows])
    return found


def _block(weights: Weights, decoder: Decoder, number: int, adapter_directory: Path | None) -> Block:
    """A block with its update."""
    block = weights.block(decoder, number)
    if adapter_directory:
        adapter = Adapter.load(adapter_directory, within=f"model.layers.{number}.")
        for group in block.groups():
            group.add_update(adapter)
    return block


def _parts(header: Header, decoder: Decoder, rows: Sequence[Row]) -> list[_Part]:
    turns = rotary_turns(decoder, _CPU)
    parts = []
    for batch in _batch(rows).parts(_TOKENS):
        flat = flatten_batch(batch, batch.shared_prefix, _CPU)
        embedded = read_rows_at(header, header.tensor_map[_EMBEDDING], flat.ids.numpy())
        states = torch.from_numpy(embedded) * decoder.embedding_scale
        parts.append(_Part(states, make_layout(batch.shared_prefix, batch.lengths, turns, torch.float32), flat.at))
    return parts


def _batch(rows: Sequence[Row]) -> Batch:
    """The rows with the wanted positions as targets, of which there is nothing to compare with."""
    lengths = np.array([len(ids) for ids, _ in rows], dtype=np.int64)
    token_ids = np.zeros((len(rows), lengths.max()), dtype=np.int64)
    for i, (ids, _) in enumerate(rows):
        token_ids[i, : len(ids)] = ids
    row_index = np.repeat(np.arange(len(rows)), [len(positions) for _, positions in rows])
    position = np.concatenate([np.asarray(positions, dtype=np.int64) for _, positions in rows])
    return Batch(token_ids, row_index, position, np.zeros_like(position), lengths)


def _logits(header: Header, states: Sequence[torch.Tensor]) -> Iterator[NDArray[np.float32]]:
    """For each of `states`: its product with the output head."""
    head = header.tensor_map[_EMBEDDING if header.tied else _HEAD]
    together = torch.cat(list(states))
    logits = torch.empty(len(together), head.shape[0])
    at = 0
    for values in iter_rows(header, head):
        torch.mm(together, torch.from_numpy(values).t(), out=logits[:, at : at + len(values)])
        at += len(values)
    yield from (part.numpy() for part in logits.split([len(part) for part in states]))
