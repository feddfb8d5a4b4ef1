"""The ledger of decisions: written with each batch, read by pages, the `why` command and `GET /v2/events/{eventID}`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiq.lib import bulk
from campaigns import reasons
from campaigns.channels.base import ChannelError, OutcomeUnknown
from campaigns.decide import Check, Verdict
from campaigns.gather import Case
from campaigns.models import Decision, DecisionKind, Delivery, DeliveryStatus, Episode, Outcome

OUTCOMES = {"go": Outcome.SENT, "stop": Outcome.SKIPPED, "wait": Outcome.DEFERRED}
# What became of the delivery since its decision, in the words of the published contract.
STATES = {
    DeliveryStatus.UNKNOWN: Outcome.UNKNOWN,
    DeliveryStatus.FAILED: Outcome.FAILED,
    DeliveryStatus.PENDING: Outcome.WAITING,
    DeliveryStatus.CLAIMED: Outcome.WAITING,
    DeliveryStatus.SENDING: Outcome.WAITING,
    DeliveryStatus.SKIPPED: Outcome.SKIPPED,
}


def write(decided: Sequence[tuple[Case, Verdict]], now: datetime) -> None:
    """One decision per due message, with all its checks, before it leaves."""
    _insert(
        _step(
            case,
            _outcome(case, verdict),
            now,
            reason=verdict.reason,
            checks=[check.plain() for check in verdict.checks],
            until=verdict.until,
        )
        for case, verdict in decided
    )


def _outcome(case: Case, verdict: Verdict) -> Outcome:
    """What may have left before is not skipped, whatever stops it now."""
    unknown = verdict.action == "stop" and case.delivery.may_have_left
    return Outcome.UNKNOWN if unknown else OUTCOMES[verdict.action]


def write_failures(failed: Iterable[tuple[Case, ChannelError | OutcomeUnknown, dict[str, Any]]], now: datetime) -> None:
    """What a channel answered instead of a receipt; the row says which state the delivery took."""
    _insert(
        _step(
            case,
            Outcome.DEFERRED if row["status"] == DeliveryStatus.PENDING else STATES[row["status"]],
            now,
            reason=row["reason"],
            checks=[Check("accepted", False, outcome.text).plain()],
            until=row["send_at"] if row["status"] == DeliveryStatus.PENDING else None,
        )
        for case, outcome, row in failed
    )


FIELDS = (
    "merchant_id", "episode_id", "campaign_id", "delivery_id", "kind", "outcome", "reason", "checks", "until", "at",
)  # fmt: skip


def _insert(rows: Iterable[dict[str, Any]]) -> None:
    bulk.insert(Decision, list(rows), FIELDS)


def _step(case: Case, outcome: str, now: datetime, **fields: Any) -> dict[str, Any]:
    delivery = case.delivery
    return fields | {
        "merchant_id": delivery.merchant_id,
        "episode_id": delivery.episode_id,
        "campaign_id": delivery.campaign_id,
        "delivery_id": delivery.pk,
        "kind": DecisionKind.STEP,
        "outcome": outcome,
        "at": now,
    }


@dataclass(frozen=True, slots=True)
class Answer:
    """A decision as people and stores read it: the newest word on one campaign and step."""

    campaign: str
    step: int
    channel: str
    outcome: str
    reason: str
    at: datetime
    checks: tuple[dict[str, Any], ...]
    delivery_code: str = ""


def of_episode(episode: Episode) -> list[Answer]:
    """For each campaign the episode met: the entry if it did not enter, else the newest word on each step."""
    decisions = list(Decision.objects.filter(episode=episode).select_related("campaign").order_by("at", "pk"))
    newest = {one.delivery_id: one for one in decisions if one.delivery_id}
    steps: dict[int, list[Answer]] = {}
    rows = episode.deliveries.select_related("campaign", "content").defer("content__html", "content__text")
    for delivery in rows.order_by("content__position", "content__rank", "pk"):
        steps.setdefault(delivery.campaign_id, []).append(_of_delivery(delivery, newest.get(delivery.pk)))
    entries = [one for one in decisions if one.kind == DecisionKind.ENTRY]
    return [answer for entry in entries for answer in steps.get(entry.campaign_id) or [_entry(entry)]]


def _entry(decision: Decision) -> Answer:
    return Answer(
        decision.campaign.name, 1, "", decision.outcome, decision.reason, decision.at, explained(decision.checks)
    )


def _of_delivery(delivery: Delivery, decision: Decision | None) -> Answer:
    outcome = STATES.get(DeliveryStatus(delivery.status), Outcome.SENT)
    if outcome == Outcome.WAITING and decision and decision.outcome == Outcome.DEFERRED:
        outcome = Outcome.DEFERRED
    return Answer(
        campaign=delivery.campaign.name,
        step=delivery.content.position,
        channel=delivery.channel,
        outcome=outcome,
        reason=delivery.reason or (decision.reason if decision else ""),
        at=decision.at if decision else delivery.created_at,
        checks=explained(decision.checks) if decision else (),
        delivery_code=str(delivery.code),
    )


def explained(checks: Iterable[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Stored checks with what would change each that failed."""
    return tuple(
        {**check, "would_change": None if check["passed"] else reasons.would_change(check["code"])} for check in checks
    )
