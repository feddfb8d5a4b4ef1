"""Discounts in messages, end to end: the code, its link, its guards, its pool, its redemption, and two senders at once."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from bench.counting import counted
from campaigns import sending
from campaigns.gather import gather
from campaigns.incentives import giving, pool
from campaigns.links import PlainLinks
from campaigns.models import Decision, Delivery, Discount, DiscountCode, GivenDiscount, Outcome
from campaigns.rendering import render
from campaigns.starters import SAMPLE_CONTEXT
from campaigns.templating.compiling import Source, TemplateProblems, compile_source
from integrations import jobs
from tests import factories
from tests.pipeline import Shop, go_live, run_workers

BODY = """<mjml><mj-body><mj-section><mj-column>
<mj-text>You left something behind.</mj-text>
{% if incentive.code %}<mj-text>Code {{ incentive.code }}: {{ incentive.label }}, until {{ incentive.expires | default: "used" }}.</mj-text>
<mj-button href="{{ incentive.url }}">Use it</mj-button>{% endif %}
<mj-text><a href="{{ unsubscribe_url }}">Unsubscribe</a></mj-text>
</mj-column></mj-section></mj-body></mjml>"""
YESTERDAY = timedelta(days=1)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop():
    return Shop(factories.merchant(name="Fernwood"))


def abandon(shop, number=1, **fields):
    at = fields.pop("at", datetime.now(UTC) - timedelta(minutes=1))
    customer = {
        "srcID": f"c-{number}",
        "email": f"s{number}@example.com",
        "consent": {"email": {"status": "subscribed"}},
    }
    shop.put("/v2/contacts", {"contacts": [customer]})
    body = {
        "eventID": f"evt-{number}-{at.timestamp()}",
        "timestamp": at.isoformat(),
        "cartID": f"cart-{number}",
        "store": "north-loop",
        "customer": {key: customer[key] for key in ("srcID", "email")},
        "cartURL": "https://shop.example/cart/7",
        "currency": "USD",
        "totals": {"total": "40.00"},
        "products": [{"id": "p-1", "name": "Tea", "price": "40.00", "quantity": 1}],
    }
    shop.post("/v2/cart", body | fields)


def live(shop, discount, **step):
    return go_live(shop.merchant, datetime.now(UTC) - YESTERDAY, body=BODY, discount=discount, **step)


def text_of(message):
    return message.get_body(("plain",)).get_content()


def failed_checks(decision):
    return [check["code"] for check in decision.checks if not check["passed"]]


def test_the_mail_holds_a_code_of_its_own_and_its_link_leads_with_it_to_the_cart(shop, smtp_sink) -> None:
    discount = factories.discount(shop.merchant, codes=["TEA-A", "TEA-B"], expires_after_hours=72)
    live(shop, discount)
    abandon(shop)
    run_workers()
    (message,) = smtp_sink.messages
    given = GivenDiscount.objects.get()
    assert f"Code {given.value}: 15% off, until " in text_of(message)
    assert given.value == "TEA-A"
    assert DiscountCode.objects.get(given=True) == given.pooled
    clicked = re.search(r"/c/[\w-]+", message.get_body(("html",)).get_content())
    assert Client().get(clicked[0])["Location"].endswith(f"/g/{given.token}")
    assert Client().get(f"/g/{given.token}")["Location"] == "https://shop.example/cart/7?discount=TEA-A"


def test_the_box_is_there_only_with_a_code_and_reads_well_as_text() -> None:
    body = BODY.replace("</mj-section>", '</mj-section><aiq-incentive text="For you" label="Take it" />', 1)
    compiled = compile_source(Source("Your cart", "", body))
    incentive = {
        "code": "TEA-A",
        "label": "15% off",
        "minimum": "$40.00",
        "expires": "",
        "url": "https://c.example/g/x",
    }
    with_code = render(compiled, SAMPLE_CONTEXT | {"incentive": incentive}, PlainLinks())
    assert (
        "For you\n15% off with the code TEA-A\nFor carts of $40.00 or more.\nTake it: https://c.example/g/x"
        in with_code.text
    )
    assert 'href="https://c.example/g/x"' in with_code.html
    without = render(compiled, SAMPLE_CONTEXT, PlainLinks())
    assert not [word for word in ("For you", "Take it", "dashed") if word in without.html + without.text]


@pytest.mark.parametrize("attributes", ['code="X"', f'text="{"x" * 201}"', f'label="{"x" * 41}"'])
def test_the_box_takes_a_text_and_a_label_and_nothing_else(attributes) -> None:
    body = BODY.replace("</mj-section>", f"</mj-section><aiq-incentive {attributes} />", 1)
    with pytest.raises(TemplateProblems) as refused:
        compile_source(Source("Your cart", "", body))
    assert [problem.code for problem in refused.value.problems] == ["bad_attribute"]


def test_a_link_that_ended_leads_to_the_cart_alone_and_an_unknown_one_nowhere(shop) -> None:
    campaign = factories.live_campaign(shop.merchant)
    episode = factories.abandoned_cart(shop.merchant)
    given = factories.given(
        factories.discount(shop.merchant), episode, campaign, expires_at=timezone.now() - timedelta(minutes=1)
    )
    assert Client().get(f"/g/{given.token}")["Location"] == episode.cart.url
    assert Client().get("/g/nothing").status_code == 404
    assert Client().get("/g/%00").status_code == 404


def test_a_later_attempt_is_served_the_same_code(shop, smtp_sink) -> None:
    live(shop, factories.discount(shop.merchant, codes=["TEA-A", "TEA-B"]))
    abandon(shop)
    smtp_sink.answer = "451 later"
    run_workers()
    assert not smtp_sink.messages
    smtp_sink.answer = "250 OK"
    Delivery.objects.update(send_at=timezone.now())
    run_workers()
    assert "Code TEA-A:" in text_of(smtp_sink.messages[0])
    assert GivenDiscount.objects.count() == DiscountCode.objects.filter(given=True).count() == 1


def test_without_a_code_the_message_goes_without_the_discount(shop, smtp_sink) -> None:
    live(shop, factories.discount(shop.merchant, codes=["TEA-A"]))
    abandon(shop, 1)
    abandon(shop, 2)
    run_workers()
    assert sorted("Code TEA-A" in text_of(message) for message in smtp_sink.messages) == [False, True]
    assert [failed_checks(one) for one in Decision.objects.filter(outcome=Outcome.SENT).order_by("pk")] == [
        [],
        ["discount_code"],
    ]


@pytest.mark.parametrize(
    ("no_code", "said"),
    [("send", "; the discount has no code left"), ("hold", "Waits: the discount has no code left. It goes out if")],
)
def test_a_deliverys_page_says_that_there_was_no_code(shop, smtp_sink, no_code, said) -> None:
    discount = factories.discount(shop.merchant, codes=["LAST"])
    live(shop, discount, no_code=no_code)
    discount.codes.update(given=True)
    abandon(shop)
    run_workers()
    client = Client()
    client.force_login(factories.user("owner", shop.merchant))
    page = client.get(f"/admin/deliveries/{Delivery.objects.get().code}/").content.decode()
    assert said in page


def test_held_messages_leave_once_there_are_codes_again(shop, smtp_sink) -> None:
    discount = factories.discount(shop.merchant, codes=["LAST"], pattern="TEA-########")
    live(shop, discount, no_code="hold")
    discount.codes.update(given=True)
    abandon(shop)
    run_workers()
    decision = Decision.objects.get(kind="step")
    assert (decision.outcome, decision.reason, smtp_sink.messages) == (Outcome.DEFERRED, "no_code", [])
    pool.make(discount, 3, timezone.now())
    run_workers()
    assert GivenDiscount.objects.get().value in text_of(smtp_sink.messages[0])


def test_held_messages_expire_as_all_others(shop, smtp_sink) -> None:
    discount = factories.discount(shop.merchant, codes=["LAST"])
    live(shop, discount, no_code="hold")
    discount.codes.update(given=True)
    abandon(shop)
    run_workers()
    Delivery.objects.update(send_at=timezone.now(), expires_at=timezone.now())
    run_workers()
    assert Delivery.objects.get().reason == "expired"
    assert not smtp_sink.messages
    assert not GivenDiscount.objects.exists()


@pytest.mark.parametrize(
    ("terms", "failed"),
    [
        ({"minimum_cart": Decimal("40.01")}, "discount_cart"),
        ({"kind": "amount", "value": Decimal(5), "currency": "EUR"}, "discount_cart"),
        ({"per_campaign": 0}, "discount_budget"),
        ({"per_day": 0}, "discount_daily_budget"),
        ({"archived_at": datetime(2026, 1, 1, tzinfo=UTC)}, "discount_offered"),
    ],
)
def test_a_guard_that_fails_leaves_the_discount_out_and_says_so(shop, smtp_sink, terms, failed) -> None:
    live(shop, factories.discount(shop.merchant), no_code="hold")
    Discount.objects.update(**terms)
    abandon(shop)
    run_workers()
    assert "Code" not in text_of(smtp_sink.messages[0])
    decision = Decision.objects.get(kind="step")
    assert (decision.outcome, failed_checks(decision)) == (Outcome.SENT, [failed])
    assert not GivenDiscount.objects.exists()


@pytest.mark.parametrize(("price", "given"), [("20.00", True), ("19.99", False), (None, False)])
def test_a_cart_without_a_total_is_worth_what_its_products_come_to(shop, smtp_sink, price, given) -> None:
    live(shop, factories.discount(shop.merchant, minimum_cart=40))
    abandon(shop, totals={}, products=[{"id": "p-1", "name": "Tea", "price": price, "quantity": 2}])
    run_workers()
    assert ("Code" in text_of(smtp_sink.messages[0]), GivenDiscount.objects.exists()) == (given, given)


@pytest.mark.parametrize(
    ("terms", "other", "failed"),
    [
        ({"rest_days": 30}, {"expires_at": datetime(2026, 1, 1, tzinfo=UTC)}, ["discount_rest"]),
        ({}, {}, ["discount_stacking"]),
        ({"stacks": True}, {}, ["discount_stacking"]),
        ({}, {"redeemed_at": datetime(2026, 1, 1, tzinfo=UTC)}, []),
        ({}, {"expires_at": datetime(2026, 1, 1, tzinfo=UTC)}, []),
    ],
)
def test_what_the_shopper_was_given_before_counts(shop, smtp_sink, terms, other, failed) -> None:
    campaign = live(shop, factories.discount(shop.merchant, **terms))
    abandon(shop)
    jobs.process_batch()
    shopper = Delivery.objects.get().episode.cart.shopper
    earlier = factories.abandoned_cart(shop.merchant, shopper)
    factories.given(factories.discount(shop.merchant), earlier, campaign, **other)
    run_workers()
    assert failed_checks(Decision.objects.get(kind="step")) == failed
    assert len(smtp_sink.messages) == 1


def placed(shop, key="1001", status="placed", **fields):
    body = {
        "eventID": f"evt-{key}-{status}-{fields.get('at')}",
        "timestamp": fields.pop("at", datetime.now(UTC)).isoformat(),
        "orderID": key,
        "status": status,
        "store": "north-loop",
        "currency": "USD",
        "totals": {"total": "34.00"},
    }
    shop.post("/v2/orders", body | fields)
    while jobs.process_batch():
        pass


def test_an_order_with_the_code_redeems_it_whatever_its_case_and_a_cancellation_takes_it_back(shop, smtp_sink) -> None:
    live(shop, factories.discount(shop.merchant, codes=["TEA-A"]))
    abandon(shop)
    run_workers()
    placed(shop, discountCodes=["tea-a", "OTHER"])
    given = GivenDiscount.objects.select_related("order").get()
    assert (given.order.key, given.redeemed_at) == ("1001", given.order.placed_at)
    placed(shop, status="cancelled")
    given.refresh_from_db()
    assert (given.order, given.redeemed_at) == (None, None)


def test_a_code_for_everybody_is_redeemed_by_who_was_given_it_and_only_once_an_order(shop) -> None:
    campaign, discount = factories.live_campaign(shop.merchant), factories.discount(shop.merchant, code_shared="SAVE")
    shopper = factories.shopper(shop.merchant, email="s1@example.com")
    at = timezone.now() - timedelta(hours=1)
    for person in (shopper, shopper, factories.shopper(shop.merchant)):
        episode = factories.abandoned_cart(shop.merchant, person)
        factories.delivery(campaign, episode, status="sent")
        factories.given(discount, episode, campaign, given_at=at)
    for _ in range(2):
        placed(shop, discountCodes=["SAVE"], customer={"email": "s1@example.com"}, at=datetime.now(UTC))
    redeemed = GivenDiscount.objects.get(redeemed_at__isnull=False)
    assert redeemed.shopper == shopper


def test_another_merchants_order_redeems_nothing(shop) -> None:
    other = factories.merchant()
    discount = factories.discount(other, codes=["TEA-A"])
    factories.given(
        discount,
        factories.abandoned_cart(other),
        factories.live_campaign(other),
        value="TEA-A",
        pooled=discount.codes.get(),
    )
    placed(shop, discountCodes=["TEA-A"], customer={"email": "s1@example.com"})
    assert not GivenDiscount.objects.filter(redeemed_at__isnull=False).exists()


def in_threads(work, count):
    def run(_):
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))


def drain():
    while sending.send_batch(5):
        pass


def test_many_senders_never_give_one_code_to_two_people_nor_two_codes_to_one(shop, smtp_sink) -> None:
    discount = factories.discount(shop.merchant, codes=[f"TEA-{number:03}" for number in range(40)])
    due(shop, live(shop, discount), 60)
    in_threads(drain, 6)
    given = list(GivenDiscount.objects.values_list("value", "episode_id", "pooled_id"))
    assert len(given) == len({value for value, _, _ in given}) == len({episode for _, episode, _ in given}) == 40
    sent = [found[0] for message in smtp_sink.messages if (found := re.findall(r"Code (TEA-\d+)", text_of(message)))]
    assert sorted(sent) == sorted(value for value, _, _ in given)
    assert len(smtp_sink.messages) == 60


def test_many_senders_never_pass_a_budget(shop, smtp_sink) -> None:
    campaign = live(shop, factories.discount(shop.merchant, per_campaign=17, per_day=100))
    due(shop, campaign, 60)
    in_threads(drain, 6)
    assert GivenDiscount.objects.filter(campaign=campaign).count() == 17
    assert len(smtp_sink.messages) == 60


def test_many_senders_give_a_shopper_with_many_carts_one_discount_in_so_many_days(shop, smtp_sink) -> None:
    due(shop, live(shop, factories.discount(shop.merchant, rest_days=30)), 30, shopper=factories.shopper(shop.merchant))
    in_threads(drain, 6)
    assert GivenDiscount.objects.count() == 1
    assert len(smtp_sink.messages) == 30


def due(shop, campaign, count, shopper=None):
    """So many reminders of the campaign that are due now."""
    at = timezone.now() - timedelta(minutes=1)
    for _ in range(count):
        episode = factories.abandoned_cart(shop.merchant, shopper, shop.store, occurred_at=at)
        factories.delivery(campaign, episode)


def test_a_batch_takes_as_many_statements_whatever_its_size(shop) -> None:
    campaign = live(shop, factories.discount(shop.merchant, per_day=1000, codes=[f"T-{n}" for n in range(60)]))
    seen = []
    for count in (5, 50):
        due(shop, campaign, count)
        cases = gather(list(Delivery.objects.filter(status="pending").values_list("pk", flat=True)), timezone.now())
        with counted() as counts:
            assert len(giving.give(cases, timezone.now())) == count
        seen.append(counts.statements)
        Delivery.objects.update(status="failed", reason="refused")
    assert seen[0] == seen[1]


def test_a_file_of_codes_is_taken_line_by_line(shop) -> None:
    discount = factories.discount(shop.merchant, codes=["OLD-1"])
    factories.discount(shop.merchant, codes=["ELSE-1"])
    lines = ["code,note\n", "NEW-1,a\n", "\n", "new-1\n", "old-1\n", "ELSE-1\n", "two words\n", "x" * 65, '"NEW-2";b\n']
    added = pool.add(discount, lines, timezone.now())
    assert (added.added, added.known, added.refused) == (2, 3, 2)
    assert [line for line, _ in added.bad] == [7, 8]
    assert sorted(discount.codes.values_list("value", flat=True)) == ["NEW-2", "OLD-1", "new-1"]


def test_a_hundred_thousand_codes_are_made_and_may_be_brought_in_twice(shop) -> None:
    discount = factories.discount(shop.merchant, pattern="TEA-########")
    assert pool.add(discount, (f"C{number}\n" for number in range(100_000)), timezone.now()).added == 100_000
    assert pool.add(discount, (f"c{number}\n" for number in range(100_000)), timezone.now()).known == 100_000
    assert pool.make(discount, 100, timezone.now()) == 100
    assert pool.free(discount) == 100_100
    with pytest.raises(ValueError, match="guessed"):
        pool.make(discount, 10**9, timezone.now())
