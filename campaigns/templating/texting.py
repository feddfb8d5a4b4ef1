"""Compiling a message that is mere text: a text message, or a notification with its title."""

from collections.abc import Iterator

from campaigns.templating.compiling import UNPRINTABLE, Compiled, Source, TemplateProblems
from campaigns.templating.macros import Problem, analyze, line_at

MAX_CHARS = 2_000
_EMPTY = {"subject": "A title is required.", "body": "The message is empty."}


def compile_text(source: Source, *, titled: bool = False) -> Compiled:
    """The text in `text`, a title in `subject`, extras as they are. Raises `TemplateProblems` with all that is wrong."""
    fields = {"body": source.body, **source.extras} | ({"subject": source.subject} if titled else {})
    analyses = [analyze(text, field=name) for name, text in fields.items()]
    problems = [problem for name, text in fields.items() for problem in _problems(name, text)]
    problems += [problem for analysis in analyses for problem in analysis.problems]
    if problems:
        raise TemplateProblems(problems)
    names = {name for analysis in analyses for name in analysis.names}
    return Compiled(
        subject=source.subject.strip() if titled else "",
        preheader="",
        html="",
        text=source.body.strip(),
        names=tuple(sorted(names)),
        uses_feed=source.feed and any(name.split(".")[0] == "items" for name in names),
        extras={name: text.strip() for name, text in source.extras.items()},
    )


def _problems(name: str, text: str) -> Iterator[Problem]:
    if not text.strip() and name in _EMPTY:
        yield Problem(1, "empty", _EMPTY[name], name)
    if len(text) > MAX_CHARS:
        yield Problem(1, "too_long", f"This is longer than {MAX_CHARS:,} characters.", name)
    bad = next((at for at, character in enumerate(text) if character in UNPRINTABLE), None)
    if bad is not None:
        yield Problem(line_at(text, bad), "unprintable", "There is an unprintable character on this line.", name)
