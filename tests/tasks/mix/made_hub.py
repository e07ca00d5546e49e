"""A hub with small copies of the layouts of every repository that the mix of Orca 2 reads."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow
from pyarrow import parquet

from orca_local.tasks.ready import find_mix, find_ready, load_sources
from tests.hub_dataset import HubDataset

Files = dict[str, bytes | Path]
Rows = Iterable[dict[str, Any]]


def jsonl(rows: Rows) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def parquet_of(rows: list[dict[str, Any]], row_group_size: int = 50) -> bytes:
    buffer = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(rows), buffer, row_group_size=row_group_size)
    return buffer.getvalue()


def natural_instructions(tasks: int, rows: int) -> Files:
    """One file a task, as Muennighoff/natural-instructions has them."""
    files: Files = {"README.md": b"# Natural Instructions\n", "get_ni.py": b"raise SystemExit\n"}
    for task in range(tasks):
        name = f"task{task:04}_made"
        split = "test" if task % 10 == 9 else "train"
        made = (
            {
                "task_name": name,
                "id": f"{name}-{row // 2}",  # several answers of one question have one id
                "definition": f"Say which word of task {task} stands beside the number.",
                "inputs": f"number {row} of {task}",
                "targets": f"word{row % 4}" if task % 2 else f"a short text about {row} and {task} in some words",
            }
            for row in range(rows)
        )
        files[f"{split}/{name}_{split}.jsonl"] = jsonl(made)
    return files


def flan_2021(tasks: int, rows: int) -> Files:
    """One file a task, as Muennighoff/flan has them."""
    return {
        f"train/set{task}_10templates_train.jsonl": jsonl(
            {"inputs": f"What is {row} + {task}?", "targets": str(row + task), "task": f"set{task}:1.0.0"}
            for row in range(rows)
        )
        for task in range(tasks)
    }


def flan_rows(name: str, tasks: int, rows: int) -> list[dict[str, Any]]:
    """Rows of many tasks in turn, as the parts of Open-Orca/FLAN have them."""
    return [
        {
            "inputs": f"{name} question {row} of {task}: yes or no?",
            "targets": "yes" if row % 3 else "no",
            "_template_idx": 1,
            "_task_source": name,
            "_task_name": f"{name}_{task}",
            "_template_type": "zs_opt",
        }
        for row in range(rows)
        for task in range(tasks)
    ]


def math(count: int) -> Rows:
    return [
        {"question": f"Ann has {n} apples and buys {n % 7}. How many has she?", "answer": f"{n + n % 7}"}
        for n in range(count)
    ]


def conversations(count: int) -> Rows:
    """Rows as Open-Orca/SlimOrca has them."""
    for n in range(count):
        turns = [("system", f"You are helper {n % 3}."), ("human", f"What is {n}?"), ("gpt", f"It is {n}, as you say.")]
        yield {"conversations": [{"from": who, "value": said, "weight": 1.0} for who, said in turns]}


def made_datasets(tasks: int = 12, rows: int = 30) -> list[HubDataset]:
    """The repositories, each at the commit that `models/sources.toml` names."""
    flan: Files = {
        f"{part}_zsopt_data/part.{number}.parquet": parquet_of(flan_rows(f"{part}{number}", 3, rows))
        for part in ("niv2", "t0", "flan", "cot")
        for number in range(2)
    }
    worked = [{**row, "answer": f"Some steps.\n#### {row['answer']}"} for row in math(200)]
    numbered = [{"question": row["question"], "result": row["answer"], "chain": "<gadget>"} for row in math(40)]
    content: dict[str, Files] = {
        "Muennighoff/natural-instructions": natural_instructions(tasks, rows),
        "Muennighoff/flan": flan_2021(3, rows),
        "Open-Orca/FLAN": flan,
        "nguyen-brat/CoT-Collection": {
            "data/train-00000-of-00001.parquet": parquet_of(
                [{"source": f"Why {n}?", "target": "a", "rationale": "so", "task": f"cot{n % 2}"} for n in range(rows)]
            )
        },
        "openai/gsm8k": {"main/train-0.jsonl": jsonl(worked), "socratic/train-0.jsonl": b""},
        "deepmind/aqua_rat": {
            "raw/train-0.jsonl": jsonl(
                {
                    "question": f"Which is {n}?",
                    "options": [f"A){n}", f"B){n + 1}", f"C){n + 2}"],
                    "rationale": "it is",
                    "correct": "A",
                }
                for n in range(60)
            )
        },
        "ChilleD/SVAMP": {
            "data/train-0.jsonl": jsonl(
                {"ID": f"chal-{n}", "Body": f"There are {n} birds.", "Question": "How many?", "Answer": str(n)}
                for n in range(40)
            )
        },
        "MU-NLPC/Calc-asdiv_a": {"data/test-0.jsonl": jsonl(numbered)},
        "MU-NLPC/Calc-mawps": {"data/train-0.jsonl": jsonl(numbered)},
        "microsoft/orca-math-word-problems-200k": {
            "data/train-0.jsonl": jsonl({**row, "answer": f"First {row['answer']}. " * 30} for row in math(300))
        },
        "Open-Orca/SlimOrca": {"oo-labeled_correct.gpt4.sharegpt.jsonl": jsonl(conversations(600))},
        "knkarthick/dialogsum": {
            "train.csv": b"id,dialogue,summary,topic\n"
            + b"".join(b'train_%d,"#A: hi %d\n#B: yes",They greet %d times.,talk\n' % (n, n, n) for n in range(9))
        },
    }
    commits = {source.repo: source.revision for source in load_sources().values()}
    needed = {find_ready(name).repo for part in find_mix("orca2-with-orca1").parts for name in part.sources}
    assert needed == set(content)
    return [HubDataset(name, files, commit=commits[name]) for name, files in content.items()]
