"""The life of a campaign: every arrow, who may, what is frozen, who is told."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import Role, User
from campaigns import lifecycle
from campaigns.lifecycle import Refused
from campaigns.models import Campaign, CampaignStatus, CampaignVersion, Content
from tests import factories

pytestmark = pytest.mark.django_db
S = CampaignStatus
NOW = timezone.now()


@pytest.fixture
def cast() -> Any:
    merchant = factories.merchant()
    people = {role: factories.user(role, merchant) for role in (Role.OWNER, Role.OPERATOR, Role.MARKETING)}
    return factories.campaign(merchant), people[Role.OWNER], people[Role.OPERATOR], people[Role.MARKETING]


def log_of(campaign: Campaign) -> list[str]:
    return list(campaign.log.order_by("pk").values_list("action", flat=True))


def test_an_owner_sets_live_and_a_version_is_frozen(cast: Any) -> None:
    campaign, owner, *_ = cast
    assert lifecycle.set_live(campaign, owner, NOW) == S.LIVE
    campaign.refresh_from_db()
    assert (campaign.status, campaign.live_since, campaign.edited) == (S.LIVE, NOW, False)
    content = Content.objects.get(version=campaign.version)
    assert content.subject == "You left something"
    assert "{{ unsubscribe_url" in content.html
    assert "unsubscribe_url" in content.text
    assert log_of(campaign) == ["set live"]


def test_a_version_keeps_audience_rules_and_stores_as_they_were(cast: Any) -> None:
    campaign, owner, *_ = cast
    rules = [{"field": "tags", "is": "is", "value": "vip"}]
    campaign.audience = factories.audience(campaign.merchant, rules)
    campaign.save()
    store = factories.store(campaign.merchant)
    campaign.stores.add(store)
    lifecycle.set_live(campaign, owner, NOW)
    campaign.audience.rules = []
    campaign.audience.save()
    version = CampaignVersion.objects.get(campaign=campaign)
    assert (version.audience_rules, version.store_ids) == (rules, [store.pk])


def test_a_red_check_refuses_with_every_reason_and_changes_nothing(cast: Any) -> None:
    campaign, owner, *_ = cast
    campaign.type = ""
    campaign.save()
    campaign.steps.update(subject="")
    with pytest.raises(Refused) as refused:
        lifecycle.set_live(campaign, owner, NOW)
    assert len(refused.value.reasons) == 2
    campaign.refresh_from_db()
    assert campaign.status == S.DRAFT
    assert not CampaignVersion.objects.exists()
    assert log_of(campaign) == []


def test_marketing_submits_and_owners_and_operators_get_a_mail_with_a_link(
    cast: Any, django_capture_on_commit_callbacks: Any
) -> None:
    campaign, owner, operator, marketer = cast
    factories.user(Role.OWNER, factories.merchant())
    with django_capture_on_commit_callbacks(execute=True):
        assert lifecycle.set_live(campaign, marketer, NOW) == S.PENDING_APPROVAL
    assert {message.to[0] for message in mail.outbox} == {owner.email, operator.email}
    assert f"/admin/campaigns/{campaign.code}/" in mail.outbox[0].body
    assert not CampaignVersion.objects.exists()


def test_marketing_sets_live_itself_where_the_merchant_allows_it(cast: Any) -> None:
    campaign, *_ = cast
    campaign.merchant.marketing_sets_live = True
    campaign.merchant.save()
    marketer = factories.user(Role.MARKETING, campaign.merchant)
    assert lifecycle.set_live(campaign, marketer, NOW) == S.LIVE


def test_a_mail_server_that_is_away_does_not_lose_the_state(
    cast: Any, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    campaign, _, _, marketer = cast
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with django_capture_on_commit_callbacks(execute=True):
        lifecycle.set_live(campaign, marketer, NOW)
    campaign.refresh_from_db()
    assert campaign.status == S.PENDING_APPROVAL


def test_an_operator_approves_and_the_submitter_is_told(cast: Any, django_capture_on_commit_callbacks: Any) -> None:
    campaign, _, operator, marketer = cast
    lifecycle.submit(campaign, marketer, NOW)
    with django_capture_on_commit_callbacks(execute=True):
        assert lifecycle.approve(campaign, operator, NOW) == S.LIVE
    assert [message.to for message in mail.outbox] == [[marketer.email]]
    assert log_of(campaign) == ["submitted for approval", "approved"]


def test_sending_back_needs_a_reason_and_mails_it(cast: Any, django_capture_on_commit_callbacks: Any) -> None:
    campaign, owner, _, marketer = cast
    lifecycle.submit(campaign, marketer, NOW)
    with pytest.raises(Refused):
        lifecycle.send_back(campaign, owner, "  ")
    with django_capture_on_commit_callbacks(execute=True):
        assert lifecycle.send_back(campaign, owner, "Shorter subject, please.") == S.DRAFT
    assert mail.outbox[0].to == [marketer.email]
    assert "Shorter subject, please." in mail.outbox[0].body
    assert campaign.sent_back_reason == "Shorter subject, please."


@pytest.mark.parametrize(
    "act", [lifecycle.approve, lambda campaign, user, now: lifecycle.send_back(campaign, user, "x")]
)
def test_marketing_cannot_decide_on_what_was_submitted(cast: Any, act: Any) -> None:
    campaign, _, _, marketer = cast
    lifecycle.submit(campaign, marketer, NOW)
    with pytest.raises(Refused):
        act(campaign, marketer, NOW)
    campaign.refresh_from_db()
    assert campaign.status == S.PENDING_APPROVAL


def test_marketing_resumes_what_is_unchanged_with_the_same_version_and_no_old_carts(cast: Any) -> None:
    campaign, owner, _, marketer = cast
    lifecycle.set_live(campaign, owner, NOW)
    version = campaign.version
    lifecycle.pause(campaign, marketer)
    later = NOW + timedelta(days=2)
    assert lifecycle.resume(campaign, marketer, later) == S.LIVE
    assert (campaign.version, campaign.live_since) == (version, later)


def test_resuming_an_edited_version_asks_for_approval_and_then_freezes_a_new_one(cast: Any) -> None:
    campaign, owner, _, marketer = cast
    lifecycle.set_live(campaign, owner, NOW)
    lifecycle.pause(campaign, marketer)
    edit(campaign, marketer, "New subject")
    assert lifecycle.resume(campaign, marketer, NOW) == S.PENDING_APPROVAL
    lifecycle.approve(campaign, owner, NOW)
    assert campaign.version.number == 2
    assert campaign.version.contents.get().subject == "New subject"
    assert CampaignVersion.objects.get(campaign=campaign, number=1).contents.get().subject == "You left something"


@pytest.mark.parametrize("status", [S.LIVE, S.PENDING_APPROVAL, S.ARCHIVED])
def test_only_draft_and_paused_campaigns_are_edited(cast: Any, status: str) -> None:
    campaign, owner, _, marketer = cast
    to_status(campaign, owner, marketer, status)
    with pytest.raises(Refused):
        edit(campaign, owner, "Sneaked in")
    assert campaign.steps.get().subject == "You left something"


ARROWS = {
    "set_live": (
        lambda campaign, user: lifecycle.set_live(campaign, user, NOW),
        {S.DRAFT, S.PENDING_APPROVAL, S.PAUSED},
    ),
    "submit": (lambda campaign, user: lifecycle.submit(campaign, user, NOW), {S.DRAFT, S.PAUSED}),
    "approve": (lambda campaign, user: lifecycle.approve(campaign, user, NOW), {S.PENDING_APPROVAL}),
    "send_back": (lambda campaign, user: lifecycle.send_back(campaign, user, "x"), {S.PENDING_APPROVAL}),
    "pause": (lifecycle.pause, {S.LIVE}),
    "resume": (lambda campaign, user: lifecycle.resume(campaign, user, NOW), {S.PAUSED}),
    "archive": (lifecycle.archive, {S.DRAFT, S.LIVE, S.PAUSED}),
}


@pytest.mark.parametrize("arrow", ARROWS)
@pytest.mark.parametrize("status", S.values)
def test_every_arrow_leaves_only_from_where_it_may(cast: Any, arrow: str, status: str) -> None:
    campaign, owner, _, marketer = cast
    to_status(campaign, owner, marketer, status)
    act, sources = ARROWS[arrow]
    entries = campaign.log.count()
    if status in sources:
        assert act(campaign, owner) == Campaign.objects.get(pk=campaign.pk).status
        assert campaign.log.count() == entries + 1
    else:
        with pytest.raises(Refused):
            act(campaign, owner)
        assert Campaign.objects.get(pk=campaign.pk).status == status
        assert campaign.log.count() == entries


def test_a_stale_instance_cannot_take_an_arrow_twice(cast: Any) -> None:
    campaign, owner, *_ = cast
    lifecycle.set_live(campaign, owner, NOW)
    stale = Campaign.objects.get(pk=campaign.pk)
    lifecycle.pause(campaign, owner)
    with pytest.raises(Refused):
        lifecycle.pause(stale, owner)


def edit(campaign: Campaign, user: User, subject: str) -> None:
    with lifecycle.editing(campaign, user):
        campaign.steps.update(subject=subject)


def to_status(campaign: Campaign, owner: User, marketer: User, status: str) -> None:
    """Walk there by the arrows themselves."""
    if status == S.PENDING_APPROVAL:
        lifecycle.submit(campaign, marketer, NOW)
    if status in {S.LIVE, S.PAUSED}:
        lifecycle.set_live(campaign, owner, NOW)
    if status == S.PAUSED:
        lifecycle.pause(campaign, owner)
    if status == S.ARCHIVED:
        lifecycle.archive(campaign, owner)
