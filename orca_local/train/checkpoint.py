"""Checkpoints on disk: whole or not there, the newest ones kept, and a damaged one is known for what it is.

A training's directory holds `step-000120` for a checkpoint and `best-000100` for the adapter of the best
validation before it. A checkpoint's `state.json` has the hash of every file that going on from it needs.
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
from orca_local.domain.errors import InputError, OrcaError, explain_os_error
from orca_local.domain.keys import content_key
from orca_local.system.digest import file_sha256
from orca_local.system.files import whole_directory
from orca_local.train.state import TrainState

STATE_FILE = "state.json"
KEPT = 2
"""Checkpoints: where the newest is damaged, the one before it is taken."""
_STEP, _BEST = "step", "best"


@dataclass
class LoopState:
    """Where a training stands."""

    step: int = 0
    losses: list[float] = field(default_factory=list)
    """Training loss of every step."""
    validated_step: int = 0
    """Of the latest validation."""
    validation_loss: float | None = None
    best_step: int = 0
    best_loss: float | None = None
    """None where nothing was validated: then the latest adapter is the best."""


@dataclass(frozen=True)
class Checkpoint:
    """A whole one."""

    path: Path
    loop: LoopState
    state: TrainState


@dataclass(frozen=True)
class Found:
    """What is in a directory to go on from."""

    newest: Checkpoint | None
    damaged: list[str]
    """What is wrong with each newer one."""


class Checkpoints:
    """The checkpoints of one training."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._kept: dict[int, int] = {}
        """Step of each whole checkpoint that is kept, and of the best adapter that goes with it."""
        self._best_files: dict[str, str] = {}

    def find(self) -> Found:
        """Read the newest whole checkpoint, and clear what a death left half written."""
        for part in self._directory.glob("*.part"):
            shutil.rmtree(part, ignore_errors=True)
        damaged = []
        for step in sorted(_steps(self._directory, _STEP), reverse=True):
            path = self._place(_STEP, step)
            try:
                loop, files = _read_state(path)
                _check_files(self._directory, files)
                found = Checkpoint(path, loop, TrainState.load(path))
            except InputError as error:
                damaged.append(error.message)
                continue
            best = self._place(_BEST, loop.best_step).name + "/"
            self._best_files = {name: sha256 for name, sha256 in files.items() if name.startswith(best)}
            self._kept = {step: loop.best_step}
            return Found(found, damaged)
        return Found(None, damaged)

    def save(self, loop: LoopState, state: TrainState) -> Path:
        """Write a checkpoint, then remove those that are no longer needed; returns where it is."""
        path = self._place(_STEP, loop.step)

        def write(part: Path) -> None:
            state.save(part)
            _write_state(part, loop, _hashes(part, path.name) | self._best_files)

        replace_directory(path, write)
        self._kept[loop.step] = loop.best_step
        self._kept = {step: self._kept[step] for step in sorted(self._kept)[-KEPT:]}
        self._remove_others(loop.best_step)
        return path

    def save_best(self, step: int, adapter: Adapter) -> None:
        """Write the adapter that is the best so far. It counts from the next checkpoint on."""
        path = self._place(_BEST, step)
        replace_directory(path, adapter.save)
        self._best_files = _hashes(path, path.name)
        self._remove_others(step)

    def _remove_others(self, best_step: int) -> None:
        for kind, kept in ((_STEP, set(self._kept)), (_BEST, {best_step, *self._kept.values()})):
            for step in _steps(self._directory, kind) - kept:
                shutil.rmtree(self._place(kind, step), ignore_errors=True)

    def _place(self, kind: str, step: int) -> Path:
        return self._directory / f"{kind}-{step:06d}"


def last_step(directory: Path) -> int:
    """The step of the newest checkpoint, whole or not; 0 where there is none."""
    return max(_steps(directory, _STEP), default=0)


def result_of(directory: Path) -> tuple[LoopState, Path]:
    """Where the training in `directory` stands, and the directory of its best adapter.

    Raises `InputError` where there is no checkpoint.
    """
    newest = directory / f"{_STEP}-{last_step(directory):06d}"
    loop, _ = _read_state(newest)
    return loop, newest if loop.best_loss is None else directory / f"{_BEST}-{loop.best_step:06d}"


def replace_directory(path: Path, write: Callable[[Path], None]) -> None:
    """Fill a directory beside `path`, wait for the disk, and put it in place of `path`.

    Raises `MissingError` for a full disk and `InputError` for a place that cannot be written.
    """
    try:
        with whole_directory(path) as part:
            write(part)
    except BaseException as error:
        explained = _explained(error, path)
        if explained is None:
            raise
        raise explained from error


def _steps(directory: Path, kind: str) -> set[int]:
    found = (re.fullmatch(rf"{kind}-(\d+)", path.name) for path in directory.glob(f"{kind}-*"))
    return {int(match[1]) for match in found if match}


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
        said = content.pop("sha256")
        if content_key(content) != said:
            raise ValueError("it is not what was written")
        return LoopState(**content["loop"]), content["files"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(file, error) from error


def _check_files(directory: Path, files: dict[str, str]) -> None:
    for name, sha256 in files.items():
        path = directory / name
        try:
            if file_sha256(path) != sha256:
                raise ValueError("it is not what was written")
        except (OSError, ValueError) as error:
            raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> InputError:
    why = error.strerror if isinstance(error, OSError) else error
    return InputError(f"{path} cannot be used: {why}", hint="train again")


def _explained(error: BaseException, path: Path) -> OrcaError | None:
    """What a failed write means to the user; safetensors raises errors of its own."""
    found = re.search(r"\(os error (\d+)\)", str(error))
    if found:
        error = OSError(int(found[1]), os.strerror(int(found[1])))
    return explain_os_error(error, path) if isinstance(error, OSError) else None
