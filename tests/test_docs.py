"""What the documents promise is there: links, commands, variables, dependencies."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
OPERATORS = (ROOT / "docs/operators.md").read_text()
# What the code reads for itself alone: the demo's switch, and what Django or the shell give.
OWN_VARIABLES = {"AIQ_DEMO", "DJANGO_SETTINGS_MODULE", "PATH"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text()
    links = [*re.findall(r"\]\(([^)#]+)[^)]*\)", text), *re.findall(r'src="([^"]+)"', text)]
    assert [link for link in links if "://" not in link and not (document.parent / link).exists()] == []


def test_every_command_named_exists() -> None:
    known = {*get_commands(), "runserver"}
    named = {name for document in DOCUMENTS for name in re.findall(r"manage\.py ([a-z_]+)", document.read_text())}
    named |= {
        name
        for row in OPERATORS.splitlines()
        if row.startswith("| `")
        for name in re.findall(r"`([a-z]+_[a-z_]+)", row)
    }
    assert named - known == set()
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {n for d in DOCUMENTS for n in re.findall(r"^make ([a-z]+)", d.read_text(), re.MULTILINE)} - targets == set()


def test_the_table_of_variables_is_what_the_code_reads() -> None:
    sources = [*ROOT.glob("aiq/**/*.py"), ROOT / "manage.py"]
    pattern = re.compile(r"(?:env|Env\(\)|env\.\w+|environ\.get|environ\[)\(?\s*\"([A-Z_]{4,})\"")
    read = {name for source in sources for name in pattern.findall(source.read_text())} - OWN_VARIABLES
    rows = [row.split("|")[1] for row in OPERATORS.splitlines() if re.match(r"\| `[A-Z]", row)]
    told = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert read - told == set()
    code = "\n".join(source.read_text() for source in sources) + (ROOT / "Procfile").read_text()
    assert {name for name in told if name not in code} == set()


def test_every_dependency_earns_a_line() -> None:
    text = (ROOT / "docs/dependencies.md").read_text()
    pinned = [
        line.split("==")[0].split("[")[0]
        for name in ("requirements.txt", "requirements-dev.txt")
        for line in (ROOT / name).read_text().splitlines()
        if "==" in line
    ]
    assert [name for name in pinned if not re.search(rf"[| ,]{re.escape(name)}[ ,|]", text)] == []
