"""Kill what can be killed while reminders leave, and count: one effect per delivery, whatever died."""

import os
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import psutil
import pytest

from aiq.runner import free_port
from tests.site import Site, running, until

SHOPPERS = 500
GROUP = 25
STATES = """
from campaigns.models import Delivery
import json
print(json.dumps({str(code): status for code, status in Delivery.objects.values_list("code", "status")}))
"""
TIME_PASSES = """
from datetime import timedelta
from django.utils import timezone
from campaigns.models import Delivery
Delivery.objects.filter(lease_until__isnull=False).update(lease_until=timezone.now() - timedelta(seconds=1))
print("null")
"""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    scratch = tempfile.TemporaryDirectory(prefix="aiq-crash-", ignore_cleanup_errors=True)
    with scratch as folder, running(Path(folder), free_port()) as site:
        yield site


def sent_codes(site: Site) -> list[str]:
    files = Path(site.environ["AIQ_DATA_DIR"], "inbox").glob("*.eml")
    return [message_from_bytes(file.read_bytes())["X-AIQ-Delivery"] for file in files]


def kill(site: Site, words: str) -> None:
    """SIGKILL, as the kernel does when memory runs out; whoever was killed before is waited for."""
    for process in until(
        lambda: [one for one in psutil.process_iter(["cmdline", "environ"]) if _belongs(one, site, words)]
    ):
        os.kill(process.pid, signal.SIGKILL)


def _belongs(process: psutil.Process, site: Site, words: str) -> bool:
    command = " ".join(process.info["cmdline"] or [])
    folder = site.environ["AIQ_DATA_DIR"]
    return words in command and (folder in command or (process.info["environ"] or {}).get("AIQ_DATA_DIR") == folder)


def test_one_effect_per_delivery_though_sender_worker_and_redis_are_killed(site: Site) -> None:
    merchant = site.command(
        "create_merchant",
        "Crash",
        "--plan",
        "pro",
        "--sender-email",
        "a@b.example",
        "--postal-address",
        "1 Main Street",
    )["merchant"]
    key = site.command("connect_store", merchant, "generic", "--store", "north-loop")["api_key"]
    site.command("create_campaign", merchant, "--name", "Cart", "--channel", "email", "--delay", "0", "--live")
    people = [{"srcID": f"c-{n}", "email": f"shopper-{n}@example.com"} for n in range(SHOPPERS)]
    for start in range(0, SHOPPERS, 100):
        batch = [one | {"consent": {"email": {"status": "subscribed"}}} for one in people[start : start + 100]]
        site.call("PUT", "/v2/contacts", key, {"contacts": batch})
    for number, one in enumerate(people):
        cart = {"eventID": f"evt-{number}", "cartID": f"cart-{number}", "customer": one, "products": [{"id": "tea"}]}
        assert site.call("POST", "/v2/cart", key, cart)["status"] == "accepted"
        if number in (150, 300):
            kill(site, "rqworker send")
        if number == 200:
            kill(site, "rqworker events")
        if number == 250:
            kill(site, "valkey-server")
    until(lambda: _settled(site), 60, lambda: Counter(states(site).values()))
    left = Counter(sent_codes(site))
    assert set(left.values()) == {1}, "a reminder left twice"
    by_state = states(site)
    assert len(by_state) == SHOPPERS
    unknown = {code for code, state in by_state.items() if state == "unknown"}
    assert len(unknown) <= 2 * GROUP
    assert {code for code, state in by_state.items() if state == "sent"} == left.keys() - unknown


def states(site: Site) -> dict[str, str]:
    return site.shell(STATES)


def _settled(site: Site) -> bool:
    site.shell(TIME_PASSES)
    return set(states(site).values()) <= {"sent", "unknown"} and len(states(site)) == SHOPPERS
