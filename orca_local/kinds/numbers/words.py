"""Numbers in words: "forty-two", "two hundred and five", "half", "2 dozen", "5 million"."""

from __future__ import annotations

from orca_local.kinds.numbers import foreign
from orca_local.kinds.reading.lexicon import CARDINALS, ORDINAL_WORDS, phrase_list, phrase_set

_TENS = phrase_list("twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety")

UNITS = {word: value for value, word in enumerate(CARDINALS)}
"""Words below twenty."""
TENS = {word: 10 * value for value, word in enumerate(_TENS, start=2)} | {"fourty": 40}
ORDINALS = {word: value for value, word in enumerate(ORDINAL_WORDS, start=1)} | {
    f"{word[:-1]}ieth": value for word, value in TENS.items()
}
FRACTIONS = {word: value for word, value in ORDINALS.items() if value > 2}
FRACTIONS |= {"half": 2, "quarter": 4, "hundredth": 100, "thousandth": 1000, "millionth": 10**6}
FRACTIONS |= {f"{word}s": value for word, value in FRACTIONS.items()} | {"halves": 2}
"""Words for one part of so many."""

_SCALE_GROUPS = {
    12: "dozen|dozens",
    100: "hundred|hundreds|hundert|百",
    1000: "thousand|thousands|k|tausend|tsd|mille|duizend|tusen|тыс|тысяч|千|천",
    10_000: "万|萬|만",
    100_000: "lakh|lakhs|lac",
    10**6: "million|millions|mn|mln|mio|millionen|millón|millones|milhão|milhões|milione|milioni|miljoen|miljoner|млн"
    "|миллион|миллиона|миллионов",
    10**7: "crore|crores",
    10**8: "亿|億|억",
    10**9: "billion|billions|bn|mrd|milliarde|milliarden|milliard|milliards|miliardi|млрд",
    10**12: "trillion|trillions|tn",
}
SCALES = {word: value for value, group in _SCALE_GROUPS.items() for word in group.split("|")}
"""Words that multiply the number before them."""
GLUED_SCALES = "百千万萬亿億천만억"
"""Characters of scales that are written together with the word after them: `2.5万件`."""
MONEY_SCALES = {"m": 10**6, "b": 10**9, "t": 10**12}
"""Letters that multiply an amount of money only: `$5m`, but `5m` is a length."""
TIMES = {"once": 1, "twice": 2, "thrice": 3}
"""Counts of times; numbers only where they are the whole answer."""

MINUS_WORDS = phrase_set("minus|negative|moins|menos")
CURRENCY_SYMBOLS = frozenset("$€£¥₹₽₩₪฿₫₴₦¢₱₺₵")
CURRENCY_WORDS = phrase_set("usd|eur|gbp|inr|cny|jpy|chf|rs|us|aud|cad|rmb|hk")
MONTHS = phrase_set(
    "january|february|march|april|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sep|sept",
    "oct|nov|dec",
)
"""Names of months; `May` is one only with a capital."""
UNIT_LETTERS = frozenset("mgshlLtAVWNJKCFMkdP")
"""Letters that may follow the digits as a unit or a scale; another single letter is a variable, as in `5x`."""

FIRST_WORDS = MINUS_WORDS | CURRENCY_WORDS | {*UNITS, *TENS, *ORDINALS, *TIMES, *FRACTIONS, *SCALES, "a", "an"}
FIRST_WORDS |= foreign.FIRST_WORDS
"""Words that a number may begin with."""
FUNCTIONS = phrase_set("log|ln|lg|sin|cos|tan|sqrt|exp|root")
"""Words that make something else of the number after them."""
OPERATOR_WORDS = phrase_set("plus|minus|times|divided|multiplied")
RANGE_WORDS = phrase_set("to|or|by|bis|oder|through|till")
"""Words between the ends of a range or between two alternatives."""
APPROXIMATE_WORDS = phrase_set(
    "about|approximately|approx|around|roughly|nearly|almost|circa|ca|exactly|just|only|precisely|some|the|an|a|number|no|nr|n",
    "rs|total|of|estimated",
)
"""Words that may stand before a number without changing it."""
NOT_UNIT_WORDS = phrase_set(
    "and|or|but|not|to|than|then|if|when|because|since|as|so|which|is|are|was|were|equals|gives|makes|plus|minus|times|divided",
    "multiplied|squared|cubed|factorial|root|no|wait|actually|instead|point|either|nor|maybe|perhaps|answer|und|y|et|oder|bis",
    "through|till|until|unless|below|under|mil|kk|tens|grand|scores|wrong|incorrect|false",
)
"""Words that cannot be part of a unit: after them the text says more than a number and its unit."""
