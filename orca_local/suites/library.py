"""The suites on this machine. What was pulled first is kept; another content is not taken silently.

A suite of the hub stays in the hub's cache. The files of GitHub, or of a directory, are copied into the directory for
datasets. Beside them, a record names where they came from and the hash of their rows.
"""

from __future__ import annotations

import json
import shutil
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from orca_local.domain.errors import InputError, MissingError, os_errors_explained
from orca_local.domain.frozen import Frozen
from orca_local.domain.input_file import load_text
from orca_local.hub.benchmarks import Suite
from orca_local.hub.entries import VARIABLE, datasets_directory
from orca_local.suites.load import LoadedSuite, load_rows
from orca_local.suites.place import DirectoryPlace, HubPlace, Place, open_directory, open_hub
from orca_local.system.files import scratch_directory, whole_file, write_whole

if TYPE_CHECKING:
    from orca_local.suites.sketch import Sketch

_HINT = f"set {VARIABLE} to a directory of yours"


class PulledSuite(Frozen):
    """What is known of a suite on this machine."""

    place: str
    """`hub:OWNER/NAME`, `github:OWNER/NAME`, or the directory that its files were taken from."""
    commit: str
    """Empty if it was taken from a directory."""
    digest: str
    """The hash of its rows."""
    questions: int
    left_out: int


def record_path(suite: Suite) -> Path:
    """The file that names what was pulled of a suite."""
    return _directory() / f"{suite.name}.json"


def sketch_path(suite: Suite) -> Path:
    """The file by which the questions of a suite are recognized in other texts."""
    return _directory() / f"{suite.name}.sketch"


def find_pulled(suite: Suite) -> PulledSuite | None:
    """Return what was pulled of a suite; None if nothing was. Raises `InputError` if the record cannot be read."""
    path = record_path(suite)
    if not path.exists():
        return None
    try:
        return PulledSuite(**json.loads(load_text(path)))
    except (ValueError, TypeError) as error:
        raise InputError(f"{path} is damaged", hint="delete it, and pull the suite again") from error


def pull(suite: Suite, directory: Path | None = None, *, offline: bool = False) -> LoadedSuite:
    """Return the questions of a suite, and keep it on this machine.

    It is read from a directory, if one is given, else from its repository. Raises `InputError` if another content was
    pulled before, and as `open_hub`, `fetch` and `load_rows` do.
    """
    if directory is not None:
        return _keep(suite, open_directory(suite, directory))
    if suite.host == "hub":
        return _keep(suite, open_hub(suite, offline=offline))
    if find_pulled(suite) is not None and _copy_directory(suite).is_dir():
        return load_pulled(suite)
    if offline:
        raise _not_here(suite)
    from orca_local.suites.github import fetch  # with an HTTP client, which takes a while to load

    with _written(), scratch_directory(_directory() / f"{suite.name}.part") as fetched:
        commit = fetch(suite, fetched)
        return _keep(suite, replace(open_directory(suite, fetched), origin=f"github:{suite.repo}", commit=commit))


def _keep(suite: Suite, place: HubPlace | DirectoryPlace) -> LoadedSuite:
    """Return the questions at a place, and record them."""
    loaded = load_rows(suite, place)
    _require_same(suite, loaded)
    record = PulledSuite(place.name, place.commit, loaded.digest, len(loaded.questions), len(loaded.left_out))
    with _written():
        if isinstance(place, DirectoryPlace):
            _copy(suite, place)
        _directory().mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(record_path(suite), json.dumps(vars(record), indent=1) + "\n", hint=_HINT)
    save_questions(loaded)
    return loaded


def save_questions(loaded: LoadedSuite) -> Sketch:
    """Keep, beside the record of a suite, what its questions are recognized by, and return it."""
    from orca_local.suites.sketch import make_sketch, save_sketch  # NumPy takes a while to load

    sketch = make_sketch(loaded.questions)
    with _written():
        save_sketch(sketch, sketch_path(loaded.suite), loaded.digest)
    return sketch


def load_pulled(suite: Suite, *, offline: bool = False) -> LoadedSuite:
    """Return the questions of a suite that was pulled.

    Raises `MissingError` if it was not, and `InputError` if its rows are not those that were pulled.
    """
    known = find_pulled(suite)
    if known is None:
        raise _not_here(suite)
    is_hub = known.place.startswith("hub:")
    place: Place = open_hub(suite, offline=offline) if is_hub else open_directory(suite, _copy_directory(suite))
    loaded = load_rows(suite, place)
    _require_same(suite, loaded)
    return loaded


def _require_same(suite: Suite, loaded: LoadedSuite) -> None:
    known = find_pulled(suite)
    if known is not None and known.digest != loaded.digest:
        raise InputError(
            f"{suite.name} changed: its rows have the hash {loaded.digest[:12]}, those that were pulled first "
            f"{known.digest[:12]} (from {known.place}); results with the two cannot be compared",
            hint=f"take the first content again, or, to begin anew with this one, delete {record_path(suite)}",
        )


def _copy(suite: Suite, place: DirectoryPlace) -> None:
    """Copy the files of a suite, each whole or not at all."""
    for source in place.files:
        copied = _copy_directory(suite) / source.relative_to(place.directory)
        copied.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with whole_file(copied) as part:
            shutil.copyfile(source, part)


def _not_here(suite: Suite) -> MissingError:
    return MissingError(f"suite {suite.name} is not on this machine", hint=f"orca-local suites pull {suite.name}")


def _written() -> AbstractContextManager[None]:
    """Explains what goes wrong while something is written."""
    return os_errors_explained(_directory(), hint=_HINT)


def _directory() -> Path:
    return datasets_directory() / "suites"


def _copy_directory(suite: Suite) -> Path:
    return _directory() / suite.name
