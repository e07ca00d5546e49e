"""Loads the student for the probe, on the engine that the settings name."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from typing import TYPE_CHECKING

from orca_local.domain.errors import MissingError
from orca_local.domain.events import ComputeChosen, Event
from orca_local.evaluate.stage import Candidate, LoadedModel
from orca_local.generation.generate import ModelRef
from orca_local.runs.context import StageContext

if TYPE_CHECKING:
    from orca_local.pipeline.session import Session


def load_for_probe(
    context: StageContext, session: Session, base: Candidate
) -> Generator[Event, None, tuple[LoadedModel, ModelRef]]:
    """Load `base`, or connect to the student behind an endpoint; returns it and the model that is measured.

    Raises `MissingError` if the student is behind an endpoint and the network is forbidden.
    """
    from orca_local.engines.compute import choose_compute
    from orca_local.engines.make import engine_kind, make_engine
    from orca_local.rows.renderer import PromptRenderer

    settings = session.settings.engine
    kind = engine_kind(settings.kind)
    if kind.is_remote:
        if context.offline:
            hint = 'set kind = "llama_cpp" under [engine] in orca.toml'
            raise MissingError(f"--offline forbids requests to the student at {settings.base_url}", hint=hint)
        engine = make_engine(settings, base.path)
        name = hashlib.sha256(engine.fingerprint.encode()).hexdigest()
        model_id = session.store.models.ensure(engine.fingerprint, name, base.name, "served", 0)
        context.record_inputs(served=engine.fingerprint)
        return LoadedModel(engine, PromptRenderer(base.path)), ModelRef(model_id, name)
    if not kind.chooses_compute:
        return LoadedModel(make_engine(settings, base.path), PromptRenderer(base.path)), base.model
    form = choose_compute(base.path, base.model.sha256, settings)
    context.record_inputs(model_sha256=base.model.sha256, compute=form.compute)
    yield ComputeChosen(form.compute, form.reason)
    engine = make_engine(settings, form.path, compute=form.compute)
    return LoadedModel(engine, PromptRenderer(form.path)), base.model
