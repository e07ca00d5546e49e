"""The models that `[[model]]` tables name: files on this machine, and endpoints that are asked within their limits."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from orca_local.domain.errors import InputError, os_errors_explained
from orca_local.domain.evaluation_estimate import EvaluationEstimate, ModelEstimate
from orca_local.domain.frozen import Frozen
from orca_local.domain.model_settings import ModelSettings
from orca_local.evaluate.stage import AskedModel, Candidate, LoadedModel
from orca_local.generation.generate import ModelRef, PlannedMeasurement
from orca_local.models.catalog import find_model
from orca_local.models.locate import resolve_student
from orca_local.store.store import Store

if TYPE_CHECKING:
    from orca_local.pipeline.asking import EndpointAsker
    from orca_local.pipeline.session import Session
    from orca_local.teach.prices import Price

COMMAND = "orca-local evaluate"
BYTES_PER_TOKEN = 4
"""Assumed bytes of text per token, for the expected cost. The maximum cost counts a token for each byte."""


class EndpointModel(Frozen):
    """A model behind an endpoint. A `NamedModel`."""

    name: str
    model: ModelRef
    source: str
    """Its name and the address."""
    settings: ModelSettings
    price: Price

    def asker(self, store: Store, *, offline: bool, command: str = COMMAND) -> EndpointAsker:
        """What asks it and knows its costs; hints name `command`. It makes no connection yet."""
        from orca_local.pipeline.asking import EndpointAsker

        return EndpointAsker(self.settings, self.price, store, command, offline=offline)

    def load(self, store: Store, *, offline: bool, command: str = COMMAND) -> AskedModel:
        """What a stage needs of it."""
        from orca_local.pipeline.stored_answers import ChatPrompts, StoredAnswers

        asker = self.asker(store, offline=offline, command=command)
        engine = StoredAnswers(store, asker.request, asker.fingerprint)
        return AskedModel(asker, engine, ChatPrompts())


def load_model(session: Session, model: Candidate | EndpointModel, command: str = COMMAND) -> LoadedModel | AskedModel:
    """Load a file, or prepare to ask an endpoint; hints name `command`."""
    if isinstance(model, EndpointModel):
        return model.load(session.store, offline=session.offline, command=command)
    return session.load(model)


def estimate_endpoints(
    session: Session, names: Sequence[str], planned: Sequence[PlannedMeasurement]
) -> EvaluationEstimate:
    """What the models behind endpoints would be asked; those of these names, or all. Raises as `make_further` does."""
    tables = [table for table in session.settings.model if table.base_url and (not names or table.name in names)]
    return EvaluationEstimate(tuple(_estimate(session, _endpoint(session, table), planned) for table in tables))


def _estimate(session: Session, model: EndpointModel, planned: Sequence[PlannedMeasurement]) -> ModelEstimate:
    from orca_local.teach.usage import prompt_bytes

    asker, settings = model.asker(session.store, offline=True), model.settings
    budget, count = asker.budget(), asker.count_distinct(planned)
    requests = asker.missing(planned)
    limits = [f"max_usd = {settings.max_usd:g}"] if settings.max_usd else []
    limits += [f"max_calls = {settings.max_calls}"] if settings.max_calls else []
    return ModelEstimate(
        model=model.name,
        source=model.source,
        answers=count,
        cached=count - len(requests),
        calls=len(requests),
        usd=round(sum(model.price.cost(prompt_bytes(r) / BYTES_PER_TOKEN, r.max_tokens / 2) for r in requests), 6),
        at_most_usd=round(sum(map(budget.max_cost, requests)), 6),
        spent_usd=round(budget.committed_usd, 6),
        limit=" and ".join(limits),
    )


def make_further(session: Session, settings: ModelSettings) -> Candidate | EndpointModel:
    """The model of a `[[model]]` table, entered into the store. No call is made, and no model is loaded.

    Raises `InputError` for a file that is none, or an endpoint whose cost cannot be bounded, and `MissingError` for a
    model of the catalog that is not on this machine.
    """
    from orca_local.pipeline.candidates import register

    if settings.base_url:
        return _endpoint(session, settings)
    if settings.catalog:
        find_model(settings.catalog)  # raises for an unknown id, which `resolve_student` may take for a file
        path, source = resolve_student(settings.catalog, session.workspace.directory), settings.catalog
    else:
        path = _file(session.workspace.directory, settings)
        source = path.name
    candidate = register(session, settings.name, session.models.find(str(path)))
    return Candidate(candidate.name, candidate.path, candidate.model, source)


def _file(directory: Path, settings: ModelSettings) -> Path:
    path = directory / Path(settings.path).expanduser()
    hint = f"correct path under {settings.label} in orca.toml: the path of a GGUF, relative to the workspace"
    with os_errors_explained(path, hint=hint):
        if not path.is_file():
            raise InputError(f"{settings.label}: there is no file {path}", hint=hint)
    return path


def _endpoint(session: Session, settings: ModelSettings) -> EndpointModel:
    from orca_local.endpoints.chat import normalize_endpoint

    url = normalize_endpoint(settings.base_url, settings.label)
    price = _price(settings, url, session.workspace.directory)
    model = EndpointModel(settings.name, ModelRef(0, ""), f"{settings.model} at {url}", settings, price)
    fingerprint = model.asker(session.store, offline=True).fingerprint
    sha256 = hashlib.sha256(fingerprint.encode()).hexdigest()
    model_id = session.store.models.ensure(fingerprint, sha256, settings.model, "served", 0)
    return EndpointModel(model.name, ModelRef(model_id, sha256), model.source, settings, price)


def _price(settings: ModelSettings, url: str, directory: Path) -> Price:
    """The price of a model. Raises `InputError` if it is unknown, or if it costs money and has no limit."""
    from orca_local.teach.prices import Price, find_price

    if settings.input_price is not None and settings.output_price is not None:
        return Price(settings.input_price, settings.output_price, "orca.toml")
    price = find_price(url, settings.model, directory)
    if price is None:
        raise InputError(
            f"{settings.label}: the price of {settings.model!r} at {url} is unknown",
            hint=f"set input_price and output_price (US dollars per million tokens) under {settings.label} in "
            "orca.toml",
        )
    if price.cost(1, 1) and not (settings.max_usd or settings.max_calls):
        raise InputError(
            f"{settings.label}: prices.toml has a price for {settings.model!r}, and there is no limit",
            hint=f"set max_usd (US dollars) or max_calls under {settings.label} in orca.toml",
        )
    return price
