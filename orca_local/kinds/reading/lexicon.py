"""The words that readers know, and patterns of them.

A list is one string, its phrases divided by `|`. In a pattern a space stands for any white space, and an apostrophe for
both its forms.
"""

from __future__ import annotations

import re


def phrases(*lists: str) -> str:
    """Return a pattern for any phrase of these lists, without a group around it."""
    return "|".join(lists).replace(" ", r"\s+").replace("'", "['’]")


def phrase_list(*lists: str) -> tuple[str, ...]:
    """Return the phrases of these lists, in their order."""
    return tuple("|".join(lists).split("|"))


def phrase_set(*lists: str) -> frozenset[str]:
    """Return the phrases of these lists."""
    return frozenset(phrase_list(*lists))


def pattern(*lists: str) -> re.Pattern[str]:
    """Return a compiled pattern for any phrase of these lists as whole words, in any case."""
    return re.compile(rf"\b(?:{phrases(*lists)})\b", re.IGNORECASE)


CARDINALS = phrase_list(
    "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen",
    "nineteen",
)
ORDINAL_WORDS = phrase_list(
    "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth",
    "sixteenth|seventeenth|eighteenth|nineteenth",
)
ABBREVIATIONS = phrase_set(
    "mr|mrs|ms|dr|prof|gen|st|jr|sr|vs|etc|inc|ltd|co|corp|no|nr|fig|mt|ft|lt|col|sgt|capt|rev|hon|sen|rep|gov|pres|e.g|i.e",
    "approx|est|dept|univ|a.m|p.m|bzw|usw|ca|cf|al|ave|blvd|rd|op|vol|pp|ed|jan|feb|mar|apr|aug|sept|oct|nov|dec",
)
"""Words whose period does not end a sentence."""
NUMBERED = phrase_set("no|nr|fig|vol|pp|op|rd")
"""Abbreviations that a number follows."""
ALSO_WORDS = phrase_set("no|fig|vol|ed|rep|mar|dec|sen|gen|op")
"""Abbreviations that are also words: at the end of a text they are the word."""

COMMON_WORDS = phrase_set(
    "a|an|the|no|yes|true|false|not|none|other|unknown|and|or|but|if|is|are|was|be|it|this|that|he|she|they|i|we|you|of|in",
    "on|at|to|for|by|with|from|as|so|who|what|which|when|where|how|why|all|some|any|more|less|many|much|up|down|out|one",
)
"""Words that a sentence uses without meaning the label. They count only where they stand alone."""
BEFORE_ANSWER = phrases(
    "is|are|was|be|s|say|think|believe|guess|answer|choose|chose|pick|picked|select|with|for|use|so|option|choice|label|class",
    "category|article|word|letter|tag|type|probably|definitely|clearly|then|either|not|than|of|or|and|nor|between|among|from",
    "neither|both|as|to|thus|hence|therefore|maybe|perhaps|likely|rather|but|while|only|just|the|your|my|about|surely",
    "certainly|leaves|leaving|in|la|le|der|die|das|lettre|opción|réponse|antwort|ist|es|est|é|è",
)
"""Words after which a short word is an answer."""
AFTER_ANSWER = phrases(
    "is|are|was|were|because|as|since|for|or|and|nor|but|rather|instead|not|so|if|over|than|i|here|would|could|can|cannot",
    "must|seems|one|can't|isn't|makes|fits|matches|describes|works|represents|follows",
)
"""Words before which a short word is an answer."""

SPOKEN_BEFORE = phrases(
    "is|are|be|was|so|hence|thus|therefore|indeed|say|says|answer|probably|likely|definitely|clearly|still|then|but|not|isn't",
    "or|and|a|simply|also|with|choose|pick|think|believe|guess|to|as|well|hell|oh|absolutely|obviously|ultimately|perhaps",
    "maybe|possibly|certainly|surely|means",
)
"""Words after which yes or no is said, not used as a word of the sentence."""
SPOKEN_AFTER = phrases("because|since|as|for|but|and|not|rather|instead|if|though|although|to this|to the|to your|from")
"""Words before which yes or no is said."""
ADVERBS = phrases(
    "indeed|actually|clearly|definitely|therefore|thus|probably|likely|also|always|generally|still|simply|completely",
    "entirely|absolutely|partly|considered|rated|only",
)

YES = phrase_set("yes|true|yeah|yep|yup|yea")
NO = phrase_set("no|false|nope|nah")
FOREIGN_YES = phrase_set(
    "ja|jawohl|sí|si|oui|sim|da|да|tak|evet|ναι|نعم|أجل|हाँ|हां|vâng|có|是|是的|对|對|对的|正确|はい|ええ|うん|네|예"
)
FOREIGN_NO = phrase_set(
    "nein|non|não|nao|нет|nie|hayır|όχι|لا|नहीं|không|nee|不是|否|不|不对|不對|不是的|没有|错误|错|いいえ|いや|아니요|아니오|아니"
)
AGREEMENT = phrase_set(
    "correct|right|absolutely|definitely|certainly|of course|indeed|exactly|precisely|affirmative|that is correct",
    "that's correct|that is right|that's right|totally|i agree|agreed|plausible",
    "very much so|without a doubt|undoubtedly|yes indeed|absolutely yes|indeed it is",
)
"""Sentences that mean yes."""
DISAGREEMENT = phrase_set(
    "incorrect|wrong|not at all|absolutely not|definitely not|certainly not|of course not|not really|never|negative",
    "not correct|not right|untrue|not quite|that is incorrect|that's incorrect|that is wrong|that's wrong",
    "no way|i disagree|not plausible|implausible|by no means",
)
"""Sentences that mean no."""
AUXILIARIES = "is|are|was|were|do|does|did|can|could|will|would|has|have|had|should|must|may|might|am"
"""Verbs that begin a yes-or-no question."""
FILLERS = phrase_set(AUXILIARIES, "be|been|being|indeed|so|yes|really|actually|clearly|well|therefore|thus|also|ca|wo")
"""Words that a restated question may have besides its own."""

EMPTY_WORDS = phrase_set(
    AUXILIARIES,
    "a|an|the|of|to|in|on|at|by|for|from|with|as|and|or|that|this|these|those|it|its|he|she|they|we|you|i|his|her|their",
    "him|them|there|be|been|being|not|how|many|much|what|which|who|whom|whose|when|where|why|so|if|than|then|each|every|per",
    "all|any|some|question|answer|passage|text|number|name|following|did|into|out|up|one",
)
"""Words that do not tell what a question is about."""
_IRREGULAR = (
    "be been|become became|begin began begun|bite bit bitten|blow blew blown|break broke broken|bring brought|"
    "build built|burn burnt|buy bought|catch caught|choose chose chosen|come came|cut cut|deal dealt|"
    "die died dying|use used using|tie tied|owe owed|do done|draw drew drawn|drink drank drunk|drive drove driven|"
    "eat ate eaten|fall fell fallen|feed fed|feel felt|fight fought|find found|fly flew flown flies|"
    "forget forgot forgotten|freeze froze frozen|get got gotten|give gave given|go went gone|grow grew grown|"
    "have had|hear heard|hide hid hidden|hold held|keep kept|know knew known|lay laid|lead led|"
    "leave left remain remains remained remaining|lend lent|lie lay lain|lose lost|make made|mean meant|meet met|"
    "pay paid|ride rode ridden|ring rang rung|rise rose risen|run ran|say said|see saw seen|sell sold|send sent|"
    "shake shook shaken|shoot shot|show shown|sing sang sung|sink sank sunk|sit sat|sleep slept|"
    "speak spoke spoken|spend spent|stand stood|steal stole stolen|swim swam swum|take took taken|teach taught|"
    "tell told|think thought|throw threw thrown|understand understood|wear wore worn|win won|write wrote written|"
    "sew sewn|mow mown|swear swore sworn|tear tore torn|wake woke woken|weave wove woven"
)
VERB_FORMS = {form: base for base, *forms in map(str.split, _IRREGULAR.split("|")) for form in forms}
"""Irregular forms of verbs, and the verb."""
PAST_FORMS = frozenset(forms[1] for forms in map(str.split, _IRREGULAR.split("|")) if len({*forms}) > 2)
"""Irregular past forms that are no participles: "took", but not "found"."""
_PLURALS = "man men|woman women|child children|foot feet|tooth teeth|mouse mice|goose geese|person people|leaf leaves"
OTHER_FORMS = {word: str(value) for value, word in enumerate(CARDINALS[:13]) if value > 1}
OTHER_FORMS |= {plural: singular for singular, plural in map(str.split, _PLURALS.split("|"))}
"""Small numbers in words and irregular plurals, and the form that stands for them."""
