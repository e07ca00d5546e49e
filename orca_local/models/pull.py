"""Downloads a model in a process of its own, which can be watched and stopped, and outlives the program."""

from __future__ import annotations

import tempfile
from contextlib import suppress

from orca_local.domain.errors import OrcaError, os_errors_explained
from orca_local.models.catalog import CatalogModel
from orca_local.models.download import partial_bytes
from orca_local.models.locate import find_local
from orca_local.system.child_process import command_error, start_detached


class Pull:
    """A running `orca-local models pull ID`. A second one for the same model waits for the first."""

    def __init__(self, model: CatalogModel) -> None:
        """Start the download. Raises `OrcaError` if the process cannot be started."""
        self.model = model
        self._is_cancelled = False
        command = ("models", "pull", model.id, "--json", "--quiet")
        with os_errors_explained():
            # Files without a name: the process can write to them after this program has ended.
            self._stdout, self._stderr = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115
            self._process = start_detached(command, stdout=self._stdout, stderr=self._stderr)

    def poll(self) -> int | None:
        """Number of bytes downloaded; None after the end. Raises the error that ended the download."""
        status = self._process.poll()
        if status is None:
            done = partial_bytes(self.model)
            # The file has its final name: the process is computing the hash.
            return self.model.bytes if not done and find_local(self.model) else done
        with self._stdout, self._stderr:
            if status == 0 or self._is_cancelled:
                return None
            raise self._error(status)

    def cancel(self) -> None:
        """Stop the download. What was downloaded is kept, and the next pull resumes from it."""
        self._is_cancelled = True
        with suppress(ProcessLookupError):
            self._process.terminate()

    def _error(self, status: int) -> OrcaError:
        self._stdout.seek(0)
        self._stderr.seek(0)
        last = self._stderr.read().decode("utf-8", "replace").strip().splitlines()[-1:]
        hint = last[0] if last else "pull again: it resumes"
        return command_error(self._stdout.read(), status, hint)
