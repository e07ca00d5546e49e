"""A phrase that is one number, and phrases that are none."""

from __future__ import annotations

import pytest

from orca_local.kinds.numbers.phrase import read_bare_number, read_whole_number
from orca_local.kinds.numbers.value import decimal_text
from tests.kinds.numbers.cases import parse_cases

WHOLE = parse_cases(
    r"""
    18: 18 ¦ 18. ¦ **18** ¦ *18* ¦ `18` ¦ "18" ¦ “18” ¦ $18$ ¦ \(18\) ¦ \[18\] ¦ \boxed{18} ¦ $\boxed{18}$
    18: **$18** ¦ $18 ¦ $18. ¦ 18$ ¦ 18 € ¦ €18 ¦ US$18 ¦ USD 18 ¦ 18 USD ¦ Rs. 18 ¦ Rs 18 ¦ ₹18 ¦ 18 apples
    18: 18 apples left ¦ 18 (apples) ¦ 18 (eighteen) ¦ eighteen (18) ¦ [18] ¦ {18} ¦ \{18\} ¦ 18% ¦ 18 %
    18: 18 percent ¦ 18\% ¦ 18 per cent ¦ 18‰ ¦ about 18 ¦ approx. 18 ¦ ≈ 18 ¦ ~18 ¦ \approx 18 ¦ x = 18
    18: $x=18$ ¦ 12 + 6 = 18 ¦ 12+6=18 ¦ 18 = 12 + 6 ¦ 18! ¦ 18 🎉 ¦ 18 ✓ ¦ 18 ✅
    18.5: 18,50 €
    1234567.5: ₹ 12,34,567.50
    -18: x=-18
    360: 12 x 30 = 360 ¦ three hundred sixty
    12: 20 - 5 - 3 = 12 apples ¦ a dozen ¦ 12km ¦ 12 km/h
    4: 20/5 = 4 ¦ 20 ÷ 5 = 4 ¦ 20 divided by 5 = 4 ¦ √16 = 4
    1000: 10^3 ¦ 10³ ¦ 1e3 ¦ 1_000 ¦ 10<sup>3</sup>
    3.14: 3.14
    0.3333333333333333: 1/3
    0.6666666666666667: 2/3 ¦ two thirds ¦ 2/3 of the pizza ¦ two-thirds
    -0.25: -1/4
    0.75: 3 / 4 ¦ \frac{3}{4} ¦ \dfrac34 ¦ \tfrac{3}{4} ¦ three quarters ¦ three-quarters
    1.5: 1 1/2 ¦ 1 1/2 cups ¦ one and a half ¦ 1.5 hours ¦ 1,5 Stunden
    0.5: ½ ¦ half ¦ one half ¦ 0.50 ¦ .5 ¦ 0,5 ¦ 1 half
    2.5: 2½ ¦ 2 ½ ¦ two and a half hours
    -0.5: -½ ¦ $-\frac{1}{2}$ ¦ -.5
    0.625: 5/8 inches
    -0.75: -\frac{3}{4} ¦ \frac{3}{-4}
    2.75: 2\frac{3}{4}
    617: \frac{1,234}{2}
    -5: -5 ¦ −5 ¦ –5 ¦ ﹣5 ¦ -5 ¦ minus 5 ¦ minus five ¦ negative 5 ¦ negative five ¦ (-5) ¦ - 5 ¦ $-5$ ¦ -$5
    -5: $-5 ¦ −$5.00 ¦ −5°C ¦ \left(-5\right)
    5: +5 ¦ five ¦ Five. ¦ 5hrs ¦ 5 hrs. ¦ 5 sq. ft. ¦ 5 kilowatt-hours ¦ 5' ¦ 5" ¦ 5. ¦ 5... ¦ 5 cents
    5: 5 seconds ¦ 5 nickels
    0: -0 ¦ -0.0 ¦ zero
    1500: 1.5e3 ¦ 1\,500
    0.0001: 1E-4
    10000: 1e+4 ¦ 10_000 ¦ 10{,}000
    300000000: 3×10⁸ ¦ 3 × 10^8 m/s ¦ 3x10^8 ¦ 3*10^8 ¦ 3 * 10**8
    0.03: 3 \times 10^{-2} ¦ 3 × 10⁻²
    300: 3 \cdot 10^{2} ¦ 3·10^2
    602000000000000000000000: 6.02e23
    42: forty-two ¦ forty two
    205: Two hundred and five
    1200: one thousand two hundred
    100: a hundred ¦ one hundred
    0.25: a quarter ¦ P(A) = 1/4 ¦ P = 0.25
    5.5: 5 and a half
    24: two dozen ¦ 2 dozen eggs
    6: half a dozen
    5000000: 5 million ¦ 5 million people ¦ $5 million ¦ $5M ¦ 5M ¦ 5 mn ¦ 5 Millionen
    5200000000: 5.2 billion
    5000: 5 thousand ¦ 5k ¦ 5K ¦ 5k run
    1500000: $1.5m
    300000: 3 lakh
    20000000: 2 crore
    500000: half a million
    2: twice ¦ 2.000 € ¦ 2 = x
    1: once ¦ 1 second ¦ one ¦ one apple ¦ 1st place
    3: third ¦ the 3rd ¦ 3rd ¦ 3 p.m. ¦ ٣ تفاحات
    21: 21st ¦ twenty-one dollars
    7: the seventh ¦ 007 ¦ 7 quarters
    3.5: three point five ¦ 3,5 ¦ ３．５
    15: fifteen percent ¦ №15 ¦ No. 15 ¦ #15 ¦ number 15 ¦ 15 kg. ¦ 15 pm ¦ 15 years old ¦ $15 per hour
    15: $15/hour ¦ $15/hr. ¦ 15 times ¦ 15 m ¦ 15L ¦ 15\,\text{cm} ¦ 15~\mathrm{kg} ¦ 15\ \text{apples}
    15: \text{15 apples} ¦ \textbf{15} ¦ \$15 ¦ １５ ¦ १५ ¦ ١٥ ¦ 15个 ¦ 15 个苹果 ¦ 15 Äpfel ¦ <b>15</b> ¦ 15-apples
    15: 15.0 ¦ 15.00 dollars ¦ 15 dollars. ¦ =15 ¦ = 15 ¦ : 15 ¦ 15\text{km} ¦ 15 = 15 ¦ a = b = 15
    15: f(3) = 15 ¦ x_1 = 15 ¦ 15 (rounded) ¦ the 15th ¦ 15 °C ¦ 15℃ ¦ 15 mph
    60: 60 m^3 ¦ 60 m^{3} ¦ 60m³ ¦ 60 cm² ¦ 60 cm^2 ¦ 60 m3
    9.8: 9.8 m/s^2 ¦ 9.8 m/s² ¦ 9.8 \text{ m/s}^2
    45: 45° ¦ 45^\circ ¦ 45^{\circ} ¦ 45 degrees ¦ 45 (degrees)
    98.6: 98.6°F
    15000: \$15{,}000 ¦ 15,000 people
    1234: 1,234 ¦ 1 234 ¦ 1 234 ¦ ١٬٢٣٤ ¦ １，２３４
    1234.5: 1,234.50 ¦ 1.234,50 ¦ 1 234,5 ¦ 1 234.5 ¦ 1'234.5 ¦ 1234,5
    1.234: 1.234
    1234567: 1.234.567 ¦ 1 234 567 ¦ 1’234’567 ¦ 1\,234\,567 ¦ 1 234 567
    1234567.89: 1.234.567,89
    12345678: 12,345,678
    123456: 1,23,456
    1.2345: 1,2345
    0.125: 0,125
    12345: 12345
    12.5: ١٢٫٥ ¦ 12.5 %
    123: ۱۲۳
    -15: −１５ ¦ -15 apples
    500: 5 hundred
    50000: 5万
    500000000: 5億
    3500000: 3,5 Millionen
    10: 20% of 50 = 10
    1000000: 1 000 000
    2000: 2 000 € ¦ 2.000,00 €
    40: 3 dozen + 4 = 40
    0.3: 3 tenths
    10000000: ten million
    10000000000000: 10 million million
    0.8333333333333333: 1/2 + 1/3 = 5/6
    25: twenty-five
    999: nine hundred ninety-nine
    """
)
NOT_WHOLE = parse_cases(
    r"""
    None: 18 (12 + 6) ¦ 18 or 19 ¦ 18 to 19 ¦ 18-19 ¦ 18–19 ¦ 18 and 19 ¦ 18, 19 ¦ 18; 19 ¦ 18/19/2020
    None: (18, 19) ¦ [18, 19] ¦ \{18, 19\} ¦ 18:30 ¦ 1:2 ¦ 3 to 1 ¦ at least 18 ¦ more than 18 ¦ > 18 ¦ <18
    None: \leq 18 ¦ x > 18 ¦ x = 18, y = 3 ¦ x = ±3 ¦ \pm 3 ¦ 12 + 6 ¦ 12 × 30 ¦ 5 - 3 ¦ 3^2 ¦ 3² ¦ 2^10
    None: 18 squared ¦ √16 ¦ \sqrt{16} ¦ 2\sqrt{3} ¦ 2√3 ¦ \frac{\sqrt{3}}{2} ¦ \frac{x}{2} ¦ π ¦ 2π ¦ 3\pi
    None: \frac{3\pi}{4} ¦ 2x ¦ 5x + 3 ¦ x ¦ N ¦ e^2 ¦ 2i ¦ 3 + 2i ¦ ∞ ¦ \infty ¦ 1-1/2 ¦ 3/0 ¦ \frac{12}{0}
    None: 1e999 ¦ 10^999 ¦ 10^99999999999 ¦ 1e99999999999 ¦ twelve apples and three pears ¦ five or six
    None: five to six ¦ 2 million 5 ¦ 5'6" ¦ 5 feet 6 inches ¦ 3 hours 45 minutes ¦ 3h 45m ¦ 3h45 ¦ 15 times 3
    None: 5 times as many ¦ 1,2,3 ¦ 1.2.3 ¦ 192.168.0.1 ¦ 255.255.255.255 ¦ v1.2 ¦ v2 ¦ 2024-05-06 ¦ May 5
    None: 5 May 2021 ¦ May 5, 2021 ¦ 5/6/2021 ¦ 05.06.2021 ¦ not 12, 15 ¦ In 30 days, 360 pens
    None: 15 apples, 3 pears ¦ 12 of 15 ¦ 12 out of 15 ¦ 1 in 5 ¦ 15 if x is 3 ¦ 15 since 30 - 15 = 15
    None: unknown ¦ none ¦ ... ¦ 15? ¦ 5 + 3 is 8 ¦ 15 is the answer ¦ H2O ¦ x2 ¦ COVID-19 ¦ A4 ¦ 5D ¦ —5
    None: 5—6 ¦ 1..5 ¦ 5 million dollars and 3 cents ¦ half of 10 ¦ 20% of 50 ¦ 15, 20 ¦ 1, 234
    None: 15 \text{ and } 3 ¦ 5 \text{ or } 6 ¦ x \in \{1,2\} ¦ \left(3, 4\right) ¦ 12 + 3 = 15, 15 + 5 = 20
    None: 3 × 5 ¦ 15 (not 12) ¦ 15 (or 16) ¦ 15th of May ¦ 15 minutes past 3 ¦ 3 quarters ¦ 15e ¦ 15b ¦ 0x15
    None: 1/2/3 ¦ 1/2 + 1/3 ¦ 5 x 3 ¦ 5 + ¦ 3:45 pm
    """
)


def read(content: str) -> str | None:
    number = read_whole_number(content)
    return decimal_text(number.value) if number is not None and number.value is not None else None


@pytest.mark.parametrize(("content", "expected"), WHOLE)
def test_one_number_is_read(content: str, expected: str | None) -> None:
    assert read(content) == expected


@pytest.mark.parametrize(("content", "expected"), NOT_WHOLE)
def test_anything_more_than_one_number_is_not_read(content: str, expected: str | None) -> None:
    assert read(content) == expected


@pytest.mark.parametrize("content", ["1\u00a0234", "1\u2009234", "1\u202f234", "1\u2007234", " 1234\t", "\ufeff1234"])
def test_every_space_inside_a_number(content: str) -> None:
    assert read(content) == "1234"


@pytest.mark.parametrize(
    "content", ["", " ", "\n", "1" * 301, "1e301", "10^301", "9" * 500, "(" * 400, "5 " + "k " * 150]
)
def test_bounds(content: str) -> None:
    assert read(content) is None


def test_a_long_number_is_exact() -> None:
    assert read("9" * 300) == "9" * 300
    assert read("0." + "1" * 297) == "0." + "1" * 297


@pytest.mark.parametrize("content", ["3,5", "-7", "$3.50", "1/3", "½", "25%", "1.5e3", "5 million", "3 €"])
def test_a_bare_number(content: str) -> None:
    assert read_bare_number(content) is not None


@pytest.mark.parametrize("content", ["about 5", "5 apples", "x = 5", "five", "5 km", "the 5th", "5 or 6", "", "2 + 3"])
def test_a_number_with_more_is_not_bare(content: str) -> None:
    assert read_bare_number(content) is None
