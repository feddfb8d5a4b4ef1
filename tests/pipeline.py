"""The whole route in a test: post like a store, run what the workers run, look at the sink and the rows."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.test import Client

from accounts.models import Merchant, Store
from campaigns import lifecycle, sending, starters
from campaigns.models import Campaign
from integrations import jobs, keys
from integrations.models import Connection
from tests import factories


@dataclass
class Shop:
    """A store with a key, as its programmer sees us."""

    merchant: Merchant
    store: Store = field(init=False)
    connection: Connection = field(init=False)
    headers: dict[str, str] = field(init=False)
    client: Client = field(default_factory=Client)

    def __post_init__(self) -> None:
        self.store = factories.store(self.merchant, name="North Loop", slug="north-loop")
        self.connection = factories.connection(self.merchant, [self.store])
        self.headers = {"X-APIKEY": keys.create_key(self.connection)}

    def call(self, method: str, path: str, body: Any = None) -> HttpResponse:
        data = body if isinstance(body, (str, bytes)) or body is None else json.dumps(body)
        return self.client.generic(method, path, data or "", content_type="application/json", headers=self.headers)  # type: ignore[return-value]

    def post(self, path: str, body: Any) -> Any:
        answer = self.call("POST", path, body)
        assert answer.status_code == 202, answer.content
        return answer.json()["data"]  # type: ignore[attr-defined]

    def put(self, path: str, body: Any) -> Any:
        answer = self.call("PUT", path, body)
        assert answer.status_code == 200, answer.content
        return answer.json()["data"]  # type: ignore[attr-defined]

    def event(self, event_id: str) -> Any:
        answer = self.call("GET", f"/v2/events/{event_id}")
        assert answer.status_code == 200, answer.content
        return answer.json()["data"]  # type: ignore[attr-defined]


def go_live(merchant: Merchant, since: datetime, **step: Any) -> Campaign:
    """A campaign on the gentle reminder, without delay, set live at that time by the function that pages use."""
    starter = starters.starters()["gentle-reminder"]
    content = {"subject": starter.subject, "preheader": starter.preheader, "body": starter.body, "delay_minutes": 0}
    campaign = factories.campaign(merchant, step=content | step)
    lifecycle.set_live(campaign, None, since)
    return campaign


def run_workers() -> int:
    """What the workers do when the doorbell rings: translate what waits, then send what is due. Messages looked at."""
    while jobs.process_batch():
        pass
    looked_at = 0
    while claimed := sending.send_batch():
        looked_at += claimed
    return looked_at
