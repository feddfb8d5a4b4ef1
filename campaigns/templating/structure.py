"""What MJML allows where, checked by ourselves: MRML drops what it does not know without a word and names no line.

Walks the markup (Liquid already cut out), reports every mistake with its line, puts our own elements in
(`<aiq-feed />` and the like) and shelters Liquid that stands between elements with `<mj-raw>`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.entities import html5
from typing import NamedTuple
from xml.parsers import expat

from campaigns.templating.cutting import CLOSE, OPEN, TOKEN, Cut, Nesting, TemplateProblems, cut
from campaigns.templating.elements import ELEMENTS, Showing
from campaigns.templating.macros import Problem

MAX_DEPTH = 60
_CONTENT = frozenset(
    "mj-text mj-button mj-image mj-divider mj-spacer mj-table mj-social mj-navbar mj-raw mj-accordion mj-carousel".split()
)
CHILDREN: dict[str, frozenset[str]] = {
    "": frozenset({"mjml"}),
    "mjml": frozenset({"mj-head", "mj-body"}),
    "mj-head": frozenset(
        "mj-attributes mj-breakpoint mj-font mj-html-attributes mj-preview mj-style mj-title mj-raw aiq-styles".split()
    ),
    "mj-body": frozenset(
        "mj-section mj-wrapper mj-hero mj-raw aiq-header aiq-feed aiq-incentive aiq-social aiq-footer".split()
    ),
    "mj-wrapper": frozenset({"mj-section", "mj-hero", "mj-raw"}),
    "mj-section": frozenset({"mj-column", "mj-group", "mj-raw"}),
    "mj-group": frozenset({"mj-column", "mj-raw"}),
    "mj-column": _CONTENT,
    "mj-hero": _CONTENT,
    "mj-social": frozenset({"mj-social-element", "mj-raw"}),
    "mj-navbar": frozenset({"mj-navbar-link", "mj-raw"}),
    "mj-accordion": frozenset({"mj-accordion-element", "mj-raw"}),
    "mj-accordion-element": frozenset({"mj-accordion-title", "mj-accordion-text", "mj-raw"}),
    "mj-carousel": frozenset({"mj-carousel-image"}),
    "mj-image": frozenset(),
    "mj-divider": frozenset(),
    "mj-spacer": frozenset(),
}
_OPEN_ENDED = frozenset({"mj-attributes", "mj-html-attributes"})
_KNOWN = frozenset().union(*CHILDREN.values()) - {"mjml"}
_NO_LIQUID = frozenset({"", "mjml", "mj-head", "mj-attributes", "mj-html-attributes"})
_BANNED = frozenset(
    "script iframe frame frameset object embed applet form input button select textarea link base audio video svg "
    "math".split()
)
_BANNED_WITHIN = re.compile(rf"<\s*({'|'.join(sorted(_BANNED))})\b", re.IGNORECASE)
_CONSTANT = re.compile(r"(inner-)?(padding|border)(-top|-right|-bottom|-left)?|(border-|icon-)?width|width")
_PIECES = re.compile(
    r"(?P<comment><!--.*?-->)|(?P<other><[!?][^>]*>)|</\s*(?P<close>[^\s>]+)\s*>"
    r"|<(?P<open>[^\s/>\"']+)(?P<attributes>(?:[^>\"']|\"[^\"]*\"|'[^']*')*?)(?P<empty>/?)>|(?P<text>[^<]+)",
    re.DOTALL,
)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_ATTRIBUTE = re.compile(r"([^\s=\"']+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
# MRML writes attributes as Rust escapes them: a backslash, a line break or a zero-width space would come out as text.
_RUST_ESCAPED = re.compile(r"[\\\x7f-\x9f\xad\u0300-\u036f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
_ENTITY = re.compile(r"&(?:(#\d+|#x[0-9a-fA-F]+|amp|lt|gt|quot|apos);|(\w+);)?")


class Piece(NamedTuple):
    """One tag, comment or run of text, and where it stands."""

    kind: str
    value: str
    attributes: str
    empty: bool
    start: int
    raw: str


def pieces_of(text: str) -> Iterator[Piece]:
    """Split well-formed markup into tags, comments and text."""
    for match in _PIECES.finditer(text):
        kind = match.lastgroup or ""
        kind = "open" if match["open"] else kind
        value = match["open"] or match["close"] or match[0]
        yield Piece(kind, value, match["attributes"] or "", bool(match["empty"]), match.start(), match[0])


def attributes_of(text: str) -> dict[str, str]:
    return {name.lower(): first or second for name, first, second in _ATTRIBUTE.findall(text)}


def _for_mrml(attributes: str) -> str:
    def rewritten(match: re.Match[str]) -> str:
        value = " ".join((match[2] or match[3] or "").replace('"', "&quot;").split())
        value = _RUST_ESCAPED.sub(lambda found: f"&#{ord(found[0])};", value)
        return f'{match[1]}="{value}"'

    return _ATTRIBUTE.sub(rewritten, attributes)


def readable_entities(text: str) -> str:
    """HTML's named entities as numbers and lone ampersands escaped, so that XML parsers take what people write."""

    def replaced(match: re.Match[str]) -> str:
        if match[1]:
            return match[0]
        characters = html5.get(f"{match[2]};", "") if match[2] else ""
        return "".join(f"&#{ord(character)};" for character in characters) or f"&amp;{match[0][1:]}"

    return _ENTITY.sub(replaced, text)


def require_well_formed(source: Cut) -> None:
    """Raises `TemplateProblems` with the line of the first XML mistake."""
    _require_quoted_liquid(source)
    parser = expat.ParserCreate()
    data = source.text.encode()
    _watch_depth(parser)
    try:
        parser.Parse(data, True)
    except _TooDeepError:
        line = source.line(len(data[: parser.CurrentByteIndex].decode(errors="ignore")))
        message = f"Elements are nested more than {MAX_DEPTH} deep."
        raise TemplateProblems([Problem(line, "too_deep", message)]) from None
    except expat.ExpatError as error:
        offset = len(data[: parser.ErrorByteIndex].decode(errors="ignore"))
        words = expat.errors.messages[error.code]
        message = f"The markup is broken here: {words}. {_HINTS.get(words, '')}".strip()
        raise TemplateProblems([Problem(source.line(offset), "broken_markup", message)]) from None


class _TooDeepError(Exception):
    pass


def _watch_depth(parser: expat.XMLParserType) -> None:
    """MRML recurses without a limit: a few thousand levels end the process."""
    depth = 0

    def start(_name: str, _attributes: object) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise _TooDeepError

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartElementHandler = start
    parser.EndElementHandler = end


def _require_quoted_liquid(source: Cut) -> None:
    message = "Liquid can stand within an attribute's quotes, not between attributes."
    problems = [
        Problem(source.line(token.start()), "liquid_in_tag", message)
        for token in TOKEN.finditer(source.text)
        if _is_between_attributes(source.text, token.start())
    ]
    if problems:
        raise TemplateProblems(problems)


def _is_between_attributes(text: str, at: int) -> bool:
    """Within a start tag, outside of quotes. Looks back no further than a tag is long."""
    start = text.rfind("<", max(0, at - 4_000), at)
    before = _QUOTED.sub("", text[start:at]) if start >= 0 and not text.startswith("<!--", start) else ">"
    return not {">", '"', "'"} & set(before)


_HINTS = {
    "mismatched tag": "Every tag must be closed by its own closing tag, in order; <br> is written <br />.",
    "no element found": "The document ends before everything is closed.",
    "junk after document element": "Nothing may follow </mjml>.",
    "duplicate attribute": "An attribute is given twice.",
    "not well-formed (invalid token)": "A < that is meant as text is written &lt;, and values of attributes stand in quotes.",
}


@dataclass(slots=True)
class Walk:
    """One pass over a document. `showing` gives the parts that our own elements stand for; `used` are those, in order."""

    source: Cut
    showing: Showing
    problems: list[Problem] = field(default_factory=list)
    out: list[str] = field(default_factory=list)
    used: list[str] = field(default_factory=list)
    _stack: list[tuple[str, int]] = field(default_factory=lambda: [("", 0)])
    _count: int = 0
    _nesting: Nesting = field(default_factory=Nesting)

    def run(self) -> str:
        """The markup ready for MRML; what is wrong stands in `problems`."""
        for piece in pieces_of(self.source.text):
            getattr(self, f"_{piece.kind}")(piece)
        return "".join(self.out)

    def _refuse(self, piece: Piece, code: str, message: str, offset: int = 0) -> None:
        self.problems.append(Problem(self.source.line(piece.start + offset), code, message))

    def _refuse_element(self, piece: Piece, name: str, offset: int = 0) -> None:
        self._refuse(piece, "not_allowed", f"<{name}> cannot be used in a message.", offset)

    def _other(self, piece: Piece) -> None:
        self._refuse(piece, "not_allowed", "Declarations and CDATA sections are not needed: leave them out.")

    def _comment(self, piece: Piece) -> None:
        self._count += 1
        self._meet(piece, piece.raw, self._count)
        if piece.raw.startswith("<!--[if"):
            if banned := _BANNED_WITHIN.search(piece.raw):
                self._refuse_element(piece, banned[1].lower(), banned.start())
            self.out.append(piece.raw)

    def _close(self, piece: Piece) -> None:
        self._stack.pop()
        if not piece.value.startswith("aiq-"):
            self.out.append(piece.raw)

    def _open(self, piece: Piece) -> None:
        name = piece.value
        self._check_place(piece, name)
        self._check_attributes(piece, name)
        if name == "mjml":
            self.showing.begin(attributes_of(piece.attributes))
        if name.startswith("aiq-"):
            self._put_in(piece)
        else:
            self.out.append(f"<{name}{_for_mrml(piece.attributes)}{'/' if piece.empty else ''}>")
        if not piece.empty:
            self._count += 1
            self._stack.append((name, self._count))

    def _text(self, piece: Piece) -> None:
        parent, place = self._stack[-1]
        self._meet(piece, piece.raw, place)
        if parent not in CHILDREN and parent not in _OPEN_ENDED:
            self.out.append(piece.raw)
            return
        for token in TOKEN.finditer(piece.raw):
            if parent in _NO_LIQUID:
                self._refuse(piece, "misplaced", "Liquid can be used in <mj-body> and in texts only.", token.start())
            elif self.source.pieces[int(token[1])].startswith("{{"):
                self._refuse(piece, "misplaced", f"Text in <{parent}> belongs into an <mj-text>.", token.start())
        rest = TOKEN.sub("", piece.raw).strip()
        if rest:
            offset = piece.raw.index(rest[0])
            self._refuse(piece, "misplaced", f"Text in <{parent or 'the document'}> belongs into an <mj-text>.", offset)
        self.out.append(TOKEN.sub(lambda match: f"<mj-raw>{match[0]}</mj-raw>", piece.raw))

    def _meet(self, piece: Piece, text: str, place: int) -> None:
        for token in TOKEN.finditer(text):
            if message := self._nesting.meet(self.source.pieces[int(token[1])], place):
                self._refuse(piece, "crossed_block", message, token.start())

    def _check_place(self, piece: Piece, name: str) -> None:
        parent = self._stack[-1][0]
        lowered = name.lower()
        if lowered in _BANNED or TOKEN.search(name):
            self._refuse_element(piece, lowered)
        elif lowered.startswith(("mj-", "mjml", "aiq-")) and parent not in _OPEN_ENDED:
            if name not in _KNOWN and name != "mjml":
                self._refuse(piece, "unknown_element", f"There is no <{name}> in MJML.")
            elif name not in CHILDREN.get(parent, frozenset()):
                self._refuse(
                    piece, "misplaced", f"<{name}> cannot stand in {f'<{parent}>' if parent else 'the document'}."
                )
        elif parent in CHILDREN:
            self._refuse(piece, "misplaced", f"<{name}> in <{parent or 'the document'}> belongs into an <mj-text>.")

    def _check_attributes(self, piece: Piece, name: str) -> None:
        named = attributes_of(piece.attributes)
        if len(named) < len(_ATTRIBUTE.findall(piece.attributes)):
            self._refuse(piece, "not_allowed", "An attribute is given twice, in capitals and in small letters.")
        for attribute, value in named.items():
            self._count += 1
            self._meet(piece, value, self._count)
            if attribute == "http-equiv":
                self._refuse(piece, "not_allowed", "A message cannot lead on by itself: leave “http-equiv” out.")
            elif attribute.startswith("on"):
                self._refuse(piece, "not_allowed", f"Scripts cannot be used in a message: leave “{attribute}” out.")
            elif name.startswith("mj-") and _CONSTANT.fullmatch(attribute) and TOKEN.search(value):
                self._refuse(piece, "liquid_in_size", f"“{attribute}” must be a constant: sizes are laid out at save.")

    def _put_in(self, piece: Piece) -> None:
        """The part that one of our elements stands for. Its attributes may hold Liquid, which goes into the part as it is."""
        name = piece.value
        if name not in ELEMENTS:
            return
        given = {key: self.source.restore(value) for key, value in attributes_of(piece.attributes).items()}
        for mistake in ELEMENTS[name].mistakes(given):
            self._refuse(piece, "bad_attribute", mistake)
        part = cut(self.showing.part(name, "mjml", given))
        self.used.append(part.source)
        base = len(self.source.pieces)
        moved = TOKEN.sub(lambda match: f"{OPEN}{int(match[1]) + base}{CLOSE}", part.text)
        self.source.pieces += part.pieces
        self.source.starts += [len(self.source.source)] * len(part.pieces)
        inner = Walk(Cut(part.source, moved, self.source.pieces, self.source.starts), self.showing)
        inner._stack = [("mj-head" if name == "aiq-styles" else "mj-body", 0)]
        self.out.append(inner.run())
        self.problems += inner.problems
