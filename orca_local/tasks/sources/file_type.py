"""What a file that is no text seems to be, and what to do with it."""

from __future__ import annotations

import re

_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x7f-\x9f]")
_UNPACK = "decompress it, and give the file that is inside"
_EXPORT = "export its rows as CSV or JSON Lines"
_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"PAR1", "a Parquet file", "give it a name that ends in .parquet"),
    (b"ARROW1", "an Arrow file", "write it as Parquet"),
    (b"SQLite format 3\0", "an SQLite database", _EXPORT),
    (b"\x89HDF\r\n", "an HDF5 file", _EXPORT),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Word file", "save it as CSV UTF-8"),
    (b"%PDF-", "a PDF file", "copy its tasks into a CSV file"),
    (b"GGUF", "a model in GGUF", "give a task file"),
    (b"\x80\x03", "a Python pickle", _EXPORT),
    (b"\x80\x04", "a Python pickle", _EXPORT),
    (b"\x80\x05", "a Python pickle", _EXPORT),
    (b"\x1f\x8b", "compressed with gzip twice", _UNPACK),
    (b"BZh", "compressed with bzip2", _UNPACK),
    (b"\xfd7zXZ\0", "compressed with xz", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "compressed with Zstandard", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (b"\x7fELF", "a program", "give a task file"),
    (b"\x89PNG\r\n", "a picture", "give a task file"),
    (b"\xff\xd8\xff", "a picture", "give a task file"),
)
_ZIP_CONTENTS: tuple[tuple[bytes, str, str], ...] = (
    (b"xl/", "an Excel workbook", "save the sheet as CSV UTF-8"),
    (b"opendocument.spreadsheet", "an OpenDocument spreadsheet", "save the sheet as CSV"),
    (b"word/", "a Word document", "copy its tasks into a CSV file"),
)
_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_POINTER = b"version https://git-lfs.github.com/spec/"


def foreign_type(head: bytes) -> str:
    """Return what a file that begins with these bytes is instead of rows of text, with a remedy; empty for any other.

    For example `is an SQLite database, not text: export its rows as CSV or JSON Lines`.
    """
    if head.startswith(_POINTER):
        return "is a pointer of Git LFS, not the file itself: fetch it with `git lfs pull`"
    if _PAGE.match(head):
        return "is a web page, not the file itself: download it again, perhaps after you sign in"
    if not _BINARY.search(head):
        return ""
    if head.startswith(b"PK\x03\x04"):
        inside = next((found for found in _ZIP_CONTENTS if found[0] in head), (b"", "a zip archive", _UNPACK))
        return _sentence(inside)
    if head[257:262] == b"ustar":
        return _sentence((b"", "a tar archive", _UNPACK))
    return next((_sentence(signature) for signature in _SIGNATURES if head.startswith(signature[0])), "")


def _sentence(found: tuple[bytes, str, str]) -> str:
    return f"is {found[1]}, not text: {found[2]}"
