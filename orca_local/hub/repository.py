"""Dataset repositories of the hub: from a revision to a commit, to its files, to their bytes.

What was asked once is kept on this machine by commit, which never changes. Only a revision such as `main` is asked
again.
"""

from __future__ import annotations

import difflib
import io
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from orca_local.domain.errors import MissingError, OrcaError, RemoteError
from orca_local.domain.text import is_storable, printable
from orca_local.hub import client
from orca_local.hub.answer import ask
from orca_local.hub.blocks import BlockReader, HubFile
from orca_local.hub.entries import VARIABLE, Entries, datasets_directory
from orca_local.hub.failures import Wanted, explained
from orca_local.system.digest import text_digest

MAX_FILES, MAX_PAGES = 200_000, 4_000
"""Limits of the files of a repository, and of the answers that list them."""
_COMMIT = re.compile("[0-9a-f]{40}")
_BUFFER_BYTES = 1 << 16
_FILES = "files"
_NONE = "none"
"""What is kept of a revision that the repository does not have."""


class Repository:
    """A dataset repository of the hub."""

    def __init__(self, name: str, *, offline: bool = False, known: Sequence[str] = ()) -> None:
        """Name a repository as OWNER/NAME. Nothing is asked yet.

        `offline` forbids requests. `known` are names that a wrong one may have been meant for.
        """
        self.name, self._known = name, tuple(known)
        self.offline = offline or client.is_offline()
        if not self.offline:
            client.prepare()

    @property
    def directory(self) -> Path:
        """Where what was fetched of this repository is kept."""
        return datasets_directory() / self.name.replace("/", "--")

    @property
    def page(self) -> str:
        """The address of its page."""
        return f"{client.endpoint()}/{self._path}"

    def resolve(self, revision: str) -> str:
        """Return the commit of a revision (a branch, a tag or a commit): 40 hexadecimal digits.

        Offline, it is the one that the revision had when it was asked last. Raises `RemoteError` if the hub does not
        say it, and `MissingError` offline if it was never asked.
        """
        if _COMMIT.fullmatch(revision):
            return revision
        entries, name = Entries(self.directory / "revisions"), text_digest(revision)
        if self.offline:
            known = (entries.load(name) or b"").decode("ascii", "replace")
            if known == _NONE:
                raise self._no_revision(revision)
            if not _COMMIT.fullmatch(known):
                raise self._not_here(f"revision {revision} of {self.name}")
            return known
        try:
            commit = self._ask_commit(revision)
        except NoRevision:
            self._save(entries, name, _NONE.encode())
            raise
        self._save(entries, name, commit.encode())
        return commit

    def files(self, commit: str) -> tuple[HubFile, ...]:
        """Return the files of a commit, in the order of their paths. Raises as `resolve` does."""
        entries = Entries(self.directory / commit)
        known = _parse_files(entries.load(_FILES))
        if known is not None:
            return known
        if self.offline:
            raise self._not_here(f"the list of the files of {self.name}")
        files = tuple(sorted(self._ask_files(commit), key=lambda file: file.path))
        rows = [[file.path, file.bytes, file.sha256, file.blob] for file in files]
        self._save(entries, _FILES, json.dumps(rows).encode())
        return files

    def open(self, commit: str, file: HubFile) -> BinaryIO:
        """Open a file of a commit. Reading it raises `OrcaError` for what cannot be fetched."""
        url = f"{client.endpoint()}/{self._path}/resolve/{commit}/{quote(file.path)}"
        entries = Entries(self.directory / commit / text_digest(file.path))
        reader = BlockReader(url, file, entries, self._wanted(file.path), offline=self.offline)
        return io.BufferedReader(reader, _BUFFER_BYTES)

    @property
    def _path(self) -> str:
        return f"datasets/{self.name}"

    def _save(self, entries: Entries, name: str, content: bytes) -> None:
        with explained(self._wanted(""), entries.directory):
            entries.save(name, content)

    def _ask_commit(self, revision: str) -> str:
        wanted = self._wanted(f"its commit of {revision}")
        answer, _ = self._ask(self._api(f"revision/{quote(revision, safe='')}?expand=sha"), wanted, revision)
        commit = answer.get("sha") if isinstance(answer, dict) else None
        if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
            raise RemoteError(f"{client.endpoint()} names no commit of {self.name}", hint="check HF_ENDPOINT")
        return commit

    def _no_dataset(self) -> RemoteError:
        near = self._nearest()
        meant = f"did you mean {' or '.join(near)}? " if near else ""
        return RemoteError(
            f"{client.endpoint()} has no dataset {self.name}",
            hint=f"{meant}if it is private, set HF_TOKEN to a token that may read it",
        )

    def _no_revision(self, revision: str) -> NoRevision:
        return NoRevision(
            f"{client.endpoint()} has no revision {revision} of {self.name}",
            hint=f"see {self.page}/commits/main, or leave @REVISION out to read `main`",
        )

    def _ask_files(self, commit: str) -> Iterator[HubFile]:
        wanted = self._wanted("the list of its files")
        url, count, pages = self._api(f"tree/{commit}?recursive=true"), 0, 0
        while url:
            pages += 1
            page, url = self._ask(url, wanted, commit)
            if not isinstance(page, list):
                raise RemoteError(f"{client.endpoint()} sent no list of the files of {self.name}", hint="try later")
            if url and (not page or pages >= MAX_PAGES):
                raise RemoteError(
                    f"{client.endpoint()} sends a list of the files of {self.name} that does not end",
                    hint="check HF_ENDPOINT, or try later",
                )
            count += len(page)
            if count > MAX_FILES:
                raise RemoteError(f"{self.name} has more than {MAX_FILES:,} files", hint="download it by hand")
            yield from filter(None, map(_parse_item, page))

    def _ask(self, url: str, wanted: Wanted, revision: str) -> tuple[Any, str]:
        """Ask about a revision; see `ask`."""
        from huggingface_hub import errors

        with explained(wanted, self.directory):
            try:
                return ask(url, wanted)
            except errors.RevisionNotFoundError as error:
                raise self._no_revision(revision) from error
            except errors.GatedRepoError:  # it is a kind of the next
                raise
            except errors.RepositoryNotFoundError as error:
                raise self._no_dataset() from error

    def _nearest(self) -> list[str]:
        """Return names of datasets that resemble this one's."""
        owner, _, name = self.name.partition("/")
        found = list(self._known)
        for query in (f"author={quote(owner)}&limit=500", f"search={quote(name)}&limit=100"):
            with suppress(OrcaError):  # the message can do without
                found += self._search(query)
        by_folded = {other.lower(): other for other in found if other != self.name}
        return [by_folded[folded] for folded in difflib.get_close_matches(self.name.lower(), by_folded, 3, cutoff=0.7)]

    def _search(self, query: str) -> list[str]:
        wanted = self._wanted("names")
        with explained(wanted, self.directory):
            answer, _ = ask(f"{client.endpoint()}/api/datasets?{query}", wanted)
        items = answer if isinstance(answer, list) else []
        names = [item.get("id") for item in items if isinstance(item, dict)]
        return [printable(name)[:200] for name in names if isinstance(name, str)]

    def _api(self, rest: str) -> str:
        return f"{client.endpoint()}/api/{self._path}/{rest}"

    def _wanted(self, file: str) -> Wanted:
        return Wanted(
            repo=self.name,
            file=printable(file)[:200],
            page=self._path,
            instead=f"see {self.page}, or download the files by hand and add them",
            again="run the command again: what arrived is kept",
            variable=VARIABLE,
        )

    def _not_here(self, what: str) -> MissingError:
        return MissingError(
            f"{what} is not on this machine, and nothing is downloaded offline",
            hint="run the same command once without --offline and HF_HUB_OFFLINE",
        )


class NoRevision(RemoteError):
    """The repository does not have a revision."""


def _parse_item(item: Any) -> HubFile | None:
    """Return the file of one item of a list; None for a directory and for what has no usable path."""
    if not isinstance(item, dict) or item.get("type") != "file":
        return None
    path, size, blob, large = item.get("path"), item.get("size"), item.get("oid", ""), item.get("lfs")
    sha256 = large.get("oid", "") if isinstance(large, dict) else ""
    if not (isinstance(path, str) and isinstance(size, int) and isinstance(blob, str) and isinstance(sha256, str)):
        return None
    if size < 0 or path.startswith("/") or ".." in path.split("/") or not is_storable(path):
        return None
    # The hash of a large file's pointer is none of its content.
    return HubFile(path, size, sha256 if re.fullmatch("[0-9a-f]{64}", sha256) else "", "" if large else blob)


def _parse_files(content: bytes | None) -> tuple[HubFile, ...] | None:
    if content is None:
        return None
    try:
        return tuple(
            HubFile(str(path), int(size), str(sha), str(blob)) for path, size, sha, blob in json.loads(content)
        )
    except (ValueError, TypeError):  # an earlier version wrote it in another form
        return None
