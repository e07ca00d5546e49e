"""Compare our readers with those of lm-evaluation-harness and Math-Verify on the same outputs.

python scripts/compare_readers.py OUTPUTS...

Needs an environment of its own: `pip install lm_eval math-verify`, with this checkout on PYTHONPATH. OUTPUTS are
databases of workspaces (`orca.db`), whose stored completions are read, or JSON Lines with `kind`, `prompt`, `labels`,
`text` and `gold`. Prints how often each reader finds the reference, and every output where only another one
finds it.

The filters are those of the harness's tasks `gsm8k` (strict-match, flexible-extract) and `bbh` (get-answer), and its
filter for multiple choice. Math-Verify reads numbers.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from lm_eval.filters.extraction import MultiChoiceRegexFilter, RegexFilter
from math_verify import parse, verify

from orca_local.kinds.base import AnswerKind
from orca_local.kinds.table import get_kind


class Output(NamedTuple):
    """An output of a model and the references of its sample."""

    kind: str
    prompt: str
    labels: list[str]
    references: list[str]
    text: str


def read_outputs(path: Path) -> Iterator[Output]:
    """Yield the outputs in a database or a file with JSON Lines, except those without a reference."""
    if path.suffix == ".db":
        rows = sqlite3.connect(f"file:{path}?mode=ro", uri=True).execute(
            "SELECT DISTINCT s.kind, s.prompt, s.labels_json, s.answer_json, g.completion FROM measurements AS m"
            " JOIN samples AS s ON s.id = m.sample_id JOIN generations AS g ON g.key = m.generation_key"
        )
        for kind, prompt, labels, answers, text in rows:
            yield Output(kind, prompt, json.loads(labels or "[]"), json.loads(answers), text)
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        entry: dict[str, Any] = json.loads(line)
        if isinstance(entry["gold"], str):
            yield Output(entry["kind"], entry["prompt"], entry["labels"], [entry["gold"]], entry["text"])


def filtered(pattern: str, group: int) -> Callable[[Output], str]:
    """Return a reader that applies one regular expression of the harness."""
    harness_filter = RegexFilter(regex_pattern=pattern, group_select=group)
    return lambda output: str(harness_filter.apply([[output.text]], [{}])[0][0]).strip()


def multiple_choice(output: Output) -> str:
    """Read a letter as the harness does for tasks with options."""
    harness_filter = MultiChoiceRegexFilter(
        regex_pattern=r"(\([A-Z]\))", group_select=-1, ignore_case=True, ignore_punctuation=True
    )
    choices = [
        line.partition(")")[2].strip() for line in output.prompt.splitlines() if line[:3].strip("( ").endswith(")")
    ]
    return str(harness_filter.apply([[output.text]], [{"choices": choices or ["-"]}])[0][0])


def finds(kind: AnswerKind, answer: str, output: Output) -> bool:
    """Whether a filter's answer is the reference, by the harness's own normalization for `exact_match`."""

    def plain(text: str) -> str:
        for mark in (",", "$", "(", ")"):
            text = text.replace(mark, "")
        return text.strip().rstrip(".").casefold()

    return any(plain(answer) == plain(reference) for reference in output.references)


def math_verify_finds(kind: AnswerKind, output: Output) -> bool:
    """Whether Math-Verify takes the output for the reference."""
    return any(verify(parse(f"${reference}$"), parse(output.text)) for reference in output.references)


STRICT_GSM8K = filtered(r"#### (\-?[0-9\.\,]+)", 0)
FLEXIBLE_GSM8K = filtered(r"(-?[$0-9.,]{2,})|(-?[0-9]+)", -1)
BBH = filtered(r"(?<=the answer is )(.*)(?=.)", 0)
READERS: dict[str, tuple[frozenset[str], Callable[[AnswerKind, Output], bool]]] = {
    "gsm8k strict-match": (frozenset({"number"}), lambda kind, output: finds(kind, STRICT_GSM8K(output), output)),
    "gsm8k flexible-extract": (frozenset({"number"}), lambda kind, output: finds(kind, FLEXIBLE_GSM8K(output), output)),
    "math_verify": (frozenset({"number"}), math_verify_finds),
    "bbh get-answer": (
        frozenset({"number", "boolean", "exact", "multiple_choice", "span"}),
        lambda kind, output: finds(kind, BBH(output), output),
    ),
    "multiple choice": (
        frozenset({"multiple_choice"}),
        lambda kind, output: finds(kind, multiple_choice(output), output),
    ),
}


def main() -> None:
    """Print the counts of every reader, and what ours misses."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("outputs", type=Path, nargs="+")
    arguments = parser.parse_args()
    counts: Counter[tuple[str, str]] = Counter()
    for output in (output for path in arguments.outputs for output in read_outputs(path)):
        kind = get_kind(output.kind)
        if not kind.is_scored:
            continue
        answer = kind.read_lenient(output.text, prompt=output.prompt, labels=output.labels)
        ours = answer is not None and any(kind.compare(answer, reference) == 1 for reference in output.references)
        for name, (kinds, reader) in READERS.items():
            if output.kind not in kinds:
                continue
            theirs = reader(kind, output)
            counts.update(
                {(name, "n"): 1, (name, "theirs"): theirs, (name, "ours"): ours, (name, "missed"): theirs and not ours}
            )
            if theirs and not ours:
                failure = {"reader": name, "ours": answer, **output._asdict(), "prompt": output.prompt[-200:]}
                sys.stdout.write(json.dumps(failure, ensure_ascii=False) + "\n")
    for name in READERS:
        n, theirs, ours, missed = (counts[name, figure] for figure in ("n", "theirs", "ours", "missed"))
        sys.stdout.write(f"{name:24} {n:6} outputs, finds {theirs}, ours finds {ours}, only it finds {missed}\n")


if __name__ == "__main__":
    main()
