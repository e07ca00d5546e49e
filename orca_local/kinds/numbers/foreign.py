"""Whole numbers below 100 in German, Spanish, French, Italian and Portuguese words."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from orca_local.kinds.reading.lexicon import phrase_list, phrase_set

_AMBIGUOUS = phrase_set("elf|null|once|six|seize|sept|dix|un|um|due|sei|otto|venti")
"""Number words that are also English words, names, months or articles. Alone, they are not read."""

_GERMAN = (
    "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn"
    " achtzehn neunzehn",
    "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
)
_SPANISH = (
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete"
    " dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete"
    " veintiocho veintinueve",
    "treinta cuarenta cincuenta sesenta setenta ochenta noventa",
)
_FRENCH = (
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit"
    " dix-neuf",
    "vingt trente quarante cinquante soixante",
)
_ITALIAN = (
    "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici"
    " diciassette diciotto diciannove",
    "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
)
_PORTUGUESE = (
    "zero um dois três quatro cinco seis sete oito nove dez onze doze treze catorze quinze dezesseis dezessete dezoito"
    " dezenove",
    "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
)


def _numbers() -> Iterator[tuple[str, int]]:
    for language in (_GERMAN, _SPANISH, _FRENCH, _ITALIAN, _PORTUGUESE):
        small, tens = (words.split() for words in language)
        yield from ((word, value) for value, word in enumerate(small))
        for ten, word in enumerate(tens, start=3 if language is _SPANISH else 2):
            yield word, 10 * ten
            for unit, unit_word in enumerate(small[1:10], start=1):
                yield _compound(language, word, unit, unit_word), 10 * ten + unit
    french = _FRENCH[0].split()
    for unit, word in enumerate(french[10:20], start=10):
        yield f"soixante {'et ' * (unit == 11)}{word}", 60 + unit
    yield "quatre-vingts", 80
    yield from ((f"quatre-vingt {word}", 80 + unit) for unit, word in enumerate(french[1:20], start=1))


def _compound(language: tuple[str, str], ten: str, unit: int, word: str) -> str:
    if language is _GERMAN:
        return ("ein" if unit == 1 else word) + "und" + ten
    if language is _ITALIAN:
        return (ten[:-1] if unit in (1, 8) else ten) + word
    if language is _FRENCH:
        return f"{ten} et {word}" if unit == 1 else f"{ten} {word}"
    return f"{ten} {'y' if language is _SPANISH else 'e'} {word}"


def _spellings(phrase: str) -> set[str]:
    plain = "".join(letter for letter in unicodedata.normalize("NFD", phrase) if not unicodedata.combining(letter))
    umlauts = phrase.replace("ü", "ue").replace("ö", "oe").replace("ß", "ss")
    spellings = {spelling.replace("-", " ") for spelling in (phrase, plain, umlauts)}
    before_noun = ((" et un", " et une"), (" y uno", " y una"), (" y uno", " y un"), (" e um", " e uma"))
    return spellings | {phrase.replace(end, other) for end, other in before_noun if phrase.endswith(end)}


NUMBERS = {
    spelling: value for phrase, value in _numbers() if phrase not in _AMBIGUOUS for spelling in _spellings(phrase)
}
"""Phrases and their values. Hyphens are written as spaces."""
FIRST_WORDS = frozenset(phrase.partition(" ")[0] for phrase in NUMBERS)
MAX_WORDS = max(phrase.count(" ") + 1 for phrase in NUMBERS)
HUNDREDS = phrase_list("cent|cents|ciento|cien|cientos|cientas|cento|centos|hundert|mil|mille|mila|tausend")
"""Ends of the words that make a number beside them a part of a larger one, which is not read."""
