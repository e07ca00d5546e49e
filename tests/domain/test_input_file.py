"""Files that people name: whatever they are, reading ends, and one message says what is wrong."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from orca_local.domain import input_file
from orca_local.domain.errors import InputError
from orca_local.domain.input_file import MAX_TEXT_BYTES, UnreadableError, load_text, open_input
from orca_local.domain.json_text import parse_json
from orca_local.domain.toml_file import load_toml


@pytest.fixture
def pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(input_file, "PIPE_WAIT_S", 0.05)
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def test_a_byte_order_mark_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(b"\xef\xbb\xbfna\xc3\xafve\n")
    assert load_text(path) == "na\u00efve\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"na\xefve", "is not UTF-8: byte 0xef at position 3"),
        (b"a\0b", "holds a NUL byte"),
        ("text".encode("utf-16"), "is UTF-16, not UTF-8"),
        ("text".encode("utf-16-be"), "is UTF-16, not UTF-8"),
        (b"a" * (MAX_TEXT_BYTES + 1), "is larger than 1 MB"),
        (None, "there is no file"),
    ],
)
def test_a_file_that_holds_no_text_is_bad_input(tmp_path: Path, data: bytes | None, message: str) -> None:
    path = tmp_path / "text.txt"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(InputError, match=message) as caught:
        load_text(path)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/dev/zero", "is a device or socket, not a file"),
        ("/dev/tty", "cannot be read|is a device"),
        ("/", "is a directory"),
        (".", "is a directory"),
        ("x" * 5000, "the path is too long"),
        ("/dev/null/x", "cannot be read: Not a directory"),
        ("a\0b", "null byte"),
        ("a\nb", "there is no file a\nb"),
        ("caf\udce9", "there is no file caf"),
    ],
)
def test_what_is_no_file_is_named_and_never_read(path: str, message: str) -> None:
    with pytest.raises(UnreadableError, match=message) as caught:
        open_input(Path(path))
    assert caught.value.hint and len(caught.value.message) < 400


def test_a_pipe_is_read_to_its_end(pipe: Path) -> None:
    def write() -> None:
        with pipe.open("wb") as file:
            file.write(b"one\n" * 50_000)

    writer = threading.Thread(target=write)
    writer.start()
    with open_input(pipe) as file:
        assert file.read() == b"one\n" * 50_000
    writer.join()


@pytest.mark.parametrize("is_open", [False, True], ids=["nobody", "somebody who writes nothing"])
def test_a_pipe_from_which_nothing_comes_is_not_waited_for(pipe: Path, *, is_open: bool) -> None:
    handle = os.open(pipe, os.O_RDWR) if is_open else None
    with open_input(pipe) as file, pytest.raises(UnreadableError, match="nothing came"):
        file.read()
    if handle is not None:
        os.close(handle)


def test_a_pipe_without_end_is_not_read_for_ever(pipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_file, "MAX_PIPE_BYTES", 1000)
    handle = os.open(pipe, os.O_RDWR)
    os.write(handle, b"y\n" * 2000)
    with open_input(pipe) as file, pytest.raises(UnreadableError, match="goes on after"):
        file.read()
    os.close(handle)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = " + "9" * 5000, "too many digits"),
        ("a = [" + "1" * 4301 + "]", "too many digits"),
        ("[a]\nb = [{c = 0x" + "f" * 5000 + "}]", "too many digits"),
        ("a = 0b1" + "0" * 63, "too many digits"),
        ("a = " + "[" * 20_000, "nested too deeply"),
        ("a = ", "Invalid value"),
    ],
)
def test_toml_that_cannot_be_read_names_the_file(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        load_toml(path, "write a = 1")
    assert str(path) in caught.value.message and caught.value.hint


@pytest.mark.parametrize(
    "text", ["NaN", "-Infinity", "[1e400]", "-1e999", "7" * 1001, "[" * 100_000, '{"a":' * 50_000, "{", ""]
)
def test_json_without_a_value_to_compute_with_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        parse_json(text)
