"""What becomes of the blocks a marketer sends: what is stored, the source that is compiled, and every problem at its block."""

from collections.abc import Iterable
from dataclasses import dataclass

from campaigns.composer.blocks import Document, specs_of
from campaigns.composer.reading import BlockProblem, Reading, parse_blocks, read_blocks
from campaigns.composer.to_mjml import Mjml, to_mjml
from campaigns.templating.macros import Problem


@dataclass(frozen=True, slots=True)
class Place:
    """A problem as a page shows it: `where` names block and field in words."""

    block: str
    field: str
    where: str
    message: str


@dataclass(frozen=True, slots=True)
class Written:
    """Blocks as they were read; `mjml` is made of those that nothing is wrong with."""

    reading: Reading
    mjml: Mjml

    @property
    def document(self) -> Document:
        return self.reading.document

    def places(self, compiled: Iterable[Problem] = ()) -> list[Place]:
        """What is wrong with the blocks, then what the compiler found in the source made of them."""
        found = [*self.reading.problems, *self._at_blocks(compiled)]
        return [self._place(problem) for problem in found]

    def _at_blocks(self, compiled: Iterable[Problem]) -> list[BlockProblem]:
        """Without what only says again that the footer, unfinished or left out, is not there."""
        known = {problem.block for problem in self.reading.problems}
        return [
            BlockProblem(self.mjml.block_at(problem.line), "", problem.message)
            for problem in compiled
            if problem.field == "body" and not (problem.code == "no_unsubscribe" and known)
        ]

    def _place(self, problem: BlockProblem) -> Place:
        block = next((block for block in self.document.blocks if block.id == problem.block), None)
        if block is None:
            return Place("", "", "Message", problem.message)
        spec = specs_of(type(block)).get(problem.field)
        where = block.name if spec is None or spec.label == block.name else f"{block.name}, {spec.label.lower()}"
        return Place(problem.block, problem.field, where, problem.message)


def write(text: str) -> Written:
    """Blocks as a page posts them. Raises `NotADocument`."""
    return _written(parse_blocks(text))


def unfinished(blocks: object) -> list[Place]:
    """What is wrong with blocks as they are stored."""
    return _written(read_blocks(blocks)).places()


def _written(reading: Reading) -> Written:
    return Written(reading, to_mjml(reading.sound))
