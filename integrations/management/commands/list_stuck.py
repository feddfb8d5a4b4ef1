"""`list_stuck`: what needs somebody, each with its next step: deliveries, the longest waiting first, then events in
quarantine, the newest first."""

from textwrap import shorten
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from aiq.lib.commands import SupportCommand, as_text
from campaigns import support
from campaigns.management.finding import merchant_or_refuse
from integrations.quarantine import Quarantined, quarantined

KEYS = (
    "delivery", "event", "merchant", "campaign", "connection", "status", "reason", "problem", "since", "next",
)  # fmt: skip
OF_DELIVERIES = ("delivery", "merchant", "campaign", "status", "problem", "since", "next")
OF_EVENTS = ("event", "merchant", "connection", "problem", "since", "next")
MOST_EVENTS = 50
WIDEST = 90


class Command(SupportCommand):
    help = (
        "List deliveries that are overdue, left behind by a sender, unknown, or failed within seven days,"
        " and the newest events in quarantine."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--merchant", help="slug of the merchant")

    def run(self, **options: Any) -> None:
        merchant = merchant_or_refuse(options["merchant"]) if options["merchant"] else None
        now = timezone.now()
        deliveries = [as_row(_of_delivery(one)) for one in support.stuck(now, merchant)]
        events = [as_row(_of_event(one)) for one in quarantined(now, merchant, MOST_EVENTS + 1)]
        self.done(deliveries + events[:MOST_EVENTS], as_tables(deliveries, events) or "Nothing is stuck.")


def as_row(known: dict[str, Any]) -> dict[str, Any]:
    """One row of the JSON document; what a delivery or an event has not is null."""
    return {key: known.get(key) for key in KEYS}


def as_tables(deliveries: list[dict[str, Any]], events: list[dict[str, Any]]) -> str:
    """A table of each kind that there is, for people."""
    tables = [_table(deliveries, OF_DELIVERIES), _table(events[:MOST_EVENTS], OF_EVENTS)]
    if len(events) > MOST_EVENTS:
        tables.append(f"These are the newest {MOST_EVENTS} events in quarantine; Stores → Events lists all.")
    return "\n\n".join(filter(None, tables))


def _table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> str:
    shown = [{name: row[name] for name in columns} | {"problem": shorten(row["problem"], WIDEST)} for row in rows]
    return as_text(shown) if shown else ""


def _of_delivery(one: support.Stuck) -> dict[str, Any]:
    delivery = one.delivery
    return {
        "delivery": str(delivery.code),
        "merchant": delivery.merchant.slug,
        "campaign": delivery.campaign.name,
        "status": delivery.status,
        "reason": delivery.reason or None,
        "problem": one.problem,
        "since": one.since.isoformat(timespec="seconds"),
        "next": one.next_step,
    }


def _of_event(one: Quarantined) -> dict[str, Any]:
    key = one.key
    return {
        "event": str(key.code),
        "merchant": key.connection.merchant.slug,
        "connection": key.connection.name,
        "status": key.state,
        "reason": key.reason,
        "problem": one.problem,
        "since": key.received_at.isoformat(timespec="seconds"),
        "next": one.next_step,
    }
