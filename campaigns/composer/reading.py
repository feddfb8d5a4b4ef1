"""Making a document of what a page or a file holds: whatever was typed, a document comes out, and beside it what is wrong with it.

Only what no page could send (no list of blocks, a block of no known type, far too many) is refused as a whole.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from campaigns.composer.addresses import link_refusal, picture_refusal
from campaigns.composer.blocks import BLOCKS, MAX_BLOCKS, Block, Document, Footer, Spec, specs_of
from campaigns.composer.richtext import cleaned, for_mjml, is_empty
from campaigns.templating.cutting import TOKEN, TemplateProblems, cut
from campaigns.templating.macros import analyze

MAX_CHARACTERS = 200_000
_ID = re.compile(r"[a-z0-9]{1,16}")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_RESERVED = "There is something in this text that is reserved: write it another way."


class NotADocument(ValueError):  # noqa: N818 - reads as what it is
    """What was given cannot be read as blocks at all; the text says why."""


@dataclass(frozen=True, slots=True)
class BlockProblem:
    """What is wrong, in words, and where: the block's id and the field's name; both empty where it concerns the whole message."""

    block: str
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A document and what is wrong with it. What could not be used was replaced: text cleaned, links taken out, choices set anew."""

    document: Document
    problems: tuple[BlockProblem, ...] = ()

    @property
    def sound(self) -> Document:
        """The blocks that nothing is wrong with: what can be shown of a message that is not finished."""
        wrong = {problem.block for problem in self.problems}
        return Document(tuple(block for block in self.document.blocks if block.id not in wrong))


def parse_blocks(text: str) -> Reading:
    """Read JSON as a page posts it. Raises `NotADocument`."""
    if len(text) > MAX_CHARACTERS:
        raise NotADocument("The message is too long: at most 200,000 characters.")
    try:
        return read_blocks(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise error if isinstance(error, NotADocument) else NotADocument("These are no blocks.") from error


def read_blocks(given: object) -> Reading:
    """Read a document as it is stored. Raises `NotADocument`."""
    blocks = given.get("blocks") if isinstance(given, Mapping) else None
    if not isinstance(blocks, list):
        raise NotADocument("These are no blocks.")
    if len(blocks) > MAX_BLOCKS:
        raise NotADocument(f"A message has at most {MAX_BLOCKS} blocks; this one has {len(blocks)}.")
    problems: list[BlockProblem] = []
    taken: set[str] = set()
    read = tuple(_block(block, taken, problems) for block in blocks)
    return Reading(Document(read), (*problems, *_of_whole(read)))


def _block(given: object, taken: set[str], problems: list[BlockProblem]) -> Block:
    kind = given.get("type") if isinstance(given, Mapping) else None
    if not isinstance(given, Mapping) or not isinstance(kind, str) or kind not in BLOCKS:
        raise NotADocument(f"There is no block of the type “{str(kind)[:40]}”.")
    code = _code(given.get("id"), taken)
    values: dict[str, Any] = {}
    for name, spec in specs_of(BLOCKS[kind]).items():
        default = getattr(BLOCKS[kind](), name)
        values[name], messages = _value(spec, given.get(name, default), default)
        problems += [BlockProblem(code, name, message) for message in messages]
    return BLOCKS[kind](id=code, **values)


def _code(given: object, taken: set[str]) -> str:
    """The block's own id, or a new one where it has none or another block has it."""
    code = given if isinstance(given, str) and _ID.fullmatch(given) and given not in taken else ""
    number = len(taken) + 1
    while not code or code in taken:
        code, number = f"b{number}", number + 1
    taken.add(code)
    return code


def _value(spec: Spec, given: object, default: object) -> tuple[object, list[str]]:
    """A field's value and what is wrong with it."""
    if spec.kind == "flag":
        return (given, []) if isinstance(given, bool) else (default, [f"“{spec.label}” is on or off."])
    if spec.kind == "number":
        fits = isinstance(given, int) and not isinstance(given, bool) and 1 <= given <= spec.most
        return (given, []) if fits else (default, [f"A number from 1 to {spec.most}."])
    if spec.kind == "choice":
        known = isinstance(given, str) and given in spec.choices
        return (given, []) if known else (default, [f"Choose one of what “{spec.label}” offers."])
    if not isinstance(given, str):
        return "", ["This must be a text."]
    return _text(spec, given)


def _text(spec: Spec, given: str) -> tuple[str, list[str]]:
    text = _CONTROLS.sub("", given).strip()
    if len(text) > spec.most:
        return text[: spec.most], [f"At most {spec.most:,} characters: the rest was cut off."]
    if TOKEN.search(text):
        return TOKEN.sub("", text), [_RESERVED]
    try:
        text, messages = (cleaned(text)) if spec.kind == "rich" else (" ".join(text.split()), [])
        messages += _refusals(spec, text)
    except TemplateProblems as error:
        kept = "" if spec.kind == "rich" else " ".join(text.split())
        return kept, [problem.message for problem in error.problems]
    return text, messages


def _refusals(spec: Spec, text: str) -> list[str]:
    if not text or (spec.kind == "rich" and is_empty(text)):
        return [spec.required] if spec.required else []
    if spec.kind == "plain":
        return ["Nothing between {{ }} can be used here."] if "{{" in text or "{%" in text else []
    source = for_mjml(text) if spec.kind == "rich" else cut(text).source
    found = [problem.message for problem in analyze(source, field=spec.label).problems]
    if not found and spec.kind in _ADDRESSES:
        why = _ADDRESSES[spec.kind](cut(text))
        return [why] if why else []
    return found


_ADDRESSES = {"link": link_refusal, "picture": picture_refusal}


def _of_whole(blocks: tuple[Block, ...]) -> list[BlockProblem]:
    footers = [block for block in blocks if isinstance(block, Footer)]
    if not blocks:
        return [BlockProblem("", "", "The message has no blocks yet. Add one, or pick a template.")]
    if not footers:
        return [BlockProblem("", "", "The footer is missing: it holds your address and the link to unsubscribe.")]
    return [BlockProblem(block.id, "", "One footer is enough: remove this one.") for block in footers[1:]]
