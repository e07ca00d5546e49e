"""llama.cpp as this program loads it."""

from __future__ import annotations

from orca_local.gguf.llama import library, model_parameters


def test_kernels_that_crash_are_left_out_where_the_build_has_them() -> None:
    has_amx = b"AMX_INT8 = 1" in library().llama_print_system_info()
    assert model_parameters().use_extra_bufts is not has_amx
