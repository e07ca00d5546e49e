from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orca_local.domain.errors import InputError
from orca_local.domain.settings import Settings
from orca_local.runs.settings_file import load_settings
from orca_local.runs.workspace import Workspace


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orca.toml"


def load(path: Path, text: str, environment: dict[str, str] | None = None, **overrides: dict[str, Any]) -> Settings:
    path.write_text(text, encoding="utf-8")
    return load_settings(path, environment or {}, overrides)


def problem(path: Path, text: str, environment: dict[str, str] | None = None, **overrides: dict[str, Any]) -> str:
    with pytest.raises(InputError) as caught:
        load(path, text, environment, **overrides)
    assert caught.value.hint
    return caught.value.message


def test_new_workspace_holds_defaults_and_the_student(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "a" / "b", student='models/"odd" \\ name.gguf')
    assert workspace.settings.student.file == 'models/"odd" \\ name.gguf'
    rest = workspace.settings.model_copy(update={"student": Settings().student})
    assert rest == Settings()
    assert [file.name for file in workspace.directory.iterdir()] == ["orca.toml"]


def test_new_workspace_takes_settings_of_every_type(tmp_path: Path) -> None:
    values: dict[str, dict[str, Any]] = {
        "teacher": {"kind": "starter", "seed": 3},
        "dataset": {"system_message": 'line\nbreak "quoted" \x7f ☃', "per_prompt": 3},
        "evaluate": {"system_messages": ["a", ""], "max_tokens": 96},
        "train": {"learning_rate": 1e-7},
    }
    settings = Workspace.create(tmp_path, settings=values).settings
    assert settings.teacher.kind == "starter"
    assert settings.dataset.system_message == values["dataset"]["system_message"]
    assert settings.dataset.per_prompt == 3
    assert settings.evaluate.system_messages == ("a", "")
    assert settings.train.learning_rate == 1e-7


def test_existing_workspace_is_never_overwritten(tmp_path: Path) -> None:
    Workspace.create(tmp_path, student="mine.gguf")
    with pytest.raises(InputError, match="exists already"):
        Workspace.create(tmp_path)
    assert Workspace.open(tmp_path).settings.student.file == "mine.gguf"


def test_workspace_is_found_from_below(tmp_path: Path) -> None:
    made = Workspace.create(tmp_path)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert Workspace.find(below) == made


def test_no_workspace_says_how_to_make_one(tmp_path: Path) -> None:
    for look in (Workspace.find, Workspace.open):
        with pytest.raises(InputError, match="no workspace") as caught:
            look(tmp_path)
        assert "orca-local init" in caught.value.hint
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is not a directory"):
        Workspace.open(tmp_path / "file")
    with pytest.raises(InputError, match="cannot be written"):
        Workspace.create(tmp_path / "file")


def test_option_beats_environment_which_beats_the_file(path: Path) -> None:
    text = "[train]\nrank = 4\nalpha = 8\nepochs = 2\n"
    environment = {"ORCA_LOCAL_TRAIN__RANK": "5", "ORCA_LOCAL_TRAIN__ALPHA": "9.5", "HOME": "/"}
    train = load(path, text, environment, train={"rank": 6}).train
    assert (train.rank, train.alpha, train.epochs, train.batch_size) == (6, 9.5, 2.0, 16)


def test_environment_texts_become_the_type_of_their_key(path: Path) -> None:
    environment = {
        "ORCA_LOCAL_STUDENT__FILE": "123",
        "ORCA_LOCAL_DATASET__PER_PROMPT": "3",
        "ORCA_LOCAL_EXPORT__QUANTIZATIONS": '["Q8_0", "Q4_K_M"]',
        "ORCA_LOCAL_EVALUATE__SYSTEM_MESSAGES": "Be kind, and brief.",
        "ORCA_LOCAL_TEACHER__SEED": "7",
        "ORCA_LOCAL_MODELS": "/somewhere",
    }
    settings = load(path, "", environment)
    assert settings.student.file == "123"
    assert settings.dataset.per_prompt == 3
    assert settings.export.quantizations == ("Q8_0", "Q4_K_M")
    assert settings.evaluate.system_messages == ("Be kind, and brief.",)
    assert settings.teacher.seed == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[train]\nrnak = 8", "unknown key train.rnak; did you mean train.rank?"),
        ("[trian]\nrank = 8", "unknown key trian.rank; did you mean train.rank?"),
        ("[teachers]\nmodel = 'm'", "unknown key teachers.model; did you mean teacher.model?"),
        ("[Teacher]\nmax_used = 5", "unknown key Teacher.max_used; did you mean teacher.max_usd?"),
        ("[serve]\nport = 1", "unknown key serve.port; sections are student, engine"),
        ("rank = 8", "unknown key rank; did you mean train.rank?"),
        ("[zzz]", "unknown key zzz; sections are student, engine"),
        ("train = 3", "train is a section: write [train]"),
        ('[train]\nrank = "16"', 'train.rank = "16": should be a valid integer'),
        ("[train]\nrank = true", "train.rank = true: should be a valid integer"),
        ("[train]\nrank = 0", "train.rank = 0: should be greater than or equal to 1"),
        ("[train]\nrank = [1]", "train.rank = [1]: should be a valid integer"),
        ("[train]\nrank = 2026-01-01", 'train.rank = "2026-01-01": should be a valid integer'),
        (
            '[teacher]\nkind = "robot"',
            "teacher.kind = \"robot\": should be 'openai', 'file', 'starter', 'local' or 'self'",
        ),
        ('[engine]\nkind = "robot"', 'engine.kind = "robot": should be one of llama_cpp, mlx, openai'),
        ("[student]\nfile = 3", "student.file = 3: should be a valid string"),
        ("[evaluate]\nsystem_messages = [3]", "evaluate.system_messages = 3: should be a valid string"),
        ("[train]\nepochs = inf", "train.epochs = Infinity: should be a finite number"),
        ("[train]\nlearning_rate = nan", "train.learning_rate = NaN: should be a finite number"),
        ("[train]\nseed = -1", "train.seed = -1: should be greater than or equal to 0"),
        ("[train]\nrank = 99999999999999999999", "is not valid TOML: a number has too many digits"),
        ("[engine]\nthreads = 99999999", "engine.threads = 99999999: should be less than or equal to 1024"),
        ("[train\nrank = 8", "is not valid TOML"),
        ("a = " + "[" * 5000 + "]" * 5000, "is not valid TOML: its values are nested too deeply"),
        ("[train]\nrank = 8\nrank = 9", "is not valid TOML"),
    ],
)
def test_bad_setting_is_named_with_file_key_and_remedy(path: Path, text: str, message: str) -> None:
    error = problem(path, text)
    assert error.startswith(str(path))
    assert message in error


def test_all_bad_keys_are_named_at_once(path: Path) -> None:
    assert problem(path, "[train]\nrnak = 8\nalhpa = 2").count("unknown key") == 2
    assert problem(path, "[train]\nrank = 0\nalpha = 0").count("should be") == 2


def test_bad_environment_and_option_are_named_as_such(path: Path) -> None:
    error = problem(path, "", {"ORCA_LOCAL_TRAIN__RANK": "many"})
    assert error == 'environment variable ORCA_LOCAL_TRAIN__RANK: train.rank = "many": should be a valid integer'
    error = problem(path, "", {"ORCA_LOCAL_TRAIN__RNAK": "3"})
    assert error == "environment variable ORCA_LOCAL_TRAIN__RNAK: unknown key train.rnak; did you mean train.rank?"
    assert problem(path, "", train={"rank": -1}).startswith("option: train.rank = -1")


def test_unreadable_settings_files_are_input_errors(path: Path, tmp_path: Path) -> None:
    path.write_bytes(b"[train]\nx = '\xff'")
    with pytest.raises(InputError, match="is not UTF-8"):
        load_settings(path, {})
    with pytest.raises(InputError, match="cannot be read"):
        load_settings(tmp_path, {})
    with pytest.raises(InputError, match="there is no"):
        load_settings(tmp_path / "none.toml", {})
    path.write_bytes(b"\xef\xbb\xbf[train]\r\nrank = 3\r\n")
    assert load_settings(path, {}).train.rank == 3


@pytest.mark.parametrize(
    "line",
    [
        'key_env = "sk-secret"',
        'key = "sk-secret"',
        'api_key = "sk-secret"',
        'base_url = "https://me:sk-secret@host/v1"',
        'base_url = "https://host/v1?key=sk-secret"',
    ],
)
def test_a_key_in_the_wrong_place_is_refused_and_not_repeated(path: Path, line: str) -> None:
    error = problem(path, "[teacher]\n" + line)
    assert "sk-secret" not in error
    assert "environment" in error or "key_env" in error
