"""A teach run in a process of its own, which writes down what it was told; it is made to be killed."""

from __future__ import annotations

import os
from pathlib import Path

from orca_local.domain.events import CallAnswered
from orca_local.runs.context import StageContext
from orca_local.store.store import Store
from orca_local.teach.factory import make_teacher
from orca_local.teach.prices import Price
from orca_local.teach.stage import teach
from tests.teach.scene import STEPS, settings

PRICE = Price(input=1.0, output=1.0)


def live(path: Path, url: str, log: Path, max_usd: float) -> None:
    """Teach everything; each answer goes into `log` as soon as its event comes."""
    os.environ["OPENAI_API_KEY"] = "sk-test"
    chosen = settings(url, concurrency=8, max_usd=max_usd, max_tokens=200)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with Store.open(path) as store:
        samples = store.samples.list(split="train")
        teacher = make_teacher(chosen, Path(), offline=False)
        context = StageContext(store, store.runs.start("teach", "{}", {}))
        for event in teach(context, teacher, samples, {"sums": STEPS}, chosen, price=PRICE):
            if isinstance(event, CallAnswered) and not event.cached:
                os.write(file, f"{event.sample_id}\n".encode())
