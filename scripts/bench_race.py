"""Compare ways to choose strategies by tokens and regret: race, sequential halving, grid, sequential test.

python scripts/bench_race.py [--tasks 300] [--repeats 4] [--matrix FILE.json] [--null 10000] [--draw FILE.svg]

Synthetic students have known accuracies, so their regret is exact. `--matrix` takes a recorded matrix
(`scripts/record_matrix.py`): at every repeat each task's samples are split at random; methods choose on 32 of them, and
the others measure the choice. Tokens are completion tokens as a share of those of the grid with 32 samples. `--null`
counts wrong decisions where all strategies are equal. `--draw` needs matplotlib.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from orca_local.probe.race import Prior, RaceState, fit_prior, judge_round, round_ends
from orca_local.probe.sequential_test import beats, decide

SAMPLES, STRATEGIES = 32, 6
COSTS = np.array([10.0, 35, 40, 60, 70, 55])
Array = NDArray[np.float64]
Method = Callable[[list[Array], list[Array]], tuple[list[int], list[float]]]
"""Takes scores [strategies, samples] and costs [strategies] of each task; returns the chosen strategies and the tokens
spent.
"""

TASTES = np.array([-0.05, 0, 0, 0.05, 0.02, 0])
_quantile = np.vectorize(lambda p: NormalDist().inv_cdf(min(max(p, 1e-9), 1 - 1e-9)))


def students(name: str, tasks: int, rng: np.random.Generator) -> Array:
    """Accuracies of shape [tasks, strategies]."""
    base = rng.beta(1.2, 2.5, size=(tasks, 1))
    flat = np.repeat(base, STRATEGIES, 1)
    first = rng.integers(STRATEGIES, size=tasks)
    rows = np.arange(tasks)
    if name == "one winner":
        flat = 0.7 * flat
        flat[rows, first] += 0.25
    elif name == "two close":
        flat = 0.6 * flat
        flat[rows, first] += 0.2
        flat[rows, (first + 1 + rng.integers(STRATEGIES - 1, size=tasks)) % STRATEGIES] += 0.17
    elif name == "shared":
        flat = flat + np.array([-0.1, 0, 0.02, 0.08, 0.05, -0.03]) + rng.normal(0, 0.03, flat.shape)
    elif name == "mixed":
        flat = flat + TASTES + rng.normal(0, 0.1, flat.shape)
    elif name == "weak":
        flat = rng.beta(0.6, 8, size=(tasks, 1)) * rng.lognormal(0, 0.6, flat.shape)
    elif name == "yes or no":
        flat = 0.5 + rng.normal(0, 0.12, flat.shape)
    return np.clip(flat, 0, 1)


SCENARIOS = ("all equal", "one winner", "two close", "shared", "mixed", "weak", "yes or no")


def draw(accuracies: Array, samples: int, rng: np.random.Generator) -> list[Array]:
    """Scores of 0 and 1, [strategies, samples] per task; all strategies share half of a sample's difficulty."""
    tasks, strategies = accuracies.shape
    shared, own = rng.normal(size=(tasks, 1, samples)), rng.normal(size=(tasks, strategies, samples))
    return list((np.sqrt(0.5) * (shared + own) < _quantile(accuracies)[:, :, None]).astype(float))


def best(scores: Array, costs: Array) -> int:
    """Index of the highest mean; ties go to the cheaper strategy."""
    return int(min(range(len(scores)), key=lambda j: (-round(float(scores[j].mean()), 9), costs[j])))


def grid(samples: int) -> Method:
    """Every strategy answers `samples` samples."""

    def run(tasks: list[Array], costs: list[Array]) -> tuple[list[int], list[float]]:
        chosen = [best(scores[:, :samples], cost) for scores, cost in zip(tasks, costs, strict=True)]
        return chosen, [
            float(cost.sum()) * min(samples, scores.shape[1]) for scores, cost in zip(tasks, costs, strict=True)
        ]

    return run


def halving(ends: tuple[int, ...]) -> Method:
    """Sequential halving (TRIPLE, arXiv 2402.09723): after each round the better half is kept."""

    def one(scores: Array, cost: Array) -> tuple[int, float]:
        active, used = list(range(len(scores))), np.zeros(len(scores))
        for end in ends:
            used[active] = min(end, scores.shape[1])
            ranked = sorted(active, key=lambda j: (-round(float(scores[j, :end].mean()), 9), cost[j]))
            active = ranked[: max(1, len(active) // 2)]
        return active[0], float(used @ cost)

    def run(tasks: list[Array], costs: list[Array]) -> tuple[list[int], list[float]]:
        results = [one(scores, cost) for scores, cost in zip(tasks, costs, strict=True)]
        return [j for j, _ in results], [spent for _, spent in results]

    return run


def tested(alpha: float) -> Method:
    """A strategy is dropped if the sequential test shows that another beats it."""

    def one(scores: Array, cost: Array) -> tuple[int, float]:
        active, used = list(range(len(scores))), np.zeros(len(scores))
        for end in round_ends(scores.shape[1]):
            used[active] = end
            seen = scores[:, :end]
            active = [j for j in active if not any(beats(seen, i, j, alpha) for i in active if i != j)]
            if len(active) == 1:
                break
        return min(active, key=lambda j: (-round(float(scores[j, : int(used[j])].mean()), 9), cost[j])), float(
            used @ cost
        )

    def run(tasks: list[Array], costs: list[Array]) -> tuple[list[int], list[float]]:
        results = [one(scores, cost) for scores, cost in zip(tasks, costs, strict=True)]
        return [j for j, _ in results], [spent for _, spent in results]

    return run


def iter_rounds(scores: Array, cost: Array, prior: Prior, tolerance: float) -> Iterator[tuple[RaceState, Array]]:
    """Run a task's race as the probe stage does; yields the state after each round and the scores so far."""
    active, seen = (True,) * len(scores), np.full(scores.shape, np.nan)
    end = 0
    for until in round_ends(scores.shape[1]):
        seen[list(active), end:until] = scores[list(active), end:until]
        end = until
        state = judge_round(seen[:, :end], cost, active, prior, tolerance, last=end == scores.shape[1])
        yield state, seen[:, :end]
        active = state.active
        if state.done:
            return


def first_prior(tasks: list[Array]) -> Prior:
    """The prior from the first round of all tasks."""
    return fit_prior([scores[:, : round_ends(scores.shape[1])[0]] for scores in tasks])


def race(tolerance: float) -> Method:
    """The race of this program."""

    def run(tasks: list[Array], costs: list[Array]) -> tuple[list[int], list[float]]:
        prior = first_prior(tasks)
        chosen, spent = [], []
        for scores, cost in zip(tasks, costs, strict=True):
            *_, (state, seen) = iter_rounds(scores, cost, prior, tolerance)
            chosen.append(state.leader)
            spent.append(float((~np.isnan(seen)).sum(axis=1) @ cost))
        return chosen, spent

    return run


METHODS: dict[str, Method] = {
    **{f"grid {n}": grid(n) for n in (4, 8, 16, 24, 32)},
    "halving 2 4 8": halving((2, 4, 8)),
    "halving 4 8 16": halving((4, 8, 16)),
    "halving 8 16 32": halving((8, 16, 32)),
    "test": tested(0.05),
    **{f"race {t:g}": race(t) for t in (0.04, 0.025, 0.02, 0.015, 0.01, 0.006)},
}


def synthetic(tasks: int, repeats: int) -> dict[str, dict[str, tuple[float, float]]]:
    """Scenario → method → regret in points and share of tokens."""
    results: dict[str, dict[str, tuple[float, float]]] = {}
    for number, scenario in enumerate(SCENARIOS):
        pairs: dict[str, list[tuple[float, float]]] = {name: [] for name in METHODS}
        rng = np.random.default_rng(number)
        for _ in range(repeats):
            accuracies = students(scenario, tasks, rng)
            scores = draw(accuracies, SAMPLES, rng)
            for name, method in METHODS.items():
                chosen, spent = method(scores, [COSTS] * tasks)
                lost = accuracies.max(1) - accuracies[np.arange(tasks), chosen]
                pairs[name].append((100 * float(lost.mean()), float(np.mean(spent)) / (SAMPLES * COSTS.sum())))
        results[scenario] = {name: tuple(np.mean(points, axis=0)) for name, points in pairs.items()}  # type: ignore[misc]
    return results


def recorded(path: Path, repeats: int) -> dict[str, dict[str, tuple[float, float]]]:
    """The same on a recorded matrix.

    Regret is measured against the strategy that is best on the judging samples, so it is too large by the same amount
    for every method; only differences matter.
    """
    content = json.loads(path.read_text(encoding="utf-8"))
    tables = [np.array(task["scores"], dtype=np.float64) for task in content["tasks"]]
    costs = [np.array(task["tokens"], dtype=np.float64) for task in content["tasks"]]
    kinds = [task["kind"] for task in content["tasks"]]
    pairs: dict[str, list[tuple[float, float]]] = {name: [] for name in METHODS}
    rng = np.random.default_rng(0)
    for _ in range(repeats):
        orders = [rng.permutation(table.shape[1]) for table in tables]
        probe = [table[:, order[:SAMPLES]] for table, order in zip(tables, orders, strict=True)]
        judge = [table[:, order[SAMPLES:]].mean(axis=1) for table, order in zip(tables, orders, strict=True)]
        whole = sum(SAMPLES * cost.sum() for cost in costs)
        for name, method in METHODS.items():
            chosen, spent = kind_by_kind(method, probe, costs, kinds)
            lost = [means.max() - means[j] for means, j in zip(judge, chosen, strict=True)]
            pairs[name].append((100 * float(np.mean(lost)), float(sum(spent)) / whole))
    return {path.stem: {name: tuple(np.mean(points, axis=0)) for name, points in pairs.items()}}  # type: ignore[misc]


def kind_by_kind(
    method: Method, tasks: list[Array], costs: list[Array], kinds: list[str]
) -> tuple[list[int], list[float]]:
    """Run a method on the tasks of each kind separately: as in the probe stage, only tasks of a kind share a prior."""
    chosen, spent = [0] * len(tasks), [0.0] * len(tasks)
    for kind in dict.fromkeys(kinds):
        where = [number for number, other in enumerate(kinds) if other == kind]
        result = method([tasks[n] for n in where], [costs[n] for n in where])
        for number, choice, tokens in zip(where, *result, strict=True):
            chosen[number], spent[number] = choice, tokens
    return chosen, spent


def wrong_decisions(count: int) -> int:
    """Number of tasks decided although all strategies are equal, tested after every round of a race."""
    rng = np.random.default_rng(7)
    scores = draw(students("all equal", count, rng), SAMPLES, rng)
    prior = first_prior(scores)
    return sum(
        any(decide(seen, state.leader, 0.05).decided for state, seen in iter_rounds(table, COSTS, prior, 0.0))
        for table in scores
    )


def show(results: dict[str, dict[str, tuple[float, float]]]) -> None:
    """Print a row per method: regret in points and share of tokens, by scenario and on average."""
    print("method".ljust(16), *(scenario.rjust(13) for scenario in results), "mean".rjust(13))
    for name in METHODS:
        cells = [scenario[name] for scenario in results.values()]
        cells.append((float(np.mean([a for a, _ in cells])), float(np.mean([b for _, b in cells]))))
        print(name.ljust(16), *(f"{regret:5.2f} @{100 * share:4.0f} %".rjust(13) for regret, share in cells))


def draw_curves(results: dict[str, dict[str, tuple[float, float]]], path: Path) -> None:
    """Draw tokens against regret, averaged over scenarios, with a curve per family of methods."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "the same file every time"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4.2), layout="constrained")
    families: dict[str, list[tuple[float, float, str]]] = {}
    for name in METHODS:
        regret, share = np.mean([scenario[name] for scenario in results.values()], axis=0)
        family, _, setting = name.partition(" ")
        families.setdefault(family, []).append((100 * share, regret, setting))
    for (family, points), marker in zip(families.items(), "sD^o", strict=True):
        points.sort()
        axes.plot([x for x, _, _ in points], [y for _, y, _ in points], marker=marker, label=family)
        for x, y, setting in points:
            axes.annotate(setting, (x, y), textcoords="offset points", xytext=(4, 4), fontsize=7)
    axes.set(xlabel="completion tokens, % of the grid's with 32 samples", ylabel="regret, points", ylim=(0, None))
    axes.legend()
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Print the table and the number of wrong decisions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=300)
    parser.add_argument("--repeats", type=int, default=4)
    parser.add_argument("--matrix", type=Path)
    parser.add_argument("--null", type=int, default=0)
    parser.add_argument("--draw", type=Path)
    arguments = parser.parse_args()
    if arguments.matrix:
        results = recorded(arguments.matrix, arguments.repeats)
    else:
        results = synthetic(arguments.tasks, arguments.repeats)
    show(results)
    if arguments.draw:
        draw_curves(results, arguments.draw)
    if arguments.null:
        wrong = wrong_decisions(arguments.null)
        print(f"wrong decisions under the null: {wrong} of {arguments.null} tasks (alpha 0.05)")


if __name__ == "__main__":
    main()
