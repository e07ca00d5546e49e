"""Compare our reference scores of suites with the harnesses that they are taken from, on the same outputs.

python scripts/compare_suites.py DIRECTORY

Needs an environment of its own: `pip install --no-deps lm_eval inspect_evals`, then `pip install inspect_ai datasets
evaluate sacrebleu scipy regex word2number`, with this checkout on PYTHONPATH; torch is not needed. DIRECTORY has files
of the suites, as for `orca-local suites pull --from`. The outputs are made: each question is answered rightly, wrongly
and not at all, in many forms. Prints the number of outputs for each rule, and each output on which the two scores
differ, and fails if there is one.

The filters, stops and metrics of lm-evaluation-harness are read from its own task files. MMLU and ARC have no files in
DIRECTORY: their rules compare a letter, and get the outputs for RACE. `crass.py` of instruct-eval is in no package.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from inspect_ai.solver import Choices
from inspect_ai.solver._multiple_choice import parse_answers
from lm_eval.api.metrics import exact_match_hf_evaluate
from lm_eval.api.registry import get_filter
from lm_eval.tasks.drop.utils import get_metrics

from orca_local.hub.benchmarks import find_suites
from orca_local.suites.load import load_rows
from orca_local.suites.place import open_directory
from orca_local.suites.question import Question
from orca_local.suites.reference.table import RULES

Scorer = Callable[[Question, str], float]
TASKS = Path(str(importlib.import_module("lm_eval").__file__)).parent / "tasks"
LM = "lm-evaluation-harness:"


class _Loader(yaml.SafeLoader):
    """Reads the task files of lm-evaluation-harness, with the names of the functions that they use."""


_Loader.add_constructor("!function", lambda loader, node: f"!{node.value}")


def load_task(path: Path) -> dict[str, Any]:
    """Return a task file with what it includes."""
    task: dict[str, Any] = yaml.load(path.read_text(), _Loader)
    included = load_task(path.parent / task["include"]) if "include" in task else {}
    return {**included, **task}


def lm_scorer(path: Path, filter_name: str) -> Scorer:
    """Return the score of a task of lm-evaluation-harness."""
    task = load_task(path)
    chain = next(item["filter"] for item in task["filter_list"] if filter_name in ("", item["name"]))
    filters = [_make_filter(path, dict(step)) for step in chain]
    options = {key: value for key, value in task["metric_list"][0].items() if key.startswith(("ignore", "regexes"))}

    def score(question: Question, text: str) -> float:
        for end in task["generation_kwargs"]["until"]:  # as its models do
            text = text.split(end)[0]
        found: Any = [[text]]
        for step in filters:
            found = list(step.apply(found, [{"input": question.prompt}]))
        metric = exact_match_hf_evaluate(predictions=found, references=[question.target], **options)
        return float(metric["exact_match"])

    return score


def _make_filter(path: Path, step: dict[str, Any]) -> Any:
    name = step.pop("function")
    if not name.startswith("!"):
        return get_filter(name)(**step)
    module, _, member = name[1:].partition(".")
    spec = importlib.util.spec_from_file_location(module, path.parent / f"{module}.py")
    assert spec and spec.loader
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return getattr(loaded, member)(**step)


def bbh_scorer(variant: str, filter_name: str) -> Scorer:
    """Return the score of the BBH task that a question is of."""
    scorers: dict[str, Scorer] = {}

    def score(question: Question, text: str) -> float:
        if question.group not in scorers:
            scorers[question.group] = lm_scorer(TASKS / "bbh" / variant / f"{question.group}.yaml", filter_name)
        return scorers[question.group](question, text)

    return score


def inspect_scorer(question: Question, text: str) -> float:
    """Return the score of `multiple_choice` and `choice` of inspect_ai."""
    state = SimpleNamespace(output=SimpleNamespace(completion=text), choices=Choices(list(question.options)))
    found = parse_answers(state, multiple_correct=False)  # type: ignore[arg-type]
    return float(sorted(found) == sorted(question.target))


def drop_scorer() -> Scorer:
    """Return the F1 of DROP's authors, as lm-evaluation-harness has it, of the answer that inspect_evals reads."""
    import re

    found = importlib.util.find_spec("inspect_evals")
    assert found and found.submodule_search_locations
    tree = ast.parse((Path(found.submodule_search_locations[0]) / "drop" / "drop.py").read_text())
    (pattern,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ANSWER_PATTERN"
    )

    def score(question: Question, text: str) -> float:
        match = re.search(pattern, text)
        answer = match.group(1) if match else text
        return max(float(get_metrics([answer], tuple(gold.split("\n")))[1]) for gold in question.answers)

    return score


def outputs(question: Question, others: list[Question]) -> Iterator[str]:
    """Yield answers to a question: right, wrong and none, in many forms."""
    wrong = next((other.target for other in others if other.target != question.target), "7")
    for answer in (question.target.replace("\n", " and "), wrong.replace("\n", ", ")):
        bare = answer.strip("()")
        yield from (answer, bare, f" {bare}.", f"({bare})", f"{bare}. because", f"**{bare}**", f"${bare}$")
        yield from (
            f"{mark}: {form}" for mark in ("ANSWER", "Answer", "answer ") for form in (bare, f"({bare})", f"{bare}.")
        )
        yield from (f"ANSWER: **{bare}**", f"ANSWER: ${bare}$", f"ANSWER: {bare}, {wrong}", f"**ANSWER: {bare}**")
        yield from (f"The answer is {answer}.", f"The answer is {answer}", f"so the answer is {bare}, I think.")
        yield from (f"Not {wrong} but {answer}.\nWe see it in 2 steps, {wrong}.\nANSWER: {bare}\nQ: and {wrong}?",)
        yield from (
            f"The best answer is {bare}",
            f"First {wrong}.\n\nThe final answer: {answer}!",
            f"ANSWER: {bare} <|im_end|> x",
        )
        yield f"Answer: the {answer.lower()} and a {answer.upper()}, about 12.50 of it"
        yield f"Answer: {' '.join(reversed(answer.split()))}\nAnswer: nothing"
    yield from (f"It is {option}!" for option in question.options)
    yield from (f"It is {line[4:].upper()}" for line in question.prompt.splitlines() if line.startswith("("))
    yield from (
        "",
        "I do not know.",
        "twenty one of them",
        "no, he does not tell the truth",
        "not plausible, yes",
        "ANSWER:",
    )


def rules() -> dict[str, tuple[str, Scorer]]:
    """Return the suite whose questions each rule is compared on, and the harness's own score."""
    gsm8k = TASKS / "gsm8k" / "gsm8k-cot-zeroshot.yaml"
    arc = TASKS / "arc" / "arc_challenge_chat.yaml"
    mmlu = TASKS / "mmlu" / "generative" / "_default_template_yaml"
    return {
        "inspect_evals:agieval": ("agieval", inspect_scorer),
        "inspect_evals:race_h": ("race", inspect_scorer),
        "drop:f1": ("drop", drop_scorer()),
        f"{LM}bbh_cot_zeroshot/flexible-extract": ("bbh", bbh_scorer("cot_zeroshot", "flexible-extract")),
        f"{LM}bbh_cot_zeroshot/strict-match": ("bbh", bbh_scorer("cot_zeroshot", "strict-match")),
        f"{LM}bbh_zeroshot/flexible-extract": ("bbh", bbh_scorer("zeroshot", "flexible-extract")),
        f"{LM}gsm8k_cot_zeroshot/flexible-extract": ("gsm8k", lm_scorer(gsm8k, "flexible-extract")),
        f"{LM}gsm8k_cot_zeroshot/strict-match": ("gsm8k", lm_scorer(gsm8k, "strict-match")),
        f"{LM}mmlu_generative": ("race", lm_scorer(mmlu, "")),
        f"{LM}arc_challenge_chat": ("race", lm_scorer(arc, "")),
    }


def with_several(questions: list[Question]) -> list[Question]:
    """Return the questions of AGIEval, of which some get a second right answer: the files of tests have none."""
    return [
        replace(question, target="AB") if number % 10 == 0 else question for number, question in enumerate(questions)
    ]


def main() -> None:
    """Print how often our score and the harness's are the same."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    directory = parser.parse_args().directory
    differing = 0
    for name, (suite_name, theirs) in rules().items():
        (suite,) = find_suites([suite_name])
        questions = list(load_rows(suite, open_directory(suite, directory)).questions)
        questions = with_several(questions) if suite_name == "agieval" else questions
        count = right = same = 0
        for number, question in enumerate(questions):
            for text in outputs(question, questions[number + 1 :] + questions[:number]):
                ours, reference = RULES[name](question, text).value, theirs(question, text)
                count, right, same = count + 1, right + (reference == 1), same + (ours == reference)
                if ours != reference:
                    sys.stdout.write(f"  {question.id} {question.target!r} {text!r}: ours {ours}, theirs {reference}\n")
        differing += count - same
        sys.stdout.write(f"{name:55} {count:6} outputs, {right} right, {same} scored alike\n")
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
