"""Add a mix to the store, and write out what went in under which licence."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from orca_local.domain.errors import RemoteError
from orca_local.domain.frozen import Frozen
from orca_local.store.store import Store
from orca_local.tasks.add import AddedTasks, add_samples
from orca_local.tasks.import_request import DEFAULT_REQUEST, ImportRequest
from orca_local.tasks.mix.assemble import Assembly, LeftOut, MixRequest, SourceUse


class AddedMix(Frozen):
    """Result of adding a mix."""

    added: AddedTasks
    uses: tuple[SourceUse, ...]
    failed: tuple[LeftOut, ...]
    """Sources that failed; the others went in."""
    left_out: tuple[LeftOut, ...]
    """Tasks from whose rows no samples could be made."""


def add_mix(
    store: Store,
    request: MixRequest,
    reading: ImportRequest = DEFAULT_REQUEST,
    *,
    on_task: Callable[[int], None] = lambda _: None,
) -> AddedMix:
    """Add the samples of a mix, all or none. Two mixes of the same request and commits have the same samples.

    What was fetched is kept, so that a mix that was interrupted goes on there. `reading` has the options of reading;
    `on_task` is called with the number of tasks so far. Raises `OrcaError` that names the source if one fails, unless
    `skip_bad` is asked for, and if all fail.
    """
    with Assembly(request, reading, on_task) as assembly:
        added = add_samples(store, assembly.samples())
        if not any(use.rows for use in assembly.uses()):
            reasons = dict.fromkeys(item.reason for item in (*assembly.failed, *assembly.left_out))
            raise RemoteError(
                f"no source of the mix {request.mix.name} gave a sample: {next(iter(reasons), 'they are empty')}",
                hint="check HF_ENDPOINT and the network; without --skip-bad, the first source that fails is explained",
            )
        return AddedMix(added, tuple(assembly.uses()), tuple(assembly.failed), tuple(assembly.left_out))


def render_licences(request: MixRequest, uses: Sequence[SourceUse]) -> str:
    """Return a page in Markdown: what went into a mix, from where, under which licence."""
    mix = request.mix
    lines = [
        f"# Tasks of the mix {mix.name}",
        "",
        f"{mix.title}. The proportions are those of {mix.source}.",
        "",
        f"Made by `orca-local tasks mix {mix.name} --tasks {request.tasks} --per-task {request.per_task} "
        f"--seed {request.seed}`.",
        "",
        "The licences are those that the cards of the repositories name. A collection may hold data of others under "
        "licences of their own.",
        "",
        "| source | repository | commit | tasks | rows | licence | card read |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for use in uses:
        cells = (use.name, use.repo, use.commit, f"{use.tasks:,}", f"{use.rows:,}", use.licence)
        lines.append(f"| {' | '.join(cells)} | {'yes' if use.card_read else 'no'} |")
    return "\n".join(lines) + "\n"
