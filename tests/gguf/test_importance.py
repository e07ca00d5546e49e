from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFReader, GGUFWriter

from orca_local.domain.errors import InputError
from orca_local.gguf.header import read_header
from orca_local.gguf.importance import ColumnSquares, ImportanceMatrix, read_importance, write_importance
from orca_local.gguf.layer_names import linear_layers


def matrix_of(gguf: Path, key: str = "rows:1") -> ImportanceMatrix:
    rng = np.random.default_rng(0)
    columns = {
        layer.gguf_name: ColumnSquares(rng.random(layer.in_features, np.float32), 100)
        for layer in linear_layers(read_header(gguf))
    }
    return ImportanceMatrix(columns, key)


def write_foreign(path: Path, counts: int = 1, value: float = 3.0, kind: str = "imatrix", part: str = "counts") -> Path:
    """A file like that of llama-imatrix (`tools/imatrix/imatrix.cpp`, `save_imatrix`)."""
    writer = GGUFWriter(path, "none")
    writer.add_type(kind)
    writer.add_array("imatrix.datasets", ["wiki.train.raw"])
    writer.add_uint32("imatrix.chunk_count", 2)
    writer.add_uint32("imatrix.chunk_size", 512)
    writer.add_tensor("blk.0.attn_q.weight.in_sum2", np.full((counts, 4), value, np.float32))
    writer.add_tensor(f"blk.0.attn_q.weight.{part}", np.full((counts, 1), 1024, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_what_is_written_is_read(tiny_gguf: Path, tmp_path: Path) -> None:
    matrix, path = matrix_of(tiny_gguf), tmp_path / "imatrix.gguf"
    write_importance(path, matrix, dataset="rows of mine", rows=7)
    actual = read_importance(path)
    assert actual.key == "rows:1" and actual.columns.keys() == matrix.columns.keys()
    for name, squares in matrix.columns.items():
        assert actual.columns[name].count == 100
        np.testing.assert_array_equal(actual.columns[name].sums, squares.sums)
        np.testing.assert_allclose(actual.columns[name].means, squares.sums / 100, rtol=1e-6)
    actual.check_fits(read_header(tiny_gguf), "it")


def test_the_file_says_what_llama_quantize_asks_for(tiny_gguf: Path, tmp_path: Path) -> None:
    """Read with the `gguf` package; the names are those of llama.cpp's `common/imatrix-loader.cpp`."""
    path = tmp_path / "imatrix.gguf"
    write_importance(path, matrix_of(tiny_gguf), dataset="rows of mine", rows=7)
    reader = GGUFReader(path)
    values = {name: field.contents() for name, field in reader.fields.items() if not name.startswith("GGUF.")}
    assert values["general.type"] == "imatrix" and values["imatrix.datasets"] == ["rows of mine"]
    assert (values["imatrix.chunk_count"], values["imatrix.chunk_size"]) == (7, 15)
    shapes = {tensor.name: (tensor.tensor_type.name, tensor.shape.tolist()) for tensor in reader.tensors}
    assert shapes["blk.1.ffn_down.weight.in_sum2"] == ("F32", [64, 1])
    assert shapes["blk.1.ffn_down.weight.counts"] == ("F32", [1, 1])
    assert len(shapes) == 2 * 14


def test_a_file_of_llama_imatrix_is_read(tmp_path: Path) -> None:
    actual = read_importance(write_foreign(tmp_path / "foreign.gguf"))
    assert actual.key == "" and actual.columns["blk.0.attn_q.weight"].count == 1024
    np.testing.assert_allclose(actual.columns["blk.0.attn_q.weight"].means, 3 / 1024)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"counts": 8}, "mixture of experts"),
        ({"value": float("nan")}, "not sums of squares"),
        ({"value": -1.0}, "not sums of squares"),
        ({"kind": "model"}, "not an importance matrix"),
        ({"part": "other"}, "no counts"),
    ],
)
def test_what_is_no_matrix_is_refused(options: dict[str, object], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message) as raised:
        read_importance(write_foreign(tmp_path / "bad.gguf", **options))  # type: ignore[arg-type]
    assert raised.value.hint


def test_the_older_form_is_named(tmp_path: Path) -> None:
    (tmp_path / "imatrix.dat").write_bytes(bytes([210, 0, 0, 0]) + bytes(100))
    with pytest.raises(InputError, match="not a GGUF") as raised:
        read_importance(tmp_path / "imatrix.dat")
    assert "llama-imatrix --in-file" in raised.value.hint


def test_a_matrix_of_another_model_is_refused(tiny_gguf: Path) -> None:
    """llama.cpp would quantize a matrix without an entry as if there were no importance matrix, without a warning."""
    header, matrix = read_header(tiny_gguf), matrix_of(tiny_gguf)
    name = "blk.1.ffn_down.weight"
    lacking = {key: value for key, value in matrix.columns.items() if key != name}
    short = dict(matrix.columns) | {name: ColumnSquares(np.ones(63, np.float32), 1)}
    for columns, message in (
        (lacking, "no entry for blk.1.ffn_down"),
        (short, "63 columns for blk.1.ffn_down.weight, not 64"),
    ):
        with pytest.raises(InputError, match=message):
            ImportanceMatrix(columns).check_fits(header, "it")
