"""The user's own text editor."""

from __future__ import annotations

import click

from orca_local.domain.errors import InputError, OrcaError
from orca_local.domain.input_file import MAX_TEXT_BYTES

_HINT = "nothing was changed; set EDITOR to an editor such as nano, or give the text with --text or --file"


def edit_text(text: str) -> str:
    """Return the text as the user saved it in an editor; the same text if nothing was saved.

    Raises `OrcaError` if the editor cannot be started or fails, and `InputError` for a file that holds no text.
    """
    try:
        edited = click.edit(text, extension=".txt")
    except click.ClickException as error:
        raise OrcaError(f"the editor failed: {error.format_message()}", hint=_HINT) from error
    except UnicodeDecodeError as error:
        raise InputError(f"the editor saved no UTF-8 text: {error.reason} at byte {error.start}", hint=_HINT) from error
    except OSError as error:  # it removed the file, or made a directory of it
        raise OrcaError(f"the editor left no text: {error.strerror}", hint=_HINT) from error
    if edited is None:
        return text
    if "\0" in edited or len(edited) > MAX_TEXT_BYTES:
        raise InputError("the editor saved a text that holds a NUL character or is larger than 1 MB", hint=_HINT)
    return edited
