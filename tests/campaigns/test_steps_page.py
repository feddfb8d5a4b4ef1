"""The list of steps through HTTP: added, timed, taken out and put back; and the kinds of campaign that shape them."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Plan
from campaigns import lifecycle
from campaigns.drafting import shapes
from campaigns.drafting.sequence import add, arrange
from campaigns.models import Campaign, CampaignKind, ChannelSettings, Step
from tests import factories
from tests.campaigns.test_wizard import client_of, recipients, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    return factories.campaign(factories.merchant())


@pytest.fixture
def client(campaign: Campaign) -> Client:
    return client_of(campaign.merchant)


def line(campaign: Campaign) -> list[tuple[int, str, int]]:
    return list(campaign.steps.values_list("position", "channel", "delay_minutes"))


def press(client: Client, campaign: Campaign, go: str, **fields: Any) -> Any:
    """Press a button of the time line, with what stands there unless told otherwise."""
    data: dict[str, Any] = {"go": go, "channel": "email"}
    for step in campaign.steps.all():
        stands = {"delay": step.delay_minutes, "unit": "minutes", "expires": 1, "expires_unit": "days"}
        data |= {f"{step.code}-{name}": value for name, value in stands.items()}
    return client.post(url(campaign, "steps"), data | fields)


def test_the_usual_three_reminders_in_one_click(client: Client, campaign: Campaign) -> None:
    press(client, campaign, "preset")
    assert line(campaign) == [(1, "email", 60), (2, "email", 1440), (3, "email", 4320)]
    assert campaign.steps.first() == campaign.steps.get(subject="You left something")


def test_steps_are_numbered_by_their_delay(client: Client, campaign: Campaign) -> None:
    press(client, campaign, "add")
    last = campaign.steps.last()
    assert last
    press(client, campaign, "save", **{f"{last.code}-delay": 15})
    assert line(campaign) == [(1, "email", 15), (2, "email", 60)]
    assert campaign.steps.first() == last


def test_two_channels_at_the_same_time_are_one_step(campaign: Campaign) -> None:
    add(campaign, "sms", 60)
    add(campaign, "sms", 1440)
    assert line(campaign) == [(1, "email", 60), (1, "sms", 60), (2, "sms", 1440)]


def test_a_sixth_step_is_refused(client: Client, campaign: Campaign) -> None:
    for _ in range(5):
        press(client, campaign, "add")
    assert len(line(campaign)) == 5
    assert "steps are the most" in client.get(url(campaign, "steps")).content.decode()


def test_a_step_taken_out_can_be_put_back(client: Client, campaign: Campaign) -> None:
    press(client, campaign, "preset")
    second = campaign.steps.get(position=2)
    answer = press(client, campaign, f"remove:{second.code}")
    assert line(campaign) == [(1, "email", 60), (2, "email", 4320)]
    assert "Undo" in client.get(answer["Location"]).content.decode()
    press(client, campaign, f"undo:{second.code}")
    assert line(campaign) == [(1, "email", 60), (2, "email", 1440), (3, "email", 4320)]


def test_the_only_step_stays(client: Client, campaign: Campaign) -> None:
    press(client, campaign, f"remove:{campaign.steps.get().code}")
    assert len(line(campaign)) == 1


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"delay": ""}, "0 sends at once"),
        ({"delay": 31, "unit": "days"}, "At most 30 days"),
        ({"expires": 0}, "greater"),
    ],
)
def test_a_wrong_time_stands_beside_its_field_and_nothing_is_saved(
    client: Client, campaign: Campaign, fields: dict[str, Any], text: str
) -> None:
    code = campaign.steps.get().code
    answer = press(client, campaign, "add", **{f"{code}-{name}": value for name, value in fields.items()})
    assert answer.status_code == 422
    assert text in answer.content.decode()
    assert line(campaign) == [(1, "email", 60)]


def test_the_button_of_a_step_saves_the_times_and_opens_its_message(client: Client, campaign: Campaign) -> None:
    press(client, campaign, "add")
    last = campaign.steps.last()
    assert last
    answer = press(client, campaign, f"edit:{last.code}", **{f"{last.code}-delay": 90})
    assert answer["Location"] == reverse("campaigns:content", args=[campaign.code, last.code])
    assert line(campaign)[1] == (2, "email", 90)
    page = client.get(answer["Location"]).content.decode()
    assert "Step 2, email" in page


def test_the_sentence_tells_the_whole_sequence(client: Client, campaign: Campaign) -> None:
    press(client, campaign, "preset")
    page = client.get(url(campaign, "steps")).content.decode()
    assert (
        "Sends an email to all subscribed users, one hour after they leave a cart, an email after one day"
        " and an email after three days. It stops when they buy." in page
    )


def test_with_several_steps_each_has_its_own_time(client: Client, campaign: Campaign) -> None:
    press(client, campaign, "preset")
    assert "See the steps" in client.get(url(campaign, "recipients")).content.decode()
    client.post(url(campaign, "recipients"), recipients(priority=3, cooldown=24))
    campaign.refresh_from_db()
    assert (campaign.priority, campaign.cooldown_hours) == (3, 24)
    assert line(campaign)[0] == (1, "email", 60)


def test_content_leads_to_the_list_where_there_are_several(client: Client, campaign: Campaign) -> None:
    assert client.get(url(campaign, "content")).status_code == 200
    press(client, campaign, "add")
    assert client.get(url(campaign, "content"))["Location"] == url(campaign, "steps")


def test_another_campaigns_step_is_not_there(client: Client, campaign: Campaign) -> None:
    other = factories.campaign(factories.merchant()).steps.get()
    assert client.get(reverse("campaigns:content", args=[campaign.code, other.code])).status_code == 404
    assert press(client, campaign, f"remove:{other.code}").status_code == 404
    assert press(client, campaign, "undo:nonsense").status_code == 404
    assert Step.objects.filter(pk=other.pk).exists()


def test_a_live_campaigns_steps_are_not_changed() -> None:
    campaign = factories.live_campaign(factories.merchant())
    press(client_of(campaign.merchant), campaign, "preset")
    assert line(campaign) == [(1, "email", 60)]


def test_review_names_each_check_by_its_step(client: Client, campaign: Campaign) -> None:
    press(client, campaign, "add")
    page = client.get(url(campaign, "review")).content.decode()
    assert "Step 2, email: There is no message yet." in page
    assert "Step 1, email: The message compiles" in page


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("{{ shopper.first_name | default: 'Friend' }}, your cart waits", "Anna, your cart waits"),
        ("{% if incentive.code %}10 % off{% else %}Your cart waits{% endif %}", "Your cart waits"),
        ("Still there, {{ shopper.first_nmae }}", "Still there, [first nmae]"),
        ("{% if cart %}Left open", "Left open"),
    ],
)
def test_subjects_are_shown_as_a_shopper_reads_them(
    client: Client, campaign: Campaign, written: str, read: str
) -> None:
    campaign.steps.update(subject=written)
    press(client, campaign, "add")
    for place in ("steps", "review"):
        assert f">{read}<" in client.get(url(campaign, place)).content.decode(), place


def test_review_of_a_text_shows_what_it_says(client: Client, campaign: Campaign) -> None:
    campaign.steps.update(channel="sms", subject="", body="{{ merchant.name }}: your cart waits", blocks=None)
    page = client.get(url(campaign, "review")).content.decode()
    assert f"<dt>Text</dt><dd>{campaign.merchant.name}: your cart waits</dd>" in page
    assert "<dt>Subject</dt>" not in page


def choose(client: Client, campaign: Campaign, **fields: Any) -> Any:
    return client.post(url(campaign, "channels"), {"kind": "regular", "channel": ["email"], "go": "next"} | fields)


def test_a_waterfall_has_a_message_for_each_channel_in_their_order(client: Client, campaign: Campaign) -> None:
    mail = campaign.steps.get()
    campaign.steps.update(quiet_hours="drop")
    choose(client, campaign, kind="waterfall", channel=["sms", "email"])
    assert set(campaign.steps.values_list("quiet_hours", flat=True)) == {"drop"}
    assert list(campaign.steps.values_list("channel", "rank", "position")) == [("sms", 1, 1), ("email", 2, 1)]
    assert {step.place_id for step in campaign.steps.all()} == {mail.pk}
    press(client, Campaign.objects.get(), "add")
    assert line(campaign)[2:] == [(2, "sms", 1440), (2, "email", 1440)]
    choose(client, campaign, channel=["email"])
    assert line(campaign) == [(1, "email", 60), (2, "email", 1440)]
    assert set(campaign.steps.values_list("rank", "lead")) == {(1, None)}


def test_a_test_begins_with_two_variants_and_has_four_at_most(client: Client, campaign: Campaign) -> None:
    choose(client, campaign, kind="ab")
    first = campaign.steps.get(variant="a")
    for _ in range(4):
        press(client, Campaign.objects.get(), f"variant:{first.code}")
    assert list(campaign.steps.values_list("variant", flat=True)) == ["a", "b", "c", "d"]
    assert set(campaign.steps.values_list("subject", flat=True)) == {"You left something"}
    press(client, Campaign.objects.get(), f"remove:{first.code}")
    press(client, Campaign.objects.get(), f"remove:{campaign.steps.get(variant='c').code}")
    assert list(campaign.steps.values_list("variant", flat=True)) == ["a", "b", "d"]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"kind": "waterfall"}, "at least two channels"),
        ({"kind": "ab", "channel": ["email", "sms"]}, "one channel"),
        ({"channel": ["carrier pigeon"]}, "Select a valid choice"),
    ],
)
def test_what_does_not_go_together_is_said_and_nothing_is_saved(
    client: Client, campaign: Campaign, fields: dict[str, Any], text: str
) -> None:
    answer = choose(client, campaign, **fields)
    assert answer.status_code == 422
    assert text in answer.content.decode()
    assert line(campaign) == [(1, "email", 60)]


@pytest.mark.parametrize("kind", ["ab", "waterfall"])
def test_what_the_plan_lacks_is_greyed_with_the_reason_and_cannot_be_posted(kind: str) -> None:
    campaign = factories.campaign(factories.merchant(plan=Plan.STARTER))
    client = client_of(campaign.merchant)
    answer = choose(client, campaign, kind=kind, channel=["sms", "email"])
    assert answer.status_code == 422
    assert "comes with Marketing Pro" in client.get(url(campaign, "channels")).content.decode()
    assert line(campaign) == [(1, "email", 60)]


def test_a_channel_that_is_switched_off_is_greyed_and_stops_at_review(client: Client, campaign: Campaign) -> None:
    add(campaign, "sms", 60)
    ChannelSettings.objects.create(merchant=campaign.merchant, channel="sms", enabled=False)
    assert "SMS is switched off" in client.get(url(campaign, "channels")).content.decode()
    with pytest.raises(lifecycle.Refused, match="SMS is switched off"):
        lifecycle.set_live(campaign, None, timezone.now())


def test_the_steps_of_a_campaign_that_lost_them_begin_anew(campaign: Campaign) -> None:
    campaign.steps.all().delete()
    shapes.reshape(campaign, CampaignKind.REGULAR, ["email"], timezone.now())
    arrange(campaign)
    assert line(campaign) == [(1, "email", 60)]


def test_a_waterfall_with_texts_is_offered_delays_within_48_hours(client: Client, campaign: Campaign) -> None:
    choose(client, campaign, kind="waterfall", channel=["email", "sms"])
    campaign.refresh_from_db()
    press(client, campaign, "preset")
    assert [delay for _, channel, delay in line(campaign) if channel == "sms"] == [60, 1440, 2760]
    assert line(campaign)[:2] == [(1, "email", 60), (1, "sms", 60)]


def test_texts_alone_are_offered_no_preset_since_a_cart_gets_one(client: Client, campaign: Campaign) -> None:
    choose(client, campaign, channel=["sms"])
    assert "Use 1 h" not in client.get(url(campaign, "steps")).content.decode()
