"""Checkpoints on disk. A checkpoint is either complete or absent, and a damaged one is detected.

A training's directory holds `step-000120`, a checkpoint, and `best-000100`, the adapter with the lowest validation
loss up to that checkpoint. A checkpoint's `state.json` has the hash of every file that resuming needs.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from orca_local.adapters.adapter import Adapter
from orca_local.domain.errors import InputError, explain_os_error
from orca_local.domain.frozen import Frozen
from orca_local.domain.keys import content_key
from orca_local.system.digest import file_sha256
from orca_local.system.files import whole_directory
from orca_local.train.state import TrainState

STATE_FILE = "state.json"
KEPT = 2
"""Number of checkpoints kept. If the newest is damaged, the one before it is used."""
_STEP, _BEST = "step", "best"


@dataclass
class LoopState:
    """Progress of a training."""

    step: int = 0
    """Number of steps finished."""
    losses: list[float] = field(default_factory=list)
    """Training loss of each step, in nats."""
    validated_step: int = 0
    """Step of the latest validation."""
    validation_loss: float | None = None
    """Loss of the latest validation, in nats."""
    best_step: int = 0
    """Step of the lowest validation loss."""
    best_loss: float | None = None
    """Lowest validation loss, in nats. None without validation rows: the latest adapter is then the best."""


class Checkpoint(Frozen):
    """A complete checkpoint."""

    path: Path
    loop: LoopState
    state: TrainState


class CheckpointScan(Frozen):
    """The checkpoints in a directory."""

    newest: Checkpoint | None
    """The newest complete checkpoint."""
    damaged: list[str]
    """For each newer one, what is wrong with it."""


class Checkpoints:
    """The checkpoints of one training."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._kept: dict[int, int] = {}
        """Step of each checkpoint that is kept → step of the best adapter that belongs to it."""
        self._best_files: dict[str, str] = {}
        """Files of the best adapter → their SHA-256."""

    def scan(self) -> CheckpointScan:
        """Read the newest complete checkpoint, and remove the partial files of a killed process."""
        for part in self._directory.glob("*.part"):
            shutil.rmtree(part, ignore_errors=True)
        damaged = []
        for step in sorted(_steps(self._directory, _STEP), reverse=True):
            path = self._path(_STEP, step)
            try:
                loop, files = _read_state(path)
                _check_files(self._directory, files)
                checkpoint = Checkpoint(path, loop, TrainState.load(path))
            except InputError as error:
                damaged.append(error.message)
                continue
            best = self._path(_BEST, loop.best_step).name + "/"
            self._best_files = {name: sha256 for name, sha256 in files.items() if name.startswith(best)}
            self._kept = {step: loop.best_step}
            return CheckpointScan(checkpoint, damaged)
        return CheckpointScan(None, damaged)

    def save(self, loop: LoopState, state: TrainState) -> Path:
        """Write a checkpoint, remove those that are no longer needed, and return its path."""
        path = self._path(_STEP, loop.step)

        def write(part: Path) -> None:
            state.save(part)
            _write_state(part, loop, _hashes(part, path.name) | self._best_files)

        replace_directory(path, write)
        self._kept[loop.step] = loop.best_step
        self._kept = {step: self._kept[step] for step in sorted(self._kept)[-KEPT:]}
        self._remove_others(loop.best_step)
        return path

    def save_best(self, step: int, adapter: Adapter) -> None:
        """Write the best adapter so far. The next checkpoint will refer to it."""
        path = self._path(_BEST, step)
        replace_directory(path, adapter.save)
        self._best_files = _hashes(path, path.name)
        self._remove_others(step)

    def _remove_others(self, best_step: int) -> None:
        for kind, kept in ((_STEP, set(self._kept)), (_BEST, {best_step, *self._kept.values()})):
            for step in _steps(self._directory, kind) - kept:
                shutil.rmtree(self._path(kind, step), ignore_errors=True)

    def _path(self, kind: str, step: int) -> Path:
        return self._directory / f"{kind}-{step:06d}"


def last_step(directory: Path) -> int:
    """Step of the newest checkpoint, complete or not; 0 if there is none."""
    return max(_steps(directory, _STEP), default=0)


def load_result(directory: Path) -> tuple[LoopState, Path]:
    """Progress of the training in `directory`, and the directory of its best adapter.

    Raises `InputError` if there is no checkpoint.
    """
    newest = directory / f"{_STEP}-{last_step(directory):06d}"
    loop, _ = _read_state(newest)
    return loop, newest if loop.best_loss is None else directory / f"{_BEST}-{loop.best_step:06d}"


def replace_directory(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary directory, sync it to disk, and rename it to `path`.

    Raises `MissingError` if the disk is full and `InputError` if `path` cannot be written.
    """
    try:
        with whole_directory(path) as part:
            write(part)
    except BaseException as error:
        match = re.search(r"\(os error (\d+)\)", str(error))  # safetensors wraps the system's errors in its own
        cause = OSError(int(match[1]), os.strerror(int(match[1]))) if match else error
        explained = explain_os_error(cause, path) if isinstance(cause, OSError) else None
        if explained is None:
            raise
        raise explained from error


def _steps(directory: Path, kind: str) -> set[int]:
    matches = (re.fullmatch(rf"{kind}-(\d+)", path.name) for path in directory.glob(f"{kind}-*"))
    return {int(match[1]) for match in matches if match}


def _hashes(directory: Path, name: str) -> dict[str, str]:
    return {f"{name}/{file.name}": file_sha256(file) for file in directory.iterdir()}


def _write_state(directory: Path, loop: LoopState, files: dict[str, str]) -> None:
    content = {"loop": asdict(loop), "files": files}
    text = json.dumps({**content, "sha256": content_key(content)})
    (directory / STATE_FILE).write_text(text, encoding="utf-8")


def _read_state(path: Path) -> tuple[LoopState, dict[str, str]]:
    file = path / STATE_FILE
    try:
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        if content.pop("sha256") != content_key(content):
            raise ValueError("its hash is wrong")
        return LoopState(**content["loop"]), content["files"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(file, error) from error


def _check_files(directory: Path, files: dict[str, str]) -> None:
    for name, sha256 in files.items():
        path = directory / name
        try:
            if file_sha256(path) != sha256:
                raise ValueError("its hash is wrong")
        except (OSError, ValueError) as error:
            raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> InputError:
    reason = error.strerror if isinstance(error, OSError) else error
    return InputError(f"cannot use {path}: {reason}", hint="train again")
