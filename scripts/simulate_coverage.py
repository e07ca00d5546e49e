"""Simulate how often each interval that is printed covers the true value, and how often each test errs.

Samples come in tasks. In a template family, the samples of a task that share a template are all right or all wrong more
often than by chance; such samples say less than independent ones, and only the interval over tasks allows for it. The
nominal coverage is 95 %, the nominal error 5 %. Run it with `python scripts/simulate_coverage.py`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.design import design_interval
from orca_local.domain.statistics import accuracy_interval, clustered_interval, mcnemar_exact, paired_interval
from orca_local.probe.selection_gain import folds, selection_gain
from orca_local.probe.sequential_test import decide

COUNTS = (3, 8, 32, 300)
"""Numbers of samples, or of tasks where the interval is over tasks."""
STRATEGIES = 7
TASK_SD, FAMILY_SD, TEMPLATE_SIZE = 0.1, 0.25, 5
"""Standard deviation of the gain between tasks and between templates, and samples per template."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class World:
    """How the true accuracies of base and tuned vary."""

    name: str
    base: float
    gain: float
    tasks: int = 1
    task_sd: float = 0.0
    template_size: int = 1
    family_sd: float = 0.0

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Numbers, list[str], float]:
        """Scores of base and tuned (shape [2, n]), the tasks of the samples, and the mean gain of the drawn tasks."""
        count = min(self.tasks, n)
        task = np.arange(n) % count
        gains = self.gain + _symmetric(rng, self.task_sd, count)
        template = task * n + np.arange(n) // count // self.template_size
        _, family = np.unique(template, return_inverse=True)
        shift = _symmetric(rng, self.family_sd, int(family.max()) + 1)[family]
        ability = np.array([np.full(n, self.base) - shift / 2, self.base + gains[task] + shift / 2])
        noise = rng.random((2, n))
        # Both models find the same samples hard: half of the draws are common.
        noise[1] = np.where(rng.random(n) < 0.5, noise[0], noise[1])
        return (noise < ability).astype(float), [f"t{i}" for i in task], float(gains[task].mean())


def _symmetric(rng: np.random.Generator, sd: float, count: int) -> Numbers:
    """Values of mean 0 and standard deviation `sd` that are never beyond 1.7 of it."""
    return sd * np.sqrt(3) * rng.uniform(-1, 1, count)


INDEPENDENT = (
    World("one task, gain 0", 0.3, 0.0),
    World("one task, gain 30", 0.4, 0.3),
    World("one task, gain 90", 0.05, 0.9),
    World("one task, gain 2 of 95", 0.95, 0.02),
    World("8 tasks", 0.4, 0.2, tasks=8, task_sd=TASK_SD),
)
FAMILIES = World("templates of 5", 0.4, 0.2, template_size=TEMPLATE_SIZE, family_sd=FAMILY_SD)
CLUSTERED = (
    World("3 tasks", 0.4, 0.2, tasks=3, task_sd=TASK_SD),
    World("8 tasks", 0.4, 0.2, tasks=8, task_sd=TASK_SD),
    World("32 tasks", 0.4, 0.2, tasks=32, task_sd=TASK_SD),
    World("8 tasks, templates of 5", 0.4, 0.2, tasks=8, task_sd=TASK_SD, template_size=5, family_sd=FAMILY_SD),
)


def accuracy_coverage(rng: np.random.Generator, n: int, p: float, repeats: int) -> float:
    """Coverage of an accuracy of `p` by the interval of `n` samples."""
    intervals = [accuracy_interval(float(k), n) for k in range(n + 1)]
    low, high = np.array([(i.low, i.high) for i in intervals]).T
    counts = rng.binomial(n, p, size=repeats)
    return float(np.mean((low[counts] <= p) & (p <= high[counts])))


def gain_coverage(rng: np.random.Generator, world: World, n: int, repeats: int) -> tuple[float, float]:
    """Coverage of the gain of the drawn tasks by `ci`, and how often p < 0.05 (the power or the error)."""
    covered, significant = 0, 0
    for _ in range(repeats):
        scores, _, truth = world.draw(rng, n)
        differences = scores[1] - scores[0]
        p_value = mcnemar_exact(int((differences < 0).sum()), int((differences > 0).sum()))
        interval = paired_interval(differences, p_value=p_value)
        covered += interval.low <= truth <= interval.high
        significant += p_value < 0.05
    return covered / repeats, significant / repeats


def suite_coverage(rng: np.random.Generator, n: int, parts: int, text_size: int, repeats: int) -> float:
    """Coverage of the mean accuracy of the parts of a suite by the interval of n questions in equal shares.

    The questions about one text are all easier or all harder than their part.
    """
    part, covered = np.arange(n) % parts, 0
    text = part * n + np.arange(n) // parts // text_size
    _, text = np.unique(text, return_inverse=True)
    names, texts = [str(i) for i in part], [str(i) if text_size > 1 else "" for i in text]
    for _ in range(repeats):
        rates = rng.uniform(0.3, 0.7, parts)
        shift = _symmetric(rng, FAMILY_SD / 2 if text_size > 1 else 0.0, int(text.max()) + 1)
        scores = (rng.random(n) < rates[part] + shift[text]).astype(float)
        low, high = design_interval(scores, names, texts)
        covered += low <= float(rates[part].mean()) <= high
    return covered / repeats


def task_coverage(rng: np.random.Generator, world: World, n: int, repeats: int) -> tuple[float, float]:
    """Coverage of the gain over all tasks of the world by `ci`, and by `ci_tasks`."""
    by_samples, by_tasks = 0, 0
    for _ in range(repeats):
        scores, tasks, _ = world.draw(rng, n)
        differences = scores[1] - scores[0]
        samples, over_tasks = paired_interval(differences), clustered_interval(differences, tasks)
        assert over_tasks is not None
        by_samples += samples.low <= world.gain <= samples.high
        by_tasks += over_tasks.low <= world.gain <= over_tasks.high
    return by_samples / repeats, by_tasks / repeats


def selection_coverage(rng: np.random.Generator, tasks: int, repeats: int, spread: float) -> float:
    """Coverage of the true gain of the strategies that were chosen over the single strategy, in these tasks."""
    names = [str(i) for i in range(STRATEGIES)]
    row = np.arange(tasks)
    covered = 0
    for _ in range(repeats):
        base = 0.4 + _symmetric(rng, 0.1, tasks)[:, None] + np.linspace(0, 0.12, STRATEGIES)
        ability = (base + rng.uniform(-spread, spread, base.shape)).clip(0, 1)
        scores = (rng.random((*ability.shape, 16)) < ability[:, :, None]).astype(float)
        named = [("number", table) for table in scores]
        gain = selection_gain(named, names)
        assert gain is not None
        truth = np.mean([ability[row, fold.leaders] - ability[:, fold.single] for fold in folds(named)])
        covered += gain.ci[0] <= truth <= gain.ci[1]
    return covered / repeats


def sequential_error(rng: np.random.Generator, n: int, repeats: int, template_size: int) -> float:
    """Share of races between equal strategies that declare a winner, looked at after every eighth sample."""
    wrong = 0
    looks = [*range(8, n, 8), n]
    templates = -(-n // template_size)
    for _ in range(repeats):
        shift = _symmetric(rng, FAMILY_SD if template_size > 1 else 0.0, STRATEGIES * templates)
        ability = 0.5 + np.repeat(shift.reshape(STRATEGIES, -1), template_size, axis=1)[:, :n]
        scores = (rng.random((STRATEGIES, n)) < ability).astype(float)
        wrong += any(
            decide(scores[:, :look], int(scores[:, :look].mean(axis=1).argmax()), 0.05).decided for look in looks
        )
    return wrong / repeats


def rows(rng: np.random.Generator, repeats: int) -> Iterator[tuple[str, Sequence[float | None]]]:
    """The name of each figure, and its values by number of samples."""
    for p in (0.02, 0.1, 0.3, 0.5, 0.9):
        yield f"accuracy {100 * p:.0f} %", [accuracy_coverage(rng, n, p, 50 * repeats) for n in COUNTS]
    for world in INDEPENDENT:
        yield f"gain: {world.name}", [gain_coverage(rng, world, n, repeats)[0] for n in COUNTS]
    yield "gain: templates of 5 (not independent)", [gain_coverage(rng, FAMILIES, n, repeats)[0] for n in COUNTS]
    yield "error of p < 0.05 without a gain", [gain_coverage(rng, INDEPENDENT[0], n, repeats)[1] for n in COUNTS]
    for parts, size in ((1, 5), (20, 1), (8, 5)):
        name = f"suite: {parts} part{'s' if parts > 1 else ''}{f', texts of {size}' if size > 1 else ''}"
        yield name, [suite_coverage(rng, n, min(parts, n), size, repeats) for n in COUNTS]
    for world in CLUSTERED:
        pairs = [task_coverage(rng, world, n, repeats) if n >= world.tasks else None for n in COUNTS]
        yield f"ci over other tasks: {world.name}", [pair and pair[0] for pair in pairs]
        yield f"ci_tasks: {world.name}", [pair and pair[1] for pair in pairs]
    for spread in (0.0, 0.25):
        name = f"selection gain: tasks {'differ' if spread else 'alike'}, n tasks"
        yield name, [selection_coverage(rng, n, max(20, repeats * 3 // (2 * n + 20)), spread) for n in COUNTS]
    yield "sequential test: wrong winners", [sequential_error(rng, n, max(50, repeats // 4), 1) for n in COUNTS]
    yield "sequential test: templates of 5", [sequential_error(rng, n, max(50, repeats // 4), 5) for n in COUNTS]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=2000, help="simulated evaluations per figure")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    print(f"{'percent':48}" + "".join(f"{f'n = {n}':>10}" for n in COUNTS))
    for name, values in rows(rng, arguments.repeats):
        cells = ("–" if value is None else f"{100 * value:.1f}" for value in values)
        print(f"{name:48}" + "".join(f"{cell:>10}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
