"""What shoppers' answers mean: an opt-out however it is worded, and never a start that was not one."""

import pytest

from campaigns.texts.replies import HELP, OTHER, START, STOP, YES, meaning, tells_way_out


@pytest.mark.parametrize(
    "text",
    [
        "STOP", "stop", " Stop. ", "STOP!!!", "stop please", "Please stop", "STOPALL", "stop all", "Unsubscribe", "unsubscribe me",
        "CANCEL", "End", "QUIT", "revoke", "OPTOUT", "opt out", "Opt-out", "opt me out please", "stop texting me", "Stopp", "ALTO",
        "ARRÊT", "arret", "PARAR", "baja", "darme de baja", "remove me", "do not text me again", "don’t text me", "no more texts",
        "hey, STOP", "STOP\nSent from my phone", "\u201cSTOP\u201d", "stop 🛑", "Please unsubscribe this number",
        "ST0P", "STOOOP", "stpo", "Sotp please", "unsuscribe", "stop?", "Salir", "no quiero más mensajes", "yes, stop", "START STOP",
        "Stop sending “your cart waits for you”",
        "please remove my number", "Wrong number!", "no more messages", "arrêtez svp",
    ],
)  # fmt: skip
def test_an_opt_out_is_one_however_it_is_worded(text: str) -> None:
    assert meaning(text) == STOP


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("START", START), ("start.", START), ("Unstop", START), ("opt in", START),
        ("Y", YES), ("yes", YES), ("Yes please", YES), ("Sí", YES), ("yes yes", YES),
        ("HELP", HELP), ("info", HELP), ("Help please", HELP), ("ayuda", HELP),
        ("", OTHER), ("   ", OTHER), ("👍", OTHER), ("when do you open?", OTHER), ("is this the end", OTHER),
        ("can I cancel my order", OTHER), ("I will stop by tomorrow", OTHER), ("don't stop", OTHER), ("nonstop deals", OTHER),
        ("start of the week?", OTHER), ("yes but when?", OTHER), ("do you start at 9", OTHER), ("stopwatch", OTHER),
        ("no", OTHER), ("restart", OTHER), ("start?", OTHER), ("y?", OTHER), ("yes no", OTHER), ("don't start", OTHER), ("si claro que no", OTHER),
        ("step", OTHER), ("shop", OTHER), ("left it on the stoop", OTHER), ("y si no", OTHER), ("help?", HELP),
        ("Liked “Fernwood: reply YES to get cart reminders by text. Reply STOP for none.”", OTHER),
        ('Loved "Fernwood: your cart waits. Reply STOP to opt out', OTHER), ("“Yes”", YES), ("help yourself to my cart", OTHER),
    ],
)  # fmt: skip
def test_only_a_text_that_is_nothing_else_is_a_start(text: str, expected: str) -> None:
    assert meaning(text) == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Reply STOP to opt out", True), ("Responde ALTO para salir", True), ("STOPP zum Abmelden", True), ("Répondez ARRÊT", True),
        ("Stop by our store", False), ("Never STOPPING", False), ("", False),
    ],
)  # fmt: skip
def test_a_text_tells_the_way_out_by_a_word_that_works(text: str, told: bool) -> None:
    assert tells_way_out(text) == told
