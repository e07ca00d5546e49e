"""Words of a sentence that tell which of its numbers is the answer."""

from __future__ import annotations

from orca_local.kinds.numbers import words
from orca_local.kinds.reading.asked import stem
from orca_local.kinds.reading.lexicon import phrase_set

SUBORDINATE = phrase_set("because|since|given|considering|if|when|as|after|before|while")
CONCLUSION_WORDS = phrase_set("so|therefore|thus|hence|consequently|leaving|giving|making|totaling|totalling")
CONCLUDING_WORDS = CONCLUSION_WORDS | {"equals", "because"}
NOT_CONCLUSION = phrase_set("far|many|much|that|called")
"""Words after which "so" concludes nothing."""
RESULT_VERBS = phrase_set("is|gives|makes|equals|means|leaves|rounds|comes")
CIRCUMSTANCE_WORDS = phrase_set(
    "in|on|at|of|over|for|from|by|within|during|after|before|per|every|than|until|since|with|between|each|through|under",
    "out|among|when|if|into|onto|across",
)
"""Words before a number that is seldom the answer, as in "360 pens in 30 days"."""
NO_NAMES = CIRCUMSTANCE_WORDS | words.NOT_UNIT_WORDS
ARTICLES = phrase_set("the|a|an|his|her|their|its|all|only|just|exactly|about|these|those|other")
VERBS = phrase_set(
    "is|are|was|were|equals|equal|be|totals|gives|makes|get|gets|has|have|leaves|becomes|cost|costs|needs|result|total|says",
    "sells|approximately|about|keep|keeps|need|take|takes|took|spends|spent|pays|paid|earns|earned",
)
"""Words before a number that is often the answer."""
REMAINDERS = phrase_set("left|up|stuck|ends|end|ended|starts|leaves|leaving")
"""Words before "with" and a number that is often the answer, as in "ends up with 3"."""
RELATIVES = phrase_set("which|who|whose|where")
INDIRECT = phrase_set("many|much|long|old|far|tall|often|big|large|high|fast|heavy")
TOTALS = phrase_set("left|remain|remaining|in total|in all|altogether|combined|total of|sum of")
UNITS_AND_PARTS = {
    tuple(map(stem, pair.split()))
    for pair in phrase_set(
        "hours minutes|minutes seconds|weeks days|years months|feet inches|pounds ounces",
        "stunden minuten|heures minutes|horas minutos",
    )
}
JOINS = phrase_set(",|and|und|et|y")
NEGATIONS = phrase_set("not|isn't|wasn't|aren't|weren't|never")
