"""Texts that are slow to read for a reader that looks back, or that looks at every pair of places."""

from __future__ import annotations

from orca_local.kinds.table import KINDS

CHARACTERS = " \n\t\\\"'()[]{}<>|$*_`~#-+=/.,:;!?%&@^0 9aAxé你。：‘\u0301\u00a0\u2212"
PIECES = (
    *("Answer:", "Answer: ", "answer is ", "the answer to ", "\nAnswer:\n", "\\boxed{", "\\boxed{}", "\\boxed{1}"),
    *("#### ", "#### 1\n", "<think>", "</think>", "<answer>", "<answer></answer>", '{"answer":', '{"answer": 1}'),
    *("[[", "]", "- x\n", "1. x\n", "\n\n", " \n", "1,", "1 ", "1,000", "1.000.", "1'000", "1_", "1/", "-1", "--"),
    *("= 1", "1 = ", "1 + ", "\\frac{", "\\frac{1}{", "^{", "10^", "x 10^", "½", "٣", "one ", "hundred "),
    *("million ", "A ", "(A) ", "A. ", "(A)", "A, ", "A or ", "not ", "not A ", "neither ", "no, ", "no ", "yes "),
    *("true or ", "Wait, ", "actually ", "I cannot ", "but ", "because ", "Human: ", "\nHuman: ", "\nQuestion: "),
    *("\nQ: ", "<|im_end|>", "red ", "blue ", "red", "Mr. ", "is ", "the ", "\r\n"),
)
ORDINARY_KINDS = [name for name in KINDS if name != "free"]
PROMPT = "Which 3 of 12 is it? Is it red?\nA) red\nB) blue\nC) a red one\nD) 12"
LABELS = ("red", "blue", "not red", "dark red")


def texts(length: int) -> dict[str, str]:
    """Return hostile texts of about `length` characters, by the piece that they repeat."""
    pieces = (*CHARACTERS, *PIECES)
    texts = {piece: piece * (length // len(piece)) for piece in pieces}
    texts |= {f"Answer: {piece}": "Answer: " + texts[piece] for piece in pieces}
    texts |= {f"x {character} x": f"x{character * length}x" for character in " \t\u00a0"}
    texts |= {"x ( x": f"x{' ' * (length // 2)}({' ' * (length // 2)}x", "[x x]": f'["x{" " * length}x"]'}
    return texts | {f"{piece} Answer: 7": texts[piece] + "\nAnswer: 7" for piece in pieces}
