"""A teach run in its own process that logs the answers it reports. Tests kill it."""

from __future__ import annotations

import os
from pathlib import Path

from orca_local.domain.events import CallAnswered
from orca_local.runs.context import StageContext
from orca_local.store.store import Store
from orca_local.teach.factory import make_teacher
from orca_local.teach.job import TeachJob
from orca_local.teach.prices import Price
from orca_local.teach.stage import teach
from tests.teach.scene import STEPS, no_model, settings

PRICE = Price(input=1.0, output=1.0)


def teach_and_log(path: Path, url: str, log: Path, max_usd: float) -> None:
    """Teach all samples; each answer is written to `log` as soon as its event comes."""
    os.environ["OPENAI_API_KEY"] = "sk-test"
    teacher_settings = settings(url, concurrency=8, max_usd=max_usd, max_tokens=200)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with Store.open(path) as store:
        samples = store.samples.list(split="train")
        teacher = make_teacher(teacher_settings, Path(), no_model)
        context = StageContext(store, store.runs.start("teach", "{}", {}))
        for event in teach(context, teacher, TeachJob(samples, {"sums": STEPS}, teacher_settings, PRICE)):
            if isinstance(event, CallAnswered) and not event.cached:
                os.write(file, f"{event.sample_id}\n".encode())
