"""What a text that a shopper sends back means. Pure.

An opt-out may be worded in any reasonable way, and these words among others must be taken as one: 47 CFR 64.1200(a)(10), in force
since April 2025 (stop, quit, end, revoke, opt out, cancel, unsubscribe); STOPALL and the answers to START and HELP are the
carriers' (CTIA Messaging Principles and Best Practices, 5.1.3). So a word of that kind anywhere in a short text is a stop,
unless it says "don't stop"; but only a text that is nothing else, and no question, is a start: a yes read into a sentence would be a
consent nobody gave. What a phone quotes of our own text, as with a heart put on it, is not the shopper's word.
"""

import re
import unicodedata

STOP, START, HELP, YES, OTHER = "stop", "start", "help", "yes", "other"
# In capitals, as they stand in a text that says how to opt out: English, Spanish, French, German, Portuguese, Italian, Dutch.
STOPS = frozenset(
    "STOP STOPALL UNSUBSCRIBE CANCEL END QUIT REVOKE OPTOUT ALTO PARAR BAJA CANCELAR ARRET ARRETER ARRETEZ DESABONNER STOPP ABMELDEN"
    " ABBESTELLEN SAIR REMOVER CANCELLA DISISCRIVI AFMELDEN SALIR DETENER".split()
)
STARTS = frozenset("START UNSTOP RESUBSCRIBE OPTIN".split())
YESES = frozenset("Y YES YEP SI OUI JA SIM".split())
HELPS = frozenset("HELP INFO AYUDA AIDE HILFE AJUDA AIUTO".split())
# Alone these are an opt-out, but in a sentence they may mean anything: "is this the end", "cancel my order".
_ONLY_ALONE = frozenset("END CANCEL CANCELAR BAJA REMOVER QUIT SAIR ALTO REVOKE SALIR DETENER".split())
# Slips of the thumb, taken only alone. "Shop" and "step" are one letter away, so no distance is measured.
_SLIPS = frozenset(
    "STPO SOTP TSOP STO STP STOPT SSTOP UNSUSCRIBE UNSUBCRIBE UNSUBSCRBE UNSUBSCRIB UNSUBSRIBE UNSUBSCRIBED".split()
)
_POLITE = frozenset(
    "PLEASE PLS PLZ THANKS THX NOW ALL TEXTS TEXT MESSAGES ME THIS THESE THE POR FAVOR SVP BITTE MERCI GRACIAS".split()
)
_PHRASES = (
    "OPT OUT", "OPT ME OUT", "UN SUBSCRIBE", "STOP ALL", "REMOVE ME", "TAKE ME OFF", "DO NOT TEXT", "DONT TEXT", "NO MORE TEXTS",
    "LEAVE ME ALONE", "REMOVE MY NUMBER", "WRONG NUMBER", "NO MORE MESSAGES", "DAR DE BAJA", "DARME DE BAJA", "DEME DE BAJA", "NO MAS MENSAJES", "NO QUIERO MAS", "NO ME ESCRIBAN",
)  # fmt: skip
_NOT_STOP = ("DONT STOP", "DO NOT STOP", "NEVER STOP", "NON STOP", "STOP BY", "STOPPING BY")
MAX_CHARS = 1_600
# A sentence in quotation marks; one word in them is the shopper's own.
_QUOTED = re.compile('["\u201c\u00ab\u201e].{20,}?(?:["\u201d\u00bb]|$)', re.DOTALL)


def meaning(text: str) -> str:
    """One of the meanings above; `other` where nothing sure can be read."""
    text = _QUOTED.sub(" ", text[:MAX_CHARS])
    words = _words(text)
    bare = [word for word in words if word not in _POLITE]
    joined, asks = "".join(bare), "?" in text
    if joined in STOPS or joined in _SLIPS or _once_each(joined) in STOPS or _is_stop(words, bare):
        return STOP
    if not asks and (joined in STARTS and len(bare) <= 2):
        return START
    if not asks and 0 < len(bare) <= 2 and set(bare) <= YESES:
        return YES
    return HELP if joined in HELPS else OTHER


def tells_way_out(text: str) -> bool:
    """Whether a text names, in capitals, a word that is taken as an opt-out."""
    return any(_plain(word) in STOPS for word in re.findall(r"\b[^\W\d_a-z]{3,}\b", text) if word.isupper())


def _is_stop(words: list[str], bare: list[str]) -> bool:
    said = f" {' '.join(words)} "
    if any(f" {phrase} " in said for phrase in _NOT_STOP):
        return False
    if any(f" {phrase} " in said for phrase in _PHRASES):
        return True
    return bool(bare) and (bare[0] in STOPS - _ONLY_ALONE or not (STOPS - _ONLY_ALONE).isdisjoint(bare))


def _once_each(word: str) -> str:
    """With every letter that is repeated there once: STOOOP."""
    return re.sub(r"(.)\1+", r"\1", word)


def _words(text: str) -> list[str]:
    """In capitals, without accents and signs; an apostrophe joins, and a zero among letters is an O."""
    plain = re.sub("[\u2019'`]", "", _plain(text))
    return re.findall(r"[A-Z]+", re.sub("(?<=[A-Z])0(?=[A-Z])", "O", plain))


def _plain(text: str) -> str:
    taken_apart = unicodedata.normalize("NFKD", text.upper())
    return "".join(sign for sign in taken_apart if not unicodedata.combining(sign))
