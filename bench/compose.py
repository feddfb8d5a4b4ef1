"""The round trip of the composer's preview: blocks in, checked, compiled, rendered with a past cart, and its check list made."""

import json
import time
from collections.abc import Iterator

from django.test import Client
from django.urls import reverse

from accounts import access
from accounts.models import Role, User
from bench.play import Play
from bench.report import Figure, percentile
from campaigns import starters
from campaigns.editing import preview_data
from campaigns.models import Campaign

TEMPLATE = "with-suggestions"  # the starter with the most blocks: two feeds, pictures


def measure(play: Play) -> Iterator[Figure]:
    play.due(4)
    campaign = Campaign.objects.select_related("merchant").order_by("pk")[0]
    client, address = _signed_in(campaign), reverse("campaigns:live_preview", args=[campaign.code])
    blocks = starters.starters()[TEMPLATE].blocks
    cart = preview_data.past_carts(campaign.merchant)[0]
    posted = {"subject": "Your cart", "preheader": "", "cart": cart.code, "blocks": json.dumps(blocks)}
    _round_trip(client, address, posted)
    busy = time.process_time()
    taken = [_round_trip(client, address, posted) for _ in range(play.much(60, 20))]
    busy = (time.process_time() - busy) * 1000 / len(taken)
    slow = percentile(taken, 0.95)
    yield Figure(
        "compose preview", f"{slow:.0f} ms", "", slow, 300, 150, "ms", False,
        why=f"95th percentile of {len(taken)} round trips, {busy:.0f} ms of the processor each: blocks read and cleaned, "
        "compiled, rendered with a past cart, and looked through by the check list.",
    )  # fmt: skip


def _signed_in(campaign: Campaign) -> Client:
    user = User.objects.create_user("composer@bench.example")
    access.set_role(user, campaign.merchant, Role.MARKETING)
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    return client


def _round_trip(client: Client, address: str, posted: dict[str, object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    answer = client.post(address, posted, secure=True)
    assert b"data-document" in answer.content, answer.status_code
    return (time.perf_counter() - began) * 1000
