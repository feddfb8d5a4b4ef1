"""What the documents promise is there: links, commands, variables, dependencies."""

import json
import re
import shlex
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.core.management import get_commands, load_command_class

from aiq import health
from aiq.lib.registry import Registry
from campaigns.channels.base import Channel, ChannelError, Envelope, OutcomeUnknown, Receipt
from campaigns.rendering import Rendered
from integrations.providers.base import BadPayloadError, IgnoredEventError, Provider
from tests.integrations import test_providers

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


def test_every_command_and_gauge_named_exists() -> None:
    known = {*get_commands(), "runserver"}
    named = {name for document in DOCUMENTS for name in re.findall(r"manage\.py ([a-z_]+)", document.read_text())}
    named |= {
        name
        for row in OPERATORS.splitlines()
        if row.startswith("| `")
        for name in re.findall(r"`([a-z]+_[a-z_]+)", row)
    }
    gauges = {gauge for name, *_ in health._GAUGES for gauge in (f"aiq_{name}", f"aiq_{name}_oldest_seconds")}
    assert named - known == gauges
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


def commands_in(text: str) -> set[str]:
    """Command lines with arguments: after `manage.py`, and in the first column of the table of support's commands."""
    lines = set(re.findall(r"python manage\.py ([a-z_]+ [^`\n|>]*)", text))
    rows = (row.split(" | ")[0] for row in text.splitlines() if row.startswith("| `"))
    return lines | {line for row in rows for line in re.findall(r"`([a-z]+(?:_[a-z]+)* [^`]+|list_[a-z]+)`", row)}


@pytest.mark.parametrize("line", sorted({line for d in DOCUMENTS for line in commands_in(d.read_text())}))
def test_every_command_line_is_one_that_the_command_takes(line: str) -> None:
    name, *arguments = shlex.split(line.split(" #")[0])
    load_command_class(get_commands()[name], name).create_parser("manage.py", name).parse_args(arguments)


def test_json_in_the_documents_is_json() -> None:
    for document in DOCUMENTS:
        for block in re.findall(r"```json\n(.*?)```", document.read_text(), re.DOTALL):
            json.loads(block)


@pytest.fixture
def recipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The recipes of CONTRIBUTING.md as two packages, where a registry finds them."""
    for block in re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL):
        folder = tmp_path / ("recipe_provider" if "(Provider)" in block else "recipe_channel")
        folder.mkdir()
        (folder / "__init__.py").touch()
        (folder / "example.py").write_text(block)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_the_recipe_for_a_provider_keeps_the_contract(recipes: Path) -> None:
    [provider] = Registry("recipe_provider", Provider)  # type: ignore[type-abstract]
    cart = {
        "cart_id": 7,
        "at": "2026-03-09T18:30:00Z",
        "url": "https://shop.example.com/cart/7",
        "buyer": {"id": 1, "email": "Avery@Example.com", "first_name": "Avery"},
        "lines": [{"id": 2, "name": "Tea", "price": "4.50"}],
    }
    at = datetime(2026, 3, 10, tzinfo=UTC)
    test_providers.test_every_provider_keeps_the_contract(provider)
    [fact] = provider.parse("cart.abandoned", cart, at)
    assert [fact] == provider.parse("cart.abandoned", provider.allow_listed("cart.abandoned", {**cart, "x": 1}), at)
    assert fact.customer.email == "avery@example.com"
    for bent in test_providers.bendings(cart):
        with suppress(BadPayloadError, IgnoredEventError):
            provider.parse("cart.abandoned", bent, at)
        provider.allow_listed("cart.abandoned", bent)


class Gateway(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(int(self.path[1:]))
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.mark.parametrize(
    ("status", "outcome"), [(200, Receipt), (400, ChannelError), (429, ChannelError), (500, OutcomeUnknown)]
)
def test_the_recipe_for_a_channel_keeps_the_contract(recipes: Path, settings: Any, status: int, outcome: type) -> None:
    [channel] = Registry[Any]("recipe_channel", Channel)
    assert (channel.slug.isidentifier(), bool(channel.label), channel.send_many([])) == (True, True, [])
    with HTTPServer(("127.0.0.1", 0), Gateway) as gateway:
        Thread(target=gateway.serve_forever, args=(0.01,), daemon=True).start()
        settings.SMS_URL = f"http://127.0.0.1:{gateway.server_port}/{status}"
        envelope = Envelope("4f1d", "+17205550161", "+17205550100", "Fernwood", datetime.now(UTC), "")
        outcomes = channel.send_many([channel.compose(Rendered("", "", "Your cart waits."), envelope)])
        gateway.shutdown()
    assert [type(one) for one in outcomes] == [outcome]
