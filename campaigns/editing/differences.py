"""What differs between two versions of a template, read out as a person would: by block, and by line within a block. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from html import unescape

from campaigns.composer.blocks import BLOCKS, Spec, specs_of
from campaigns.editing.library import Wording

_PARAGRAPH = re.compile(r"<br\s*/?>|</(?:p|li|ul|ol)>")
_LINK = re.compile(r'<a [^>]*href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_MAIN = {"line", "plain", "rich"}


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a template: its subject, a block, its source. `key` stays the same from version to version."""

    key: str
    label: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """`kind` is same, added or removed."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """`kind` is added, removed, changed or moved; what was moved may have changed too, as its lines say."""

    kind: str
    label: str
    lines: tuple[Line, ...]


def difference(before: Wording, after: Wording) -> tuple[Change, ...]:
    """Everything that differs, in the order of the later one; what was removed stands where it was."""
    old, new = list(_parts(before)), list(_parts(after))
    return tuple(_changes(old, new))


def _changes(old: Sequence[Part], new: Sequence[Part]) -> Iterator[Change]:
    was, now = {part.key: part for part in old}, {part.key: part for part in new}
    matcher = SequenceMatcher(None, [part.key for part in old], [part.key for part in new], autojunk=False)
    for what, start, end, new_start, new_end in matcher.get_opcodes():
        for part in old[start:end] if what in {"delete", "replace"} else ():
            if part.key not in now:
                yield Change("removed", part.label, tuple(Line("removed", line) for line in part.lines))
        for part in new[new_start:new_end]:
            change = _change(was.get(part.key), part, moved=what != "equal")
            if change:
                yield change


def _change(before: Part | None, part: Part, *, moved: bool) -> Change | None:
    if before is None:
        return Change("added", part.label, tuple(Line("added", line) for line in part.lines))
    lines = tuple(_lines(before.lines, part.lines))
    changed = any(line.kind != "same" for line in lines)
    if moved:
        return Change("moved", part.label, lines if changed else ())
    return Change("changed", part.label, lines) if changed else None


def _lines(before: Sequence[str], after: Sequence[str]) -> Iterator[Line]:
    """The changed lines, each with one line around it, so that a long source stays readable."""
    for group in SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(1):
        for what, start, end, new_start, new_end in group:
            if what == "equal":
                yield from (Line("same", line) for line in before[start:end])
                continue
            yield from (Line("removed", line) for line in before[start:end])
            yield from (Line("added", line) for line in after[new_start:new_end])


def _parts(wording: Wording) -> Iterator[Part]:
    yield Part("subject", "Subject", (wording.subject,) if wording.subject else ())
    yield Part("preheader", "Preview text", (wording.preheader,) if wording.preheader else ())
    blocks = (wording.blocks or {}).get("blocks")
    if blocks is None:
        yield Part("source", "Source", tuple(line.strip() for line in wording.body.splitlines() if line.strip()))
        return
    for block in blocks:
        kind = BLOCKS.get(block.get("type", ""))
        if kind:
            yield Part(f"{block['id']}:{kind.type}", kind.name, tuple(_block_lines(block, specs_of(kind))))


def _block_lines(block: Mapping[str, object], specs: Mapping[str, Spec]) -> Iterator[str]:
    """What the block says first, then how it is set."""
    for name, spec in specs.items():
        value = block.get(name)
        if spec.kind == "rich":
            yield from _readable(str(value or ""))
        elif spec.kind in _MAIN and value:
            yield str(value) if name in {"text", "label"} else f"{spec.label}: {value}"
    for name, spec in specs.items():
        if spec.kind not in _MAIN and (value := _in_words(spec, block.get(name))):
            yield f"{spec.label}: {value}"


def _in_words(spec: Spec, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if spec.kind == "choice":
        return spec.choices.get(str(value)) or str(value or "").replace("_", " ")
    return str(value or "")


def _readable(html: str) -> Iterator[str]:
    """Rich text as lines, links written out."""
    text = _LINK.sub(lambda match: f"{match[2]} ({match[1]})", html)
    for line in _PARAGRAPH.split(text.replace("<li>", "• ")):
        words = " ".join(unescape(_TAG.sub("", line)).split())
        if words and words != "•":
            yield words
