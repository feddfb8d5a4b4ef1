"""Which campaigns an abandonment enters, by facts of campaign and cart only. Not entering is written down too."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts import owners, plans
from aiq.lib import bulk
from campaigns import reasons, scheduling
from campaigns.decide import EntryFacts, Verdict, decide_entry
from campaigns.models import (
    Campaign,
    CampaignKind,
    CampaignStatus,
    CampaignVersion,
    Cart,
    Content,
    Decision,
    DecisionKind,
    Episode,
    Outcome,
)

ENTRY_FIELDS = ["outcome", "reason", "checks", "at"]
JUST_LIVE = timedelta(minutes=10)
AT_ONCE = 500
OF_THE_MOMENT = (reasons.reason_of("campaign_live"), reasons.reason_of("abandoned_after_live"))


@dataclass(frozen=True, slots=True)
class Met:
    """A campaign that carts can meet, with what was frozen when it went live."""

    campaign: Campaign
    store_ids: frozenset[int]
    contents: tuple[Content, ...]

    @property
    def needs(self) -> frozenset[str]:
        """What of `accounts.plans` the merchant's plan must include."""
        dynamic = plans.DYNAMIC_CONTENT if any(content.feed for content in self.contents) else ""
        return frozenset({dynamic, CampaignKind(self.campaign.kind).feature} - {""})


def enter(carts: Mapping[int, Cart], episode_ids: Sequence[int], now: datetime) -> None:
    """Decide for each abandoned episode of these carts and each campaign of its merchant, and schedule what enters.

    An entry stands once it is given; one that did not enter is looked at again whenever its episode changes.
    """
    episodes = _abandoned(carts, episode_ids)
    met = met_campaigns({episode.merchant_id for episode in episodes})
    known = _known_decisions(episodes)
    fresh: list[dict[str, Any]] = []
    revised: list[dict[str, Any]] = []
    entered: list[scheduling.Entered] = []
    for episode in episodes:
        for one in met.get(episode.merchant_id, ()):
            before = known.get((episode.pk, one.campaign.pk))
            if before and before.outcome == Outcome.ENTERED:
                entered.append(_entered_before(episode, one))
                continue
            decision = _decision(episode, one, decide_entry(entry_facts(episode, one)), now)
            if before is None:
                fresh.append(decision)
            elif before.reason != decision["reason"]:
                revised.append({"id": before.pk} | {name: decision[name] for name in ENTRY_FIELDS})
            if decision["outcome"] == Outcome.ENTERED:
                entered.append(scheduling.Entered(episode, one.campaign.pk, one.contents))
    bulk.insert(Decision, fresh, ["merchant_id", "episode_id", "campaign_id", "kind", *ENTRY_FIELDS])
    bulk.update(Decision, revised, ENTRY_FIELDS)
    scheduling.schedule(entered, now)
    scheduling.look_again(episode_ids, now)


def _entered_before(episode: Episode, met: Met) -> scheduling.Entered:
    """A step that came with a later version is for what is abandoned since that one is live: the others have had their reminder."""
    assert episode.abandoned_at
    since = met.campaign.live_since
    complete = since is not None and episode.abandoned_at < since
    return scheduling.Entered(episode, met.campaign.pk, met.contents, complete=complete)


def meet_again(now: datetime) -> int:
    """Let campaigns that went live lately meet the carts that no event brings: last touched before, left to silence,
    abandoned after it. How many were looked at. Carts that a worker holds at this moment are left for the next time.
    """
    looked_at = 0
    for campaign in Campaign.objects.filter(status=CampaignStatus.LIVE, live_since__gt=now - JUST_LIVE):
        waiting = list(_not_met(campaign))
        for start in range(0, len(waiting), AT_ONCE):
            looked_at += _meet(waiting[start : start + AT_ONCE], now)
    return looked_at


def _not_met(campaign: Campaign) -> Iterable[int]:
    """Carts whose open episode is abandoned since the campaign is live, and has not met it, or met it when it was not."""
    entries = Decision.objects.filter(episode=OuterRef("pk"), campaign=campaign, kind=DecisionKind.ENTRY)
    episodes = Episode.objects.filter(
        ~Exists(entries.exclude(reason__in=OF_THE_MOMENT)),
        merchant=campaign.merchant_id,
        abandoned_at__gte=campaign.live_since,
        closed_at__isnull=True,
    )
    return episodes.order_by("cart").values_list("cart", flat=True)


@transaction.atomic
def _meet(cart_ids: Sequence[int], now: datetime) -> int:
    """Under the carts' locks, as after a fold, so that no worker moves an episode meanwhile."""
    held = Cart.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=cart_ids).order_by("pk")
    carts = {cart.pk: cart for cart in held.defer("lines")}
    owners.attach(carts.values())
    enter(carts, list(Episode.objects.filter(cart__in=carts, closed_at__isnull=True).values_list("pk", flat=True)), now)
    return len(carts)


def _abandoned(carts: Mapping[int, Cart], ids: Sequence[int]) -> list[Episode]:
    """Those of the episodes that have an abandonment, with cart, store and merchant."""
    episodes = list(Episode.objects.filter(pk__any_of=ids, abandoned_at__isnull=False))
    for episode in episodes:
        episode.cart = cart = carts[episode.cart_id]
        episode.merchant, episode.store = cart.merchant, cart.store
    return episodes


def met_campaigns(merchant_ids: Iterable[int]) -> dict[int, list[Met]]:
    """The live and paused campaigns of these merchants, with their frozen versions, in two queries."""
    campaigns = list(
        Campaign.objects.met().for_merchants(merchant_ids).select_related("version", "merchant").order_by("pk")
    )
    contents: dict[int, list[Content]] = {}
    light = Content.objects.filter(version__in=[c.version_id for c in campaigns]).defer("html", "text")
    for content in light.order_by("position"):
        contents.setdefault(content.version_id, []).append(content)
    met: dict[int, list[Met]] = {}
    for campaign in campaigns:
        version = campaign.version
        assert isinstance(version, CampaignVersion)
        one = Met(campaign, frozenset(version.store_ids), tuple(contents.get(version.pk, ())))
        met.setdefault(campaign.merchant_id, []).append(one)
    return met


def entry_facts(episode: Episode, met: Met) -> EntryFacts:
    """What `decide_entry` looks at. The episode must have an abandonment."""
    campaign, merchant = met.campaign, episode.merchant
    assert episode.abandoned_at
    covered = all(plans.includes(merchant.plan, feature) for feature in met.needs)
    return EntryFacts(
        campaign_status=campaign.status,
        live_since=campaign.live_since,
        abandoned_at=episode.abandoned_at,
        store_included=not met.store_ids or episode.store_id in met.store_ids,
        store_name=episode.store.name if episode.store else "",
        plan_covers=covered,
        plan=merchant.get_plan_display(),
        closed_by=episode.closed_by,
        closed_at=episode.closed_at,
    )


def _known_decisions(episodes: Iterable[Episode]) -> dict[tuple[int, int], Decision]:
    rows = Decision.objects.filter(episode_id__any_of=[e.pk for e in episodes], kind=DecisionKind.ENTRY)
    return {(row.episode_id, row.campaign_id): row for row in rows.only("episode", "campaign", "outcome", "reason")}


def _decision(episode: Episode, met: Met, verdict: Verdict, now: datetime) -> dict[str, Any]:
    return {
        "merchant_id": episode.merchant_id,
        "episode_id": episode.pk,
        "campaign_id": met.campaign.pk,
        "kind": DecisionKind.ENTRY,
        "outcome": Outcome.ENTERED if verdict.action == "go" else Outcome.NOT_ENTERED,
        "reason": verdict.reason,
        "checks": [check.plain() for check in verdict.checks],
        "at": now,
    }
