"""Number words of other languages, and scales of other writings."""

from __future__ import annotations

import pytest

from orca_local.kinds.number import Number
from orca_local.kinds.numbers.foreign import NUMBERS
from tests.kinds.numbers.cases import parse_cases

STATED = parse_cases(
    r"""
    14: Antwort: vierzehn ¦ Réponse : quatorze ¦ Respuesta: catorce ¦ Risposta: quattordici ¦ Resposta: catorze
    56: Antwort: sechsundfünfzig Tage ¦ Antwort: sechsundfuenfzig ¦ Respuesta: cincuenta y seis días
    56: Réponse : cinquante-six jours ¦ Risposta: cinquantasei ¦ Resposta: cinquenta e seis
    21: Réponse : vingt et un ¦ Réponse : vingt et une ¦ Risposta: ventuno ¦ Antwort: einundzwanzig
    75: Réponse : soixante-quinze
    80: Réponse : quatre-vingts
    99: Réponse : quatre-vingt-dix-neuf ¦ Antwort: neunundneunzig
    41: Respuesta: cuarenta y un libros ¦ Respuesta: cuarenta y una
    2000: Réponse : deux mille
    3000000: Antwort: drei Millionen ¦ Antwort: 3 Mio. Euro
    1500: Antwort: 1,5 Tsd.
    5000: Ответ: 5 тыс.
    None: Answer: null ¦ Réponse : trois cent ¦ Réponse : trois cent deux ¦ Réponse : deux mille cinq
    None: Respuesta: ciento tres ¦ Respuesta: tres mil ¦ Respuesta: doscientos dos ¦ Answer: 25 mil
    """
)
TEXTS = parse_cases(
    r"""
    32: Quedan treinta y dos galletas. ¦ Es sind noch zweiunddreißig Kekse. ¦ Il reste trente-deux biscuits.
    8: Otto hat acht Kekse.
    15000: 工厂一天生产1.5万个零件。 ¦ 工厂一天生产1.5 万个零件。 ¦ 하루에 1만5천개를 만듭니다. ¦ 一天1万5千个
    40000000: 那里有4千万人。 ¦ 那里有4000万人。
    230000000: 共2亿3000万元。
    None: Vieron veinticinco mil personas. ¦ São 25 mil pessoas. ¦ Il y a trois cent deux pages.
    """
)


@pytest.mark.parametrize(("text", "expected"), STATED)
def test_after_the_heading(text: str, expected: str | None) -> None:
    readings = Number().read(text)
    assert readings.strict == expected
    assert readings.lenient == expected


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_without_a_form(text: str, expected: str | None) -> None:
    assert Number().read_lenient(text) == expected


def test_every_number_word_below_100_is_its_number() -> None:
    assert all(Number().read_strict(f"Answer: {phrase}") == str(value) for phrase, value in NUMBERS.items())
    assert set(NUMBERS.values()) == set(range(100))
