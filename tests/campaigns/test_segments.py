"""How many segments a text takes, and what makes them short."""

import pytest

from campaigns.channels.segments import BASIC, EXTENSION, GSM, UCS2, measure, why_short


@pytest.mark.parametrize(
    ("text", "alphabet", "used", "segments"),
    [
        ("", GSM, 0, 0),
        ("a" * 160, GSM, 160, 1),
        ("a" * 161, GSM, 161, 2),
        ("a" * 306, GSM, 306, 2),
        ("a" * 307, GSM, 307, 3),
        ("Grüße à Ñandú", GSM, 13, None),
        ("€" * 80, GSM, 160, 1),
        ("€" * 81, GSM, 162, 2),
        # A pair of the extension table is not split: 76 of them in a part of 153, one place stays empty.
        ("€" * 153, GSM, 306, 3),
        ("“" + "a" * 69, UCS2, 70, 1),
        ("“" + "a" * 70, UCS2, 71, 2),
        ("“" + "a" * 133, UCS2, 134, 2),
        ("“" + "a" * 134, UCS2, 135, 3),
        ("🛒" * 35, UCS2, 70, 1),
        ("🛒" * 36, UCS2, 72, 2),
        # Nor is a surrogate pair: 33 in a part of 67.
        ("🛒" * 67, UCS2, 134, 3),
        ("\ud800" + "a" * 69, UCS2, 70, 1),
        ("ç", UCS2, 1, 1),
        ("Ç", GSM, 1, 1),
        ("`", UCS2, 1, 1),
    ],
)
def test_segments_are_counted_as_carriers_do(text: str, alphabet: str, used: int, segments: int | None) -> None:
    found = measure(text)
    if text == "Grüße à Ñandú":  # "ú" is not in the alphabet
        assert (found.alphabet, found.odd) == (UCS2, ("ú",))
    else:
        assert (found.alphabet, found.used, found.segments) == (alphabet, used, segments)


def test_the_alphabet_has_128_places_one_of_which_leads_to_the_extension() -> None:
    assert len(BASIC) == 127
    assert len(EXTENSION) == 10


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Plain {text} €5", ""),
        ("“Hi", "“ is not in the SMS alphabet: 70 characters per segment instead of 160."),
        ("a\u00a0b", "no-break space is not in the SMS alphabet: 70 characters per segment instead of 160."),
        ("àáâãå", "á, â, ã are not in the SMS alphabet: 70 characters per segment instead of 160."),
        ("áâãõő", "á, â, ã and 2 more are not in the SMS alphabet: 70 characters per segment instead of 160."),
    ],
)
def test_the_marketer_hears_which_character_makes_segments_short(text: str, said: str) -> None:
    assert why_short(measure(text)) == said
