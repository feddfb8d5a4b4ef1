"""From MRML's HTML to the HTML we store: links found and marked, preheader and open pixel in, lines kept short.

Works while Liquid is still cut out, so that quotes and angle brackets in Liquid disturb nothing.
"""

import re

from campaigns.templating.cutting import CLOSE, OPEN, TOKEN, Cut, tag_name
from campaigns.templating.macros import Problem

# What stands in quotes before it may hold a ">".
_HREF = re.compile(
    r"(<(?!link\b)[a-zA-Z](?:[^<>\"']|\"[^\"]*\"|'[^']*')*?\shref\s*=\s*)(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE
)
_BODY = re.compile(r"<body\b[^>]*>")
_OUTPUT = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_UNTRACKED = re.compile(r"^(unsubscribe_url|preferences_url)\b")
_OTHER_SCHEMES = ("mailto:", "tel:", "sms:", "#")
_LONG = re.compile(
    r" (?=(?:style|class|align|role|cellpadding|src|href|alt|width|target)=\")|(?<=>)(?=<(?:tr|td|table)\b)"
)
_LONG_TEXT = re.compile(r">[^<>]{300,}<")
_BREAK = re.compile(r"([^\n]{100,200}?) ")
# What stands behind the preheader, so that an inbox shows it alone and not the first words of the mail.
_FILLER = ("&#847;&zwnj;&nbsp;" * 10 + "\n") * 6
_HIDDEN = "display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;overflow:hidden;mso-hide:all;"
OPEN_PICTURE = '<img src="{{ open_url }}" width="1" height="1" alt="" style="display:block;border:0;">'
_PIXEL = f"{{% if open_url %}}{OPEN_PICTURE}{{% endif %}}"


def mark_links(html: str, source: Cut) -> tuple[str, list[Problem]]:
    """Every link gets the `track` filter, except to unsubscribe and what is no web address. Refused: other schemes."""
    problems: list[Problem] = []

    def replaced(match: re.Match[str]) -> str:
        target = (match[2] or match[3] or "").strip()
        marked = _marked(target, source)
        if marked is None:
            problems.append(Problem(_line_of(target, source), "bad_link", _complaint(target, source)))
            return match[0]
        return f'{match[1]}"{marked}"'

    return _HREF.sub(replaced, html), problems


def _marked(target: str, source: Cut) -> str | None:
    whole = TOKEN.fullmatch(target)
    output = _OUTPUT.fullmatch(source.pieces[int(whole[1])]) if whole else None
    if output:
        expression = output[1]
        return target if _UNTRACKED.match(expression) else source.token(f"{{{{ {expression} | track }}}}", 0)
    if target.lower().startswith(_OTHER_SCHEMES):
        return target
    if not TOKEN.search(target):
        literal = target.replace("{", "%7B").replace("}", "%7D")
        return source.token(f'{{{{ "{literal}" | track }}}}', 0) if _is_web(target) else None
    if not (target.startswith(OPEN) or _is_web(target)):
        return None
    return _captured(target, source)


def _captured(target: str, source: Cut) -> str:
    """A link put together of text and Liquid is built first and marked as a whole."""
    start = source.token("{% capture built_link %}", 0)
    end = source.token("{% endcapture %}{{ built_link | track }}", 0)
    return f"{start}{target}{end}"


def _is_web(target: str) -> bool:
    return re.match(r"https?://[^\s/]", target, re.IGNORECASE) is not None


def _line_of(target: str, source: Cut) -> int:
    token = TOKEN.search(target)
    needle = token[0] if token else target
    return source.line(max(source.text.find(needle), 0))


def _complaint(target: str, source: Cut) -> str:
    if not target:
        return "This link leads nowhere."
    return f"“{source.restore(target)}” is no complete web address: links start with https:// or http://."


def add_preheader(html: str, preheader: str, source: Cut) -> str:
    """The hidden first line that an inbox shows beside the subject."""
    if not preheader.strip():
        return html
    hidden = f'<div style="{_HIDDEN}">{source.token(preheader, 0)}{_FILLER}</div>'
    return _BODY.sub(lambda match: match[0] + hidden, html, count=1)


def add_pixel(html: str, source: Cut) -> str:
    """The picture that reports an opening; absent where the render has no `open_url`."""
    head, _, tail = html.rpartition("</body>")
    return f"{head}{source.token(_PIXEL, 0)}</body>{tail}"


def shorten_lines(html: str) -> str:
    """Line breaks where markup does not mind them, so that mail needs no transfer encoding (RFC 5321: 998 bytes)."""
    html = "\n".join(line if len(line) < 300 else _LONG.sub("\n", line) for line in html.split("\n"))
    return _LONG_TEXT.sub(lambda match: _BREAK.sub(r"\1\n", match[0]), html)


def lost_blocks(html: str, walked: str, source: Cut) -> list[Problem]:
    """Liquid tags that MJML swallowed: without them the rest would mean something else."""
    present = {int(match[1]) for match in TOKEN.finditer(html)}
    lost = [
        int(match[1])
        for match in TOKEN.finditer(walked)
        if int(match[1]) not in present and tag_name(source.pieces[int(match[1])])
    ]
    return [
        Problem(
            source.line(source.text.find(f"{OPEN}{number}{CLOSE}")), "misplaced", "MJML shows nothing at this place."
        )
        for number in lost
    ]
