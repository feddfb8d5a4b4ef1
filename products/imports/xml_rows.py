"""Reads the items of a feed as they pass by: RSS 2.0 or Atom with Google's `g:` names. Expat itself, since it knows the
line and lets a document type be refused where it begins: no entity is ever declared, so none can grow."""

from collections.abc import Iterator
from typing import Any, BinaryIO, NoReturn
from xml.parsers import expat

from products.imports.rows import MAX_TEXT, SourceRow, UnreadableSource

GOOGLE = "http://base.google.com/ns/1.0"
ITEMS = frozenset({"item", "entry"})
CHUNK = 64 * 1024
MAX_DEPTH = 50
MAX_TAG = 1_000_000
MAX_NAMES = 300


def read_xml(file: BinaryIO) -> Iterator[SourceRow]:
    """The items of a feed, in order. Raises `UnreadableSource` with the line from which on it is not XML."""
    reader = _Reader()
    while chunk := file.read(CHUNK):
        reader.parse(chunk)
        yield from reader.taken()
    reader.parse(b"", last=True)
    yield from reader.taken()
    if not reader.root:
        raise UnreadableSource("The file is empty.")


class _Reader:
    """Only what stands right below an item is read: a price within a shipping block is another price."""

    def __init__(self) -> None:
        self.items: list[SourceRow] = []
        self.values: dict[str, str] = {}
        self.google: set[str] = set()
        self.text: list[str] = []
        self.length = self.depth = self.item_depth = self.line = self.fed = 0
        self.root = ""
        self.parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._refuse

    def parse(self, chunk: bytes, *, last: bool = False) -> None:
        self.fed += len(chunk)
        try:
            self.parser.Parse(chunk, last)
        except expat.ExpatError as error:
            raise UnreadableSource(f"Line {error.lineno}: {expat.errors.messages[error.code]}.") from None
        except (LookupError, ValueError) as error:
            if isinstance(error, UnreadableSource):
                raise
            raise UnreadableSource("The file names an encoding that is not known.") from None
        if not last and self.fed - self.parser.CurrentByteIndex > MAX_TAG:
            raise UnreadableSource(f"Line {self.parser.CurrentLineNumber}: a tag does not end.")

    def taken(self) -> list[SourceRow]:
        taken, self.items = self.items, []
        return taken

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise UnreadableSource(f"Line {self.parser.CurrentLineNumber}: elements within {MAX_DEPTH} others.")
        name = tag.rpartition(" ")[2]
        self.root = self.root or name
        if not self.item_depth and name in ITEMS:
            self.item_depth, self.line = self.depth, self.parser.CurrentLineNumber
            self.values, self.google = {}, set()
        elif self.item_depth and self.depth == self.item_depth + 1:
            self.text, self.length = [], 0
            if name == "link" and attributes.get("rel", "alternate") == "alternate":
                self._keep(tag, attributes.get("href", ""))

    def _end(self, tag: str) -> None:
        if self.item_depth and self.depth == self.item_depth + 1:
            self._keep(tag, "".join(self.text))
        elif self.depth == self.item_depth:
            self.items.append(SourceRow(self.line, self.values))
            self.item_depth = 0
        self.depth -= 1

    def _characters(self, text: str) -> None:
        if self.item_depth and self.depth == self.item_depth + 1 and self.length < MAX_TEXT:
            self.text.append(text)
            self.length += len(text)

    def _keep(self, tag: str, text: str) -> None:
        """The first value of a name; one with Google's own name outweighs RSS's or Atom's."""
        space, _, name = tag.rpartition(" ")
        text = text.strip()[:MAX_TEXT]
        if not text or (name in self.values and (space != GOOGLE or name in self.google)):
            return
        if len(self.values) < MAX_NAMES:
            self.values[name] = text
        if space == GOOGLE:
            self.google.add(name)

    def _refuse(self, *_: Any) -> NoReturn:
        raise UnreadableSource(f"Line {self.parser.CurrentLineNumber}: a document type (DOCTYPE) is not accepted.")
