"""Every reference rule by the harness and the task that it is taken from."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from orca_local.suites.reference.base import Rule
from orca_local.suites.reference.bbh import bbh_first, bbh_flexible, bbh_strict
from orca_local.suites.reference.drop import drop_f1
from orca_local.suites.reference.gsm8k import gsm8k_flexible, gsm8k_strict
from orca_local.suites.reference.letters import after_prefix, answer_line, first_letter, first_line

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "inspect_evals:agieval": answer_line,
        "inspect_evals:race_h": answer_line,
        "instruct-eval:crass": first_letter,
        "drop:f1": drop_f1,
        "lm-evaluation-harness:arc_challenge_chat": after_prefix,
        "lm-evaluation-harness:bbh_cot_zeroshot/flexible-extract": bbh_flexible,
        "lm-evaluation-harness:bbh_cot_zeroshot/strict-match": bbh_strict,
        "lm-evaluation-harness:bbh_zeroshot/flexible-extract": bbh_first,
        "lm-evaluation-harness:gsm8k_cot_zeroshot/flexible-extract": gsm8k_flexible,
        "lm-evaluation-harness:gsm8k_cot_zeroshot/strict-match": gsm8k_strict,
        "lm-evaluation-harness:mmlu_generative": first_line,
    }
)
"""Rules by the names that `models/suites.toml` uses."""
