"""What a file is: packed or not, in which encoding, separated text or XML, our columns or Google's."""

import codecs
import csv
import gzip
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, cast

from products.imports.csv_rows import delimiter_of, read_csv
from products.imports.rows import SourceRow, UnreadableSource, column_name
from products.imports.xml_rows import read_xml
from products.models import FeedFormat

MAX_UNPACKED = 1_000_000_000
BOMS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16", codecs.BOM_UTF8: "utf-8-sig"}
OURS = frozenset({"key", "name", "image", "url", "in_stock", "compare_at_price", "location"})
GOOGLES = frozenset({"title", "link", "image_link", "availability", "sale_price", "item_group_id", "product_type"})
LATIN = "The file is not in UTF-8; it was read as Latin-1. Look whether names with accents are right."


@dataclass(frozen=True, slots=True)
class Source:
    """An open file: its `format` (never auto), what people should know about how it is read, its rows, and how many
    bytes of it were read so far."""

    format: str
    notes: tuple[str, ...]
    rows: Iterator[SourceRow]
    position: Callable[[], int]


@contextmanager
def open_source(path: Path, feed_format: str = FeedFormat.AUTO) -> Iterator[Source]:
    """Raises `UnreadableSource`, also while rows are read."""
    with path.open("rb") as raw:
        start = _unpacked(raw).read(4096)
        if feed_format == FeedFormat.AUTO:
            feed_format = _format_of(start)
        if feed_format == FeedFormat.GOOGLE_XML:
            yield Source(feed_format, (), read_xml(_unpacked(raw)), raw.tell)
            return
        encoding = _encoding(_unpacked(raw), start)
        text = io.TextIOWrapper(cast(IO[bytes], _unpacked(raw)), encoding, errors="replace", newline="")
        notes = (LATIN,) if encoding == "cp1252" else ()
        yield Source(feed_format, notes, read_csv(text), raw.tell)


def _unpacked(raw: BinaryIO) -> BinaryIO:
    """The file from its beginning; a gzipped one unpacked, as far as is sensible."""
    raw.seek(0)
    packed = raw.read(2) == b"\x1f\x8b"
    raw.seek(0)
    inner: BinaryIO = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if packed else raw
    return cast(BinaryIO, io.BufferedReader(_Bounded(inner), 64 * 1024))


class _Bounded(io.RawIOBase):
    """Reads on until more came out than any feed holds. Closing it leaves the file open."""

    def __init__(self, inner: BinaryIO) -> None:
        self.inner, self.left = inner, MAX_UNPACKED

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            data = self.inner.read(len(buffer))
        except (OSError, EOFError):
            raise UnreadableSource("The file is packed, and cannot be unpacked.") from None
        self.left -= len(data)
        if self.left < 0:
            raise UnreadableSource(f"Unpacked, the file is larger than {MAX_UNPACKED // 1_000_000:,} MB.")
        buffer[: len(data)] = data
        return len(data)


def _format_of(start: bytes) -> str:
    text = start.decode(_bom(start) or "utf-8", errors="replace").lstrip("\ufeff \t\r\n")
    if text.startswith("<"):
        return FeedFormat.GOOGLE_XML
    head = text.splitlines()[0] if text else ""
    if "\0" in head:
        raise UnreadableSource("This is neither separated text nor XML. A spreadsheet has to be saved as CSV first.")
    names = {column_name(cell) for cell in next(csv.reader([head], delimiter=delimiter_of(head)), [])}
    return FeedFormat.GOOGLE_CSV if len(names & GOOGLES) > len(names & OURS) else FeedFormat.CSV


def _bom(start: bytes) -> str:
    return next((encoding for mark, encoding in BOMS.items() if start.startswith(mark)), "")


def _encoding(file: BinaryIO, start: bytes) -> str:
    """UTF-8 where all of it is, else what Windows calls Latin-1."""
    if encoding := _bom(start):
        return encoding
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := file.read(1 << 20):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"
