"""The life of a campaign: going live, approval, pausing, archiving. Pages and commands call these functions.

Each arrow is one conditional UPDATE (`Campaign.move`) and one log row in one transaction, under the campaign's row
lock, so that an edit and a going-live cannot cross. Going live, from wherever, sets `live_since` to now: carts abandoned
before never get a message. `user` None stands for support staff at a command line, who may do everything.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Max

from accounts import access
from accounts.models import User
from campaigns import going_on, notices
from campaigns.channels.base import CHANNELS
from campaigns.drafting import drafts, review, shapes
from campaigns.models import Campaign, CampaignLog, CampaignStatus, CampaignVersion, Content, Step

S = CampaignStatus


class Refused(Exception):  # noqa: N818 - reads as what happened
    """Nothing was changed. `reasons` are sentences for the person who asked."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


def set_live(campaign: Campaign, user: User | None, now: datetime) -> CampaignStatus:
    """Set live, or submit for approval where the user may not. Raises `Refused` with every red check."""
    if not _may_set_live(campaign, user):
        return submit(campaign, user, now)
    with _locked(campaign):
        _require(campaign, S.DRAFT, S.PENDING_APPROVAL, S.PAUSED, verb="set live")
        _go_live(campaign, user, now, "set live")
    return S.LIVE


def submit(campaign: Campaign, user: User | None, now: datetime) -> CampaignStatus:
    """Ask owners and operators for approval, by mail. Raises `Refused`."""
    with _locked(campaign):
        _require(campaign, S.DRAFT, S.PAUSED, verb="submitted")
        _refuse_red(campaign, now)
        campaign.move(S.PENDING_APPROVAL, submitted_by=user, sent_back_reason="")
        _log(campaign, user, "submitted for approval")
        _afterwards(notices.ask_for_approval, campaign, user)
    return S.PENDING_APPROVAL


def approve(campaign: Campaign, user: User | None, now: datetime) -> CampaignStatus:
    """Approve what was submitted: it is live from now. Raises `Refused`."""
    _require_set_live(campaign, user)
    with _locked(campaign):
        _require(campaign, S.PENDING_APPROVAL, verb="approved")
        _go_live(campaign, user, now, "approved")
        _afterwards(notices.tell_approved, campaign, user)
    return S.LIVE


def send_back(campaign: Campaign, user: User | None, reason: str) -> CampaignStatus:
    """Return what was submitted to draft; the submitter gets the reason by mail. Raises `Refused`."""
    _require_set_live(campaign, user)
    if not reason.strip():
        raise Refused("Say what should be changed, so that the next try succeeds.")
    with _locked(campaign):
        _require(campaign, S.PENDING_APPROVAL, verb="sent back")
        campaign.move(S.DRAFT, sent_back_reason=reason.strip())
        _log(campaign, user, "sent back", reason.strip())
        _afterwards(notices.tell_sent_back, campaign, user)
    return S.DRAFT


def pause(campaign: Campaign, user: User | None) -> CampaignStatus:
    """Stop sending at once; what was scheduled waits, and expires. Raises `Refused`."""
    with _locked(campaign):
        _require(campaign, S.LIVE, verb="paused")
        campaign.move(S.PAUSED)
        _log(campaign, user, "paused")
    return S.PAUSED


def pause_itself(campaign: Campaign, why: str) -> bool:
    """Pause a campaign that does harm, tell its owners and operators by mail. False: a person paused or resumed it meanwhile."""
    seen = campaign.live_since
    with _locked(campaign):
        if campaign.status != S.LIVE or campaign.live_since != seen:
            return False
        campaign.move(S.PAUSED, paused_why=why)
        _log(campaign, None, "paused itself", why)
        _afterwards(notices.tell_paused_itself, campaign, None)
    return True


def resume(campaign: Campaign, user: User | None, now: datetime) -> CampaignStatus:
    """Go on: an unchanged version at once, an edited one as in `set_live`. Raises `Refused`."""
    with _locked(campaign):
        _require(campaign, S.PAUSED, verb="resumed")
        if not campaign.edited:
            _go_live(campaign, user, now, "resumed")
            return S.LIVE
    return set_live(campaign, user, now)


def archive(campaign: Campaign, user: User | None) -> CampaignStatus:
    """End a campaign for good. What was scheduled is skipped when it is due. Raises `Refused`."""
    with _locked(campaign):
        _require(campaign, S.DRAFT, S.LIVE, S.PAUSED, verb="archived")
        campaign.move(S.ARCHIVED)
        _log(campaign, user, "archived")
    return S.ARCHIVED


@contextmanager
def editing(campaign: Campaign, user: User | None) -> Iterator[Campaign]:
    """The campaign under its lock, for a change of trigger, steps or content. Raises `Refused` unless draft or paused."""
    with _locked(campaign):
        if not campaign.editable:
            raise Refused(f"A campaign that is {_word(campaign)} cannot be edited. {_way_to_edit(campaign)}")
        if not campaign.edited:
            _log(campaign, user, "edited")
        campaign.edited = True
        yield campaign
        campaign.save()


def use_variant(campaign: Campaign, user: User | None, letter: str, now: datetime) -> None:
    """End the campaign's test: this variant for everyone. A live campaign goes on with it at once, as a new version; a
    paused one when it is resumed. Raises `Refused`."""
    with _locked(campaign):
        _require(campaign, S.LIVE, S.PAUSED, verb="changed")
        if campaign.status == S.LIVE:
            _require_set_live(campaign, user)
        if not shapes.keep_variant(campaign, letter, now):
            raise Refused("There is no such variant any more.")
        campaign.edited = True
        campaign.save()
        note = f"Variant {letter.upper()} for everyone"
        if campaign.status == S.LIVE:
            _refuse_red(campaign, now)
            campaign.version, campaign.edited = freeze(campaign, user), False
            campaign.save()
            going_on.go_on(campaign.version, now)
            note += f", as version {campaign.version.number}"
        _log(campaign, user, "ended the test", note)


def needs_approval(campaign: Campaign, user: User) -> bool:
    """Whether setting live means submitting, for this user and the campaign as it stands."""
    unchanged = campaign.status == S.PAUSED and not campaign.edited
    return not unchanged and not _may_set_live(campaign, user)


def freeze(campaign: Campaign, user: User | None) -> CampaignVersion:
    """A version of what is being edited: audience rules, stores, compiled contents. Raises `TemplateProblems`."""
    last = campaign.versions.aggregate(number=Max("number"))["number"] or 0
    audience = campaign.audience
    version = CampaignVersion.objects.create(
        campaign=campaign,
        number=last + 1,
        audience_name=audience.name if audience else "",
        audience_rules=audience.rules if audience else [],
        store_ids=sorted(campaign.stores.values_list("pk", flat=True)),
        created_by=user,
    )
    Content.objects.bulk_create(
        [_content(version, step) for step in campaign.steps.order_by("position", "rank", "variant")]
    )
    Step.everything.filter(campaign=campaign, removed_at__isnull=False, contents=None, following=None).delete()
    return version


def _content(version: CampaignVersion, step: Step) -> Content:
    source = drafts.source_of(step, version.campaign.merchant)
    compiled = CHANNELS.get(step.channel).compile(source)
    return Content(
        version=version,
        step_id=step.place_id,
        position=step.position,
        channel=step.channel,
        delay_minutes=step.delay_minutes,
        expires_after_minutes=step.expires_after_minutes,
        subject=compiled.subject,
        preheader=compiled.preheader,
        sender_name=step.sender_name,
        sender_email=step.sender_email,
        html=compiled.html,
        text=compiled.text,
        feed=source.feed,
        feeds=compiled.feeds,
        sold_out=step.sold_out,
        price_rose=step.price_rose,
        discount_id=step.discount_id,
        no_code=step.no_code,
        variant=step.variant,
        rank=step.rank,
        share=step.share,
        quiet_hours=step.quiet_hours,
        extras=compiled.extras,
    )


def _go_live(campaign: Campaign, user: User | None, now: datetime, action: str) -> None:
    _refuse_red(campaign, now)
    keep = campaign.version if campaign.version and not campaign.edited else None
    version = keep or freeze(campaign, user)
    campaign.move(S.LIVE, version=version, live_since=now, edited=False, sent_back_reason="", paused_why="")
    going_on.go_on(version, now)
    _log(campaign, user, action, f"Version {version.number}")


@contextmanager
def _locked(campaign: Campaign) -> Iterator[None]:
    """A transaction holding the campaign's row; the instance is refreshed to what the lock sees."""
    with transaction.atomic():
        campaign.refresh_from_db(from_queryset=Campaign.objects.select_for_update(of=("self",)))
        yield


def _refuse_red(campaign: Campaign, now: datetime) -> None:
    red = [check.text for check in review.checks(campaign, now) if check.stops]
    if red:
        raise Refused(*red)


def _require(campaign: Campaign, *sources: CampaignStatus, verb: str) -> None:
    if campaign.status not in sources:
        raise Refused(f"“{campaign.name}” is {_word(campaign)} and so cannot be {verb}.")


def _require_set_live(campaign: Campaign, user: User | None) -> None:
    if not _may_set_live(campaign, user):
        raise Refused("Only owners and operators decide on what was submitted.")


def _may_set_live(campaign: Campaign, user: User | None) -> bool:
    return user is None or access.can(user, access.SET_LIVE, campaign.merchant)


def _word(campaign: Campaign) -> str:
    return CampaignStatus(campaign.status).label.lower()


def _way_to_edit(campaign: Campaign) -> str:
    return {
        S.LIVE: "Pause it first.",
        S.PENDING_APPROVAL: "An owner or operator may send it back.",
    }.get(CampaignStatus(campaign.status), "Make a new one.")


def _log(campaign: Campaign, user: User | None, action: str, note: str = "") -> None:
    CampaignLog.objects.create(campaign=campaign, user=user, action=action, note=note)


def _afterwards(tell: Callable[[Campaign, User | None], None], campaign: Campaign, user: User | None) -> None:
    """Mail once the state is committed: a mail server that is away must not lose the state."""
    transaction.on_commit(partial(tell, campaign, user))
