"""A part of a suite that stands for all of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from orca_local.suites.question import Question
from orca_local.system.digest import text_digest


def select(questions: Sequence[Question], limit: int, seed: int = 0) -> list[Question]:
    """Return `limit` questions, from each group in proportion to its size, in their order.

    Each group's questions are put in an order that the seed gives, and spread evenly over the numbers from 0 to 1; the
    first of all groups together are taken. A larger limit only adds questions. Neither the version of Python nor the
    order of the questions matters.
    """
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for question in questions:
        groups[question.group].append(question.id)
    places: list[tuple[float, str, str]] = []
    for ids in groups.values():
        ordered = sorted((text_digest(f"{seed}\0{id_}"), id_) for id_ in ids)
        places += [((place + 0.5) / len(ids), digest, id_) for place, (digest, id_) in enumerate(ordered)]
    chosen = {id_ for _, _, id_ in sorted(places)[:limit]}
    return [question for question in questions if question.id in chosen]
