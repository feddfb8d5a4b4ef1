"""Campaigns that do harm pause themselves: by the rates that mailbox providers watch, or by a run of errors.

Only what happened since a campaign went live counts, so that a person who resumes it is not overruled by what was mended.
Rolled-up figures and an index of errors tell which campaigns to look at; only those few are counted exactly.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Sum

from campaigns import lifecycle
from campaigns.models import Campaign, CampaignStatus, DailyFigure
from campaigns.reputation import WINDOW, Reputation

RUN = 20
RECENT = timedelta(minutes=10)
LONGEST_RUN = timedelta(days=1)

MAILED = """
SELECT count(*), count(*) FILTER (WHERE d.status = 'bounced' AND EXISTS (
           SELECT 1 FROM campaigns_trackingevent t WHERE t.delivery_id = d.id AND t.kind = 'bounced')),
       count(*) FILTER (WHERE EXISTS (
           SELECT 1 FROM campaigns_trackingevent t WHERE t.delivery_id = d.id AND t.kind = 'complained'))
FROM campaigns_delivery d
WHERE d.merchant_id = %(merchant)s AND d.campaign_id = %(campaign)s AND d.channel = 'email'
  AND d.sent_at >= %(since)s AND d.status IN ('sent', 'delivered', 'bounced')
"""
ERRORS = """
SELECT k.id, f.recent,
       (SELECT count(*) FROM campaigns_delivery d WHERE d.merchant_id = k.merchant_id AND d.campaign_id = k.id
        AND d.sent_at >= greatest(k.live_since, %(recent)s)),
       EXISTS (SELECT 1 FROM campaigns_delivery d WHERE d.merchant_id = k.merchant_id AND d.campaign_id = k.id
        AND d.sent_at >= f.run_began)
FROM campaigns_campaign k CROSS JOIN LATERAL (
    SELECT count(*) AS errors, count(*) FILTER (WHERE d.at >= %(recent)s) AS recent,
           (array_agg(d.at ORDER BY d.at DESC))[%(run)s] AS run_began
    FROM campaigns_decision d WHERE d.campaign_id = k.id AND d.outcome IN ('failed', 'unknown')
      AND d.at >= greatest(k.live_since, %(longest)s)
) f
WHERE k.status = 'live' AND f.errors >= %(run)s
"""


def look(now: datetime) -> int:
    """Pause what does harm. Returns how many campaigns."""
    found = dict([*_by_errors(now), *_by_rates(now)])
    campaigns = Campaign.objects.select_related("merchant").in_bulk(found)
    return sum(lifecycle.pause_itself(campaign, found[pk]) for pk, campaign in campaigns.items())


def _by_rates(now: datetime) -> Iterator[tuple[int, str]]:
    """Who is over a limit by the figures, and by what was sent since it went live."""
    live = Campaign.objects.filter(status=CampaignStatus.LIVE)
    rows = DailyFigure.objects.filter(campaign__in=live, day__gte=(now - WINDOW).date()).values_list("campaign")
    sums = rows.annotate(Sum("mailed"), Sum("bounced"), Sum("complained")).order_by()
    suspects = [pk for pk, *counts in sums if Reputation(*counts).harm]
    for campaign in live.filter(pk__in=suspects):
        if rate := _exactly(campaign, now).harm:
            yield campaign.pk, f"{rate.words} within {WINDOW.days} days. {rate.limits} {rate.advice}"


def _exactly(campaign: Campaign, now: datetime) -> Reputation:
    since = max(now - WINDOW, campaign.live_since or now)
    with connection.cursor() as cursor:
        cursor.execute(MAILED, {"merchant": campaign.merchant_id, "campaign": campaign.pk, "since": since})
        return Reputation(*cursor.fetchone())


def _by_errors(now: datetime) -> Iterator[tuple[int, str]]:
    """Twenty messages in a row that were refused or lost, or more than half of those of ten minutes."""
    times: dict[str, datetime | int] = {"recent": now - RECENT, "longest": now - LONGEST_RUN, "run": RUN}
    with connection.cursor() as cursor:
        cursor.execute(ERRORS, times)
        rows = cursor.fetchall()
    advice = "The server's answers stand under Decisions: mend what they name."
    for pk, errors, sent, one_left_since in rows:
        if not one_left_since:
            yield pk, f"The last {RUN} messages or more were refused or lost. {advice}"
        elif errors >= RUN and errors > sent:
            text = f"{errors:,} of {errors + sent:,} messages within ten minutes were refused or lost."
            yield pk, f"{text} {advice}"
