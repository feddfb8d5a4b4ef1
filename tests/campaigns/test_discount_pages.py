"""Discounts as staff see them: the list, the form, what came of one, Review, Home, the mail to owners, and the command."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import Role
from aiq.lib.commands import Refused
from campaigns.drafting import review
from campaigns.incentives import uptake, warning
from campaigns.incentives.lasting import Pool
from campaigns.insight import attention
from campaigns.models import Discount
from tests import factories

pytestmark = pytest.mark.django_db
LIST = "/admin/campaigns/discount/"


@pytest.fixture
def merchant():
    return factories.merchant(name="Fernwood", currency="EUR")


def signed_in(merchant, role=Role.MARKETING):
    client = Client()
    client.force_login(factories.user(role, merchant))
    return client


def filled(**fields):
    empty = dict.fromkeys(("value", "currency", "minimum_cart", "code_shared", "pattern", "make", "per_campaign"), "")
    return empty | {"name": "Come back", "kind": "percent", "value": "15", "codes": "own"} | fields


def address(discount):
    return f"{LIST}{discount.code}/change/"


def test_marketing_makes_a_discount_with_codes_by_a_pattern(merchant) -> None:
    answer = signed_in(merchant).post(f"{LIST}add/", filled(pattern="TEA-########", make="25", minimum_cart="40"))
    assert answer.status_code == 302
    discount = Discount.objects.get(merchant=merchant)
    assert (discount.codes.count(), discount.minimum_cart, discount.currency) == (25, Decimal(40), "")


def test_a_file_of_codes_is_brought_in_and_its_bad_lines_are_told(merchant) -> None:
    file = SimpleUploadedFile("codes.csv", b"code\nTEA-1\nTEA-1\ntwo words\n")
    answer = signed_in(merchant).post(f"{LIST}add/", filled(file=file), follow=True)
    page = answer.content.decode()
    assert "1 code added. 1 was known already. 1 line could not be taken." in page
    assert "Line 4: a code has no blanks" in page


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"value": ""}, "Say how much it takes off."),
        ({"value": "101"}, "At most 100 percent."),
        ({"codes": "shared"}, "Give the code, as your shop knows it."),
        ({"make": "5"}, "Give the pattern by which to make them."),
        ({"pattern": "TEA-####"}, "could be guessed"),
        ({"name": "Taken"}, "already exists"),
    ],
)
def test_what_is_wrong_stands_beside_it_and_nothing_is_made(merchant, fields, problem) -> None:
    factories.discount(merchant, name="Taken")
    answer = signed_in(merchant).post(f"{LIST}add/", filled(**fields))
    assert problem in answer.content.decode()
    assert Discount.objects.count() == 1


def test_an_amount_without_a_currency_is_in_the_merchants_own(merchant) -> None:
    signed_in(merchant).post(f"{LIST}add/", filled(kind="amount", value="5", codes="shared", code_shared="FIVE"))
    assert Discount.objects.get().currency == "EUR"


def test_what_was_given_is_never_changed(merchant) -> None:
    discount, campaign = factories.discount(merchant, name="Come back", codes=["A"]), factories.live_campaign(merchant)
    factories.given(discount, factories.abandoned_cart(merchant), campaign)
    signed_in(merchant).post(address(discount), filled(value="50", name="Renamed"))
    discount.refresh_from_db()
    assert (discount.value, discount.name) == (15, "Renamed")


@pytest.mark.parametrize("ahead", [False, True])
def test_a_discounts_page_says_what_came_of_it_counted_ahead_where_it_is_much(merchant, ahead, monkeypatch) -> None:
    discount, campaign = factories.discount(merchant, codes=["A", "B", "C"]), factories.live_campaign(merchant)
    for currency, total in (("EUR", 40), ("EUR", 20), ("USD", 30), (None, None)):
        order = factories.order(merchant, currency=currency, total=Decimal(total), refunded=5) if total else None
        used = {"order": order, "redeemed_at": order.placed_at} if order else {}
        factories.given(discount, factories.abandoned_cart(merchant), campaign, **used)
    monkeypatch.setattr(uptake, "LARGE", 3 if ahead else 4)
    uptake.count(timezone.now())
    page = " ".join(signed_in(merchant).get(address(discount)).content.decode().split())
    assert ("Counted <time" in page) is ahead
    assert "<dt>Given</dt><dd>4</dd>" in page
    assert "<dd>3 <small>75% of those given</small></dd>" in page
    assert "€50.00 <small>and</small> $25.00" in page
    assert "<dt>Codes left</dt><dd>3</dd>" in page
    assert "OWN-" in page


def test_the_list_counts_the_codes_of_all_rows_in_one_query(merchant, django_assert_max_num_queries) -> None:
    client = signed_in(merchant)
    for number in range(3):
        factories.discount(merchant, codes=[f"A-{number}-{n}" for n in range(number)], pattern="T-########")
    with django_assert_max_num_queries(14):
        page = client.get(LIST).content.decode()
    assert all(f"{number} left" in page for number in range(3))


def test_archived_discounts_are_no_longer_offered(merchant) -> None:
    discount, client = factories.discount(merchant), signed_in(merchant)
    for action, offered in (("archive", False), ("offer_again", True)):
        client.post(LIST, {"action": action, "_selected_action": [str(discount.code)]})
        assert Discount.objects.offered().exists() is offered


def test_another_merchants_discount_is_404_and_an_analyst_sees_none(merchant) -> None:
    theirs = factories.discount(factories.merchant())
    client = signed_in(merchant)
    assert client.get(address(theirs)).status_code == 404
    assert client.post(address(theirs), filled()).status_code == 404
    assert signed_in(merchant, Role.ANALYST).get(LIST).status_code == 404
    assert str(theirs) not in client.get(LIST).content.decode()
    theirs.refresh_from_db()
    assert theirs.value == 15


def test_the_wizard_keeps_the_discount_by_its_code_and_previews_it_with_an_example(merchant) -> None:
    own, theirs = factories.discount(merchant, codes=["REAL-1"]), factories.discount(factories.merchant())
    campaign, client = factories.campaign(merchant), signed_in(merchant)
    body = factories.BODY.replace("</mj-section>", "</mj-section><aiq-incentive />", 1)
    form = {
        "subject": "Your cart",
        "body": body,
        "feed": "",
        "no_code": "hold",
        "sold_out": "keep",
        "price_rose": "show",
    }
    wizard = f"/admin/campaigns/{campaign.code}/"
    shown = client.post(f"{wizard}content/preview/", form | {"discount": str(own.code)}).content.decode()
    assert "EXAMPLE-15" in shown
    assert "REAL-1" not in shown
    client.post(f"{wizard}content/", form | {"discount": str(theirs.code)})
    assert campaign.steps.get().discount is None
    client.post(f"{wizard}content/", form | {"discount": str(own.code)})
    step = campaign.steps.get()
    assert (step.discount, step.no_code) == (own, "hold")


@pytest.mark.parametrize(
    ("terms", "step", "level", "text"),
    [
        ({"codes": ["A"], "per_campaign": 500}, {}, "ok", "Up to 500. 1 code left"),
        ({"code_shared": "SAVE"}, {}, "ok", "Everybody gets the code SAVE."),
        ({"pattern": "T-########"}, {}, "warn", "go without it"),
        ({"pattern": "T-########"}, {"no_code": "hold"}, "stop", "would be held"),
        ({"archived_at": timezone.now()}, {}, "stop", "is archived"),
        ({}, {"body": factories.BODY}, "warn", "no place that shows it"),
        (None, {}, "warn", "none is chosen"),
    ],
)
def test_review_says_what_a_discount_may_cost_and_what_is_amiss(merchant, terms, step, level, text) -> None:
    body = factories.BODY.replace("</mj-section>", "</mj-section><aiq-incentive />", 1)
    discount = None if terms is None else factories.discount(merchant, **terms)
    campaign = factories.campaign(merchant, step={"body": body, "discount": discount} | step)
    found = [check for check in review.checks(campaign, timezone.now()) if check.code == "discount"]
    assert [check.level for check in found if text in check.text] == [level]


@pytest.mark.parametrize(
    ("pool", "low", "said"),
    [
        (Pool(), True, "It has no code left."),
        (Pool(left=300, given=700, last_day=100, last_week=100), True, "about 3 more days"),
        (Pool(left=300, given=700, last_day=1, last_week=210), False, "about 10 more days"),
        (Pool(left=9, given=91), True, "9 codes left; none is given at present."),
        (Pool(left=10, given=90), False, "10 codes left; none is given at present."),
        (Pool(left=1, given=5, last_day=5, last_week=5), True, "1 code left. At the present rate they last less than a day."),
        (Pool(left=100_001, given=5, last_week=7), False, "More than 100,000 codes are left, enough for more than a year"),
    ],
)  # fmt: skip
def test_codes_run_low_below_a_week_or_a_tenth(pool, low, said) -> None:
    assert pool.low is low
    assert said in pool.words


def test_owners_are_told_once_until_codes_are_added_and_home_says_so(merchant) -> None:
    factories.user(Role.OWNER, merchant, email="owner@fernwood.example")
    discount = factories.discount(merchant, name="Come back", pattern="T-########")
    factories.discount(merchant, name="Of no campaign", pattern="T-########")
    factories.live_campaign(merchant, step={"discount": discount})
    now = timezone.now()
    assert [warning.warn(now), warning.warn(now + timedelta(days=1))] == [1, 0]
    assert [message.to for message in mail.outbox] == [["owner@fernwood.example"]]
    assert "It has no code left." in mail.outbox[0].body
    assert address(discount) in mail.outbox[0].body
    assert [one.text for one in attention.notices(merchant, now) if "Come back" in one.text] == [
        "“Come back”: It has no code left."
    ]
    discount.codes.create(merchant=merchant, value="A")
    Discount.objects.update(warned_at=None)
    assert warning.warn(now) == 0


def test_support_imports_codes_and_hears_of_bad_lines(merchant, tmp_path, capsys) -> None:
    discount = factories.discount(merchant, name="Come back", pattern="T-########")
    file = tmp_path / "codes.txt"
    file.write_text("A-1\nA-2\ntwo words\n")
    call_command("import_codes", merchant.slug, "Come back", str(file), "--json")
    assert json.loads(capsys.readouterr().out) == {
        "added": 2,
        "known": 0,
        "refused": 1,
        "bad": [{"line": 3, "problem": "a code has no blanks or control characters"}],
    }
    assert discount.codes.count() == 2
    for wrong in (["nobody", "Come back"], [merchant.slug, "Other"]):
        with pytest.raises(Refused):
            call_command("import_codes", *wrong, str(file))
