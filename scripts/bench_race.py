"""Tokens against regret of ways to choose strategies: the race, sequential halving, the grid, elimination by the test.

python scripts/bench_race.py [--tasks 300] [--repeats 4] [--matrix FILE.json] [--null 10000] [--draw FILE.svg]

Synthetic students have known accuracies, so regret is exact. A matrix is a recorded one
(`scripts/record_matrix.py`): each task's samples are divided anew at every repeat; methods choose on 32 of them, and
the rest judges. Tokens are completion tokens, as a share of the grid's with 32 samples. `--null` counts wrong claims
where all strategies are equal. `--draw` needs matplotlib.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from orca_local.probe.race import Pool, Standing, pool, rounds, stand
from orca_local.probe.sequential_test import capital, claim, paired

SAMPLES, STRATEGIES = 32, 6
COSTS = np.array([10.0, 35, 40, 60, 70, 55])
Array = NDArray[np.float64]
Method = Callable[[list[Array], list[Array]], tuple[list[int], list[float]]]
"""Scores [strategies, samples] and token costs a task → chosen strategies and tokens spent."""

TASTES = np.array([-0.05, 0, 0, 0.05, 0.02, 0])
_quantile = np.vectorize(lambda p: NormalDist().inv_cdf(min(max(p, 1e-9), 1 - 1e-9)))


def students(name: str, tasks: int, rng: np.random.Generator) -> Array:
    """Accuracies [tasks, strategies]."""
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
    """Right and wrong answers; half of what makes a sample hard is the same for all strategies."""
    tasks, strategies = accuracies.shape
    shared, own = rng.normal(size=(tasks, 1, samples)), rng.normal(size=(tasks, strategies, samples))
    return list((np.sqrt(0.5) * (shared + own) < _quantile(accuracies)[:, :, None]).astype(float))


def best(scores: Array, costs: Array) -> int:
    """The highest mean; ties go to the cheaper."""
    return int(min(range(len(scores)), key=lambda j: (-round(float(scores[j].mean()), 9), costs[j])))


def grid(samples: int) -> Method:
    """Every strategy answers so many samples."""

    def run(tasks: list[Array], costs: list[Array]) -> tuple[list[int], list[float]]:
        chosen = [best(scores[:, :samples], cost) for scores, cost in zip(tasks, costs, strict=True)]
        return chosen, [
            float(cost.sum()) * min(samples, scores.shape[1]) for scores, cost in zip(tasks, costs, strict=True)
        ]

    return run


def halving(ends: tuple[int, ...]) -> Method:
    """Sequential halving (TRIPLE, arXiv 2402.09723): after each round the better half stays."""

    def one(scores: Array, cost: Array) -> tuple[int, float]:
        alive, used = list(range(len(scores))), np.zeros(len(scores))
        for end in ends:
            used[alive] = min(end, scores.shape[1])
            ranked = sorted(alive, key=lambda j: (-round(float(scores[j, :end].mean()), 9), cost[j]))
            alive = ranked[: max(1, len(alive) // 2)]
        return alive[0], float(used @ cost)

    def run(tasks: list[Array], costs: list[Array]) -> tuple[list[int], list[float]]:
        found = [one(scores, cost) for scores, cost in zip(tasks, costs, strict=True)]
        return [j for j, _ in found], [spent for _, spent in found]

    return run


def tested(alpha: float) -> Method:
    """A strategy leaves where the bets say that another beats it."""

    def one(scores: Array, cost: Array) -> tuple[int, float]:
        alive, used = list(range(len(scores))), np.zeros(len(scores))
        for end in rounds(scores.shape[1]):
            used[alive] = end
            seen = scores[:, :end]
            wanted = len(scores) / alpha
            alive = [j for j in alive if not any(capital(paired(seen, i, j)) >= wanted for i in alive if i != j)]
            if len(alive) == 1:
                break
        return min(alive, key=lambda j: (-round(float(scores[j, : int(used[j])].mean()), 9), cost[j])), float(
            used @ cost
        )

    def run(tasks: list[Array], costs: list[Array]) -> tuple[list[int], list[float]]:
        found = [one(scores, cost) for scores, cost in zip(tasks, costs, strict=True)]
        return [j for j, _ in found], [spent for _, spent in found]

    return run


def standings(scores: Array, cost: Array, prior: Pool, tolerance: float) -> Iterator[tuple[Standing, Array]]:
    """Each round of a task's race, as the probe stage runs it, with what was answered by then."""
    alive, seen = (True,) * len(scores), np.full(scores.shape, np.nan)
    end = 0
    for until in rounds(scores.shape[1]):
        seen[list(alive), end:until] = scores[list(alive), end:until]
        end = until
        standing = stand(seen[:, :end], cost, alive, prior, tolerance, last=end == scores.shape[1])
        yield standing, seen[:, :end]
        alive = standing.alive
        if standing.done:
            return


def first_round(tasks: list[Array]) -> Pool:
    """What the first round of all tasks says."""
    return pool([scores[:, : rounds(scores.shape[1])[0]] for scores in tasks])


def race(tolerance: float) -> Method:
    """Ours."""

    def run(tasks: list[Array], costs: list[Array]) -> tuple[list[int], list[float]]:
        prior = first_round(tasks)
        chosen, spent = [], []
        for scores, cost in zip(tasks, costs, strict=True):
            *_, (standing, seen) = standings(scores, cost, prior, tolerance)
            chosen.append(standing.leader)
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
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in METHODS}
        rng = np.random.default_rng(number)
        for _ in range(repeats):
            accuracies = students(scenario, tasks, rng)
            scores = draw(accuracies, SAMPLES, rng)
            for name, method in METHODS.items():
                chosen, spent = method(scores, [COSTS] * tasks)
                lost = accuracies.max(1) - accuracies[np.arange(tasks), chosen]
                found[name].append((100 * float(lost.mean()), float(np.mean(spent)) / (SAMPLES * COSTS.sum())))
        results[scenario] = {name: tuple(np.mean(pairs, axis=0)) for name, pairs in found.items()}  # type: ignore[misc]
    return results


def recorded(path: Path, repeats: int) -> dict[str, dict[str, tuple[float, float]]]:
    """The same on a recorded matrix. Regret is against the strategy that the judging samples themselves say is best,
    so it is too large by the same amount for every method; differences are what counts."""
    content = json.loads(path.read_text(encoding="utf-8"))
    tables = [np.array(task["scores"], dtype=np.float64) for task in content["tasks"]]
    costs = [np.array(task["tokens"], dtype=np.float64) for task in content["tasks"]]
    kinds = [task["kind"] for task in content["tasks"]]
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in METHODS}
    rng = np.random.default_rng(0)
    for _ in range(repeats):
        orders = [rng.permutation(table.shape[1]) for table in tables]
        probe = [table[:, order[:SAMPLES]] for table, order in zip(tables, orders, strict=True)]
        judge = [table[:, order[SAMPLES:]].mean(axis=1) for table, order in zip(tables, orders, strict=True)]
        whole = sum(SAMPLES * cost.sum() for cost in costs)
        for name, method in METHODS.items():
            chosen, spent = kind_by_kind(method, probe, costs, kinds)
            lost = [means.max() - means[j] for means, j in zip(judge, chosen, strict=True)]
            found[name].append((100 * float(np.mean(lost)), float(sum(spent)) / whole))
    return {path.stem: {name: tuple(np.mean(pairs, axis=0)) for name, pairs in found.items()}}  # type: ignore[misc]


def kind_by_kind(
    method: Method, tasks: list[Array], costs: list[Array], kinds: list[str]
) -> tuple[list[int], list[float]]:
    """A method on the tasks of each kind by themselves: only those are pooled, as in the probe stage."""
    chosen, spent = [0] * len(tasks), [0.0] * len(tasks)
    for kind in dict.fromkeys(kinds):
        where = [number for number, other in enumerate(kinds) if other == kind]
        found = method([tasks[n] for n in where], [costs[n] for n in where])
        for number, choice, tokens in zip(where, *found, strict=True):
            chosen[number], spent[number] = choice, tokens
    return chosen, spent


def wrong_claims(count: int) -> int:
    """Claims where all strategies are equal, looked at after every round of a race."""
    rng = np.random.default_rng(7)
    scores = draw(students("all equal", count, rng), SAMPLES, rng)
    prior = first_round(scores)
    return sum(
        any(claim(seen, standing.leader, 0.05).decided for standing, seen in standings(table, COSTS, prior, 0.0))
        for table in scores
    )


def show(results: dict[str, dict[str, tuple[float, float]]]) -> None:
    """A row a method: regret in points at its share of tokens, by scenario and in the mean."""
    print("method".ljust(16), *(scenario.rjust(13) for scenario in results), "mean".rjust(13))
    for name in METHODS:
        cells = [found[name] for found in results.values()]
        cells.append((float(np.mean([a for a, _ in cells])), float(np.mean([b for _, b in cells]))))
        print(name.ljust(16), *(f"{regret:5.2f} @{100 * share:4.0f} %".rjust(13) for regret, share in cells))


def draw_curves(results: dict[str, dict[str, tuple[float, float]]], path: Path) -> None:
    """The mean over scenarios: a curve a family of methods, tokens against regret."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "the same file every time"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4.2), layout="constrained")
    families: dict[str, list[tuple[float, float, str]]] = {}
    for name in METHODS:
        regret, share = np.mean([found[name] for found in results.values()], axis=0)
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
    """Print the table and the count of wrong claims."""
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
        print(f"wrong claims under the null: {wrong_claims(arguments.null)} of {arguments.null} tasks (alpha 0.05)")


if __name__ == "__main__":
    main()
