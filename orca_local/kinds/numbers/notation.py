r"""Bring numbers as models write them into one notation: ASCII digits, one minus, no LaTeX, no markup."""

from __future__ import annotations

import re
import unicodedata

NOT_A_NUMBER = "√"
"""Stands for a root, a symbol or a LaTeX command that has no plain number. The parser reads no number beside it."""
THIN_SPACE = "\u202f"
"""Stands for every space that is used inside numbers only."""

_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys("\u2212\u2010\u2011\u2012\u2013\ufe63\uff0d\u207b", "-"),
        **dict.fromkeys("\u00a0\u2007\u2008\u2009\u200a\u202f\u205f", THIN_SPACE),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\ufe0e\ufe0f\u20e3", ""),
        **dict.fromkeys("\u2018\u2019\u201a\u02bc\uff07\u2032", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb\u300c\u300d", '"'),
        **dict.fromkeys("\u2215\u2044\uff0f", "/"),
        **dict.fromkeys("\u22c5\u2217\u2715\u2716\u00b7\u2219\uff0a", "×"),
        **dict.fromkeys("\u2243\u2245\u223c\uff5e\u2248", "≈"),
        **dict.fromkeys("\u03c0\u221b\u221c\u221e\u00b1\u2213\u2264\u2265\u2a7d\u2a7e\u2260", NOT_A_NUMBER),
        **dict(zip("，．：；（）％＄＋＝、٪،", ",.:;()%$+=,%,", strict=True)),
        **dict.fromkeys("\u2192\u21d2\u27f9", " so "),
        "。": ". ",
        "！": "! ",
        "？": "? ",
        "\u066b": ".",
        "\u066c": ",",
        "\u02d9": "'",
        "\uffe5": "¥",
        "\uff3e": "^",
    }
)
_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")
_VULGAR_FRACTION = re.compile("([0-9]?)([¼-¾⅐-⅞])")
_SUPERSCRIPT = re.compile("[⁰¹²³⁴-⁹]+")

_FRACTION = r"(?:\{([^{}]*)\}|([0-9]))\s*"
_LATEX = re.compile(
    rf"\\[dtc]?frac\s*{_FRACTION}{_FRACTION}"  # groups 1 to 4
    r"|\\([A-Za-z]+)\*?"  # 5: a command
    r"|\\(.)"  # 6: an escaped character
    r"|[{}]",
    re.DOTALL,
)
_TERM = re.compile(r"\s*[-+]?\s*[0-9][0-9.,\s]*")
_COMMANDS = {
    **dict.fromkeys(("times", "cdot", "ast"), "×"),
    **dict.fromkeys(("approx", "sim", "simeq"), "≈"),
    **dict.fromkeys(("circ", "degree"), "°"),
    **dict.fromkeys(("text", "textbf", "textit", "textrm", "textsf", "texttt", "emph", "mbox", "boxed", "fbox"), " "),
    **dict.fromkeys(("mathrm", "mathbf", "mathit", "mathsf", "mathtt", "bf", "rm", "operatorname", "underline"), " "),
    **dict.fromkeys(("displaystyle", "left", "right", "big", "Big", "bigl", "bigr", "quad", "qquad", "space"), " "),
    **dict.fromkeys(("Rightarrow", "implies", "therefore", "to", "rightarrow", "longrightarrow"), " so "),
    "div": "÷",
    "euro": "€",
    "pounds": "£",
    "equiv": "=",
    "minus": "-",
    "begin": " ",
    "end": " ",
}
_ESCAPED = {"!": "", "(": " ", ")": " ", "[": " ", "]": " ", "{": "(", "}": ")", "\\": "\n"}
_ESCAPED |= dict.fromkeys(",:; ", THIN_SPACE)

_CENTS = re.compile(r"(\d) (dollars?|euros?),?(?: and)? (\d\d?) cents?\b", re.IGNORECASE)
_ROUNDED = re.compile(r"(=\s*-?[0-9]+/[0-9]+)\s*≈\s*-?[0-9][0-9.,]*(?!\s?%)")
"""A fraction and what it is about."""

_EMPHASIS = re.compile(r"(?<![\w)%$*])(\*{1,3})(?=[^\s*])([^*\n]{1,200}?)(?<=\S)\1(?!\*)")
_MATH = re.compile(r"\$(?=\S)([^$\n]{1,200}=[^$\n]{0,200}[\w)}%])\$(?![0-9])")
"""An equation between dollar signs, which are then no currency."""
_MARKUP = re.compile(
    r"(?P<calculator><<[^<>\n]*>>)"
    r"|(?P<raise><sup>)"
    r"|<(?P<placeholder>[-+$€£]?[0-9][0-9.,]*)>"
    r"|(?P<tag></?[A-Za-z][A-Za-z0-9]*\s?/?>)"
    r"|(?P<glued>(?<=[0-9)%$])\*\*?(?=[0-9($€£+-]|\.[0-9]))"
    r"|(?P<spaced>(?<=[\w)%$])\ \*\*?\ (?=[\w($€£.+-])|(?<=[\w)%$])\ \*(?=[\s`]*\Z))"
    r"|\*+|`+|~~|(?<![0-9])_+|_+(?![0-9])",
)


def plain_notation(text: str) -> str:
    r"""Return the text with numbers in one notation: `\frac{1}{2}` and `½` as `1/2`, `−` as `-`, `10⁸` as `10^8`.

    Markdown emphasis, tags and LaTeX wrappers go; `*` between operands becomes `×`. `$` stays, as a currency.
    """
    text = _EMPHASIS.sub(r"\2", _MATH.sub(r"\1", text.translate(_CHARACTERS)))
    text = _FOREIGN_DIGIT.sub(lambda match: str(unicodedata.decimal(match[0])), text)
    text = _VULGAR_FRACTION.sub(_plain_fraction, text)
    text = _SUPERSCRIPT.sub(lambda match: "^" + unicodedata.normalize("NFKC", match[0]), text).replace("-^", "^-")
    if "\\" in text or "{" in text:
        text = _LATEX.sub(_plain_latex, text.replace("\\text{,}", ",").replace("{,}", ","))
    text = text.replace("^°", "°").replace("^ °", "°").replace("$^", "^").replace("~", " ")
    text = text.replace("=>", " so ").replace("->", " so ")
    text = _CENTS.sub(lambda match: f"{match[1]}.{match[3]:0>2} {match[2]}", _ROUNDED.sub(r"\1", text))
    return _MARKUP.sub(_plain_markup, text)


def _plain_fraction(match: re.Match[str]) -> str:
    fraction = unicodedata.normalize("NFKC", match[2]).replace("\u2044", "/")
    return f"{match[1]} {fraction}" if match[1] else fraction


def _plain_latex(match: re.Match[str]) -> str:
    top, bottom = match[1] or match[2], match[3] or match[4]
    if top and bottom:
        if not (_TERM.fullmatch(top) and _TERM.fullmatch(bottom)):
            return NOT_A_NUMBER
        after_digit = match.string[match.start() - 1 : match.start()].isdigit()
        top, bottom = top.replace(" ", ""), bottom.replace(" ", "")
        sign = "-" if bottom.startswith("-") else ""
        return f"{' ' if after_digit else ''}{sign}{top}/{bottom.lstrip('-')} "
    if match[5]:
        return _COMMANDS.get(match[5], NOT_A_NUMBER)
    return _ESCAPED.get(match[6], match[6]) if match[6] else ""


def _plain_markup(match: re.Match[str]) -> str:
    if match["glued"] or match["spaced"]:
        return "^" if "**" in match[0] else " × "
    return "^" if match["raise"] else match["placeholder"] or ""
