"""What campaigns decided about an abandonment: by their decisions, their deliveries, or, where they have not decided yet,
by asking the function that decides."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from campaigns import ledger, matching, reasons
from campaigns.decide import decide_entry
from campaigns.models import CampaignKind, Decision, Delivery, DeliveryStatus, Episode, Order, Outcome, TrackingEvent
from campaigns.story.rows import Known
from campaigns.story.sentences import Ear
from campaigns.story.telling import Check, Meeting, headline, told, won


def meetings(episode: Episode, known: Known, ear: Ear) -> Iterator[Meeting]:
    """Every campaign the abandonment met: its deliveries where it entered, else the entry's decision."""
    by_campaign: dict[int, list[Delivery]] = defaultdict(list)
    for delivery in known.deliveries[episode.pk]:
        by_campaign[delivery.campaign_id].append(delivery)
    for entry in known.entries[episode.pk]:
        if sent := by_campaign.get(entry.campaign_id):
            yield from (of_delivery(row, known.steps[row.pk], known.tracking[row.pk], ear) for row in sent)
        else:
            yield _of_entry(entry, ear)
    if episode.abandoned_at and episode.abandoned_at <= ear.now:
        decided = {entry.campaign_id for entry in known.entries[episode.pk]}
        yield from (_undecided(episode, met, ear) for met in known.met if met.campaign.pk not in decided)


def _of_entry(entry: Decision, ear: Ear) -> Meeting:
    checks = checks_told(entry.checks, ear)
    entered = entry.outcome == Outcome.ENTERED
    said = "Entered; its reminder is being scheduled" if entered else told("Did not enter", entry.reason, checks, ear)
    return Meeting(
        campaign=entry.campaign.name,
        campaign_code=entry.campaign.code,
        outcome=entry.outcome,
        label=entry.get_outcome_display(),
        said=said,
        at=entry.at,
        reason=entry.reason,
        checks=checks,
    )


def _undecided(episode: Episode, met: matching.Met, ear: Ear) -> Meeting:
    verdict = decide_entry(matching.entry_facts(episode, met))
    checks = checks_told([check.plain() for check in verdict.checks], ear)
    goes = verdict.action == "go"
    said = "About to be decided: it fits, and takes its turn" if goes else told("Not met", verdict.reason, checks, ear)
    return Meeting(
        campaign=met.campaign.name,
        campaign_code=met.campaign.code,
        outcome=Outcome.WAITING if goes else Outcome.NOT_ENTERED,
        label="Waiting" if goes else "Not met",
        said=said,
        at=ear.now,
        reason=verdict.reason,
        checks=checks,
    )


def of_delivery(
    delivery: Delivery, decisions: Sequence[Decision], tracking: Sequence[TrackingEvent], ear: Ear
) -> Meeting:
    """One message: the newest word on it, with the checks of the decision and what came after. Its episode and the
    episode's order must be loaded with it."""
    ear = replace(ear, channel=delivery.channel)
    checks = checks_told(_latest_checks(decisions), ear)
    newest = decisions[-1] if decisions else None
    outcome = ledger.STATES.get(DeliveryStatus(delivery.status), Outcome.SENT)
    return Meeting(
        campaign=delivery.campaign.name,
        campaign_code=delivery.campaign.code,
        outcome=outcome,
        label=delivery.get_status_display(),
        said=headline(delivery, newest, checks, tracking, ear) + won(_credited(delivery), ear),
        at=newest.at if newest else delivery.created_at,
        reason=delivery.reason or (newest.reason if newest else ""),
        checks=checks,
        channel=delivery.channel,
        step=delivery.content.position,
        rank=delivery.rank,
        variant=delivery.content.variant if delivery.campaign.kind == CampaignKind.AB else "",
        status=delivery.status,
        delivery_code=delivery.code,
    )


def _credited(delivery: Delivery) -> Order | None:
    order = delivery.episode.order
    return order if order and order.delivery_id == delivery.pk else None


def _latest_checks(decisions: Sequence[Decision]) -> list[dict[str, Any]]:
    """The checks of the last full decision, and after them what a channel or a person added."""
    full = next((at for at in range(len(decisions) - 1, -1, -1) if len(decisions[at].checks) > 1), 0)
    return [check for decision in decisions[full:] for check in decision.checks]


def checks_told(checks: Iterable[dict[str, Any]], ear: Ear) -> tuple[Check, ...]:
    """Stored checks as they are shown: label, what was seen in the merchant's time, what would change a failed one."""
    return tuple(
        Check(
            code=check["code"],
            label=reasons.label(check["code"]),
            passed=bool(check["passed"]),
            saw=check.get("saw") or "",
            shown=ear.localised(check.get("saw") or ""),
            would_change=None if check["passed"] else ear.by_channel(reasons.would_change(check["code"])),
        )
        for check in checks
    )
