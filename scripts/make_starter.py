"""Write the starter data: tasks.jsonl and answers.jsonl, with the same bytes on every run.

    python scripts/make_starter.py [DIRECTORY]

This program is the teacher of the starter: it writes a worked answer to every training sample under each of the seven
built-in strategies.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent))

from starter_tasks import arithmetic, comparing, language
from starter_tasks.item import Item, StarterTask

DIRECTORY = Path(__file__).resolve().parents[1] / "orca_local" / "starter" / "data"
TASKS: tuple[StarterTask, ...] = (*arithmetic.TASKS, *comparing.TASKS, *language.TASKS)
SPLITS = (("probe", 24, 0), ("train", 48, 0), ("holdout", 30, 10))
"""Split, its number of samples with the prompts and values of training, its number of unseen samples."""
SEED = "orca-local starter 1"


def iter_items(task: StarterTask) -> Iterator[tuple[str, bool, Item]]:
    """Yield (split, is_unseen, item). No two items have the same core or the same prompt."""
    rng = Random(f"{SEED} {task.name}")
    drawn: set[str] = set()
    for split, seen, unseen in SPLITS:
        for is_unseen in [False] * seen + [True] * unseen:
            item = task.draw(rng, is_unseen)
            while item.core in drawn or item.prompt in drawn:
                item = task.draw(rng, is_unseen)
            drawn |= {item.core, item.prompt}
            yield split, is_unseen, item


def make_lines() -> tuple[list[str], list[str]]:
    """Return the lines of tasks.jsonl and of answers.jsonl."""
    samples, answers = [], []
    for task in TASKS:
        for number, (split, unseen, item) in enumerate(iter_items(task), 1):
            sample_id = f"starter-{task.name}-{number:03}"
            sample = {
                "id": sample_id,
                "task": task.name,
                "kind": task.kind,
                "split": split,
                "prompt": item.prompt,
                "answer": item.answers[0] if len(item.answers) == 1 else list(item.answers),
            }
            if task.labels:
                sample["labels"] = list(task.labels)
            if unseen:
                sample["metadata"] = {"unseen": True}
            samples.append(json.dumps(sample, ensure_ascii=False))
            if split == "train":
                for strategy, lines in item.reasoning.items():
                    text = f"{lines}\nAnswer: {item.answers[0]}".lstrip()
                    answers.append(json.dumps({"sample_id": sample_id, "strategy": strategy, "text": text}))
    return samples, answers


def main() -> None:
    """Write both files into the directory named on the command line, or into the package."""
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else DIRECTORY
    directory.mkdir(parents=True, exist_ok=True)
    for name, lines in zip(("tasks.jsonl", "answers.jsonl"), make_lines(), strict=True):
        path = directory / name
        path.write_bytes(("\n".join(lines) + "\n").encode())
        print(f"{path}: {len(lines)} lines, {path.stat().st_size} bytes")  # noqa: T201


if __name__ == "__main__":
    main()
