"""Two merchants in one admin: nothing of the other one shows anywhere, and a role sees what the contract says."""

import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import access
from accounts.models import Merchant, Role, User
from accounts.scoping import MerchantScopedAdmin
from campaigns.models import Audience, Shopper
from products.models import Product
from tests import factories as make

pytestmark = pytest.mark.django_db

MAKERS: dict[str, Callable[[Merchant], Any]] = {
    "accounts/store": lambda merchant: make.store(merchant, f"Shop of {merchant.name}"),
    "accounts/membership": lambda merchant: make.user(
        Role.STAFF, merchant, name=f"Person of {merchant.name}"
    ).memberships.get(),
    "accounts/invitation": lambda merchant: make.invitation(merchant, name=f"Guest of {merchant.name}"),
    "products/product": lambda merchant: make.product(merchant, f"Tea of {merchant.name}", category=merchant.slug),
    "campaigns/shopper": lambda merchant: make.shopper(merchant, first_name="One", last_name=f"of {merchant.name}"),
    "campaigns/audience": lambda merchant: make.audience(merchant, name=f"Group of {merchant.name}"),
    "campaigns/discount": lambda merchant: make.discount(merchant, name=f"Gift of {merchant.name}"),
    "campaigns/messagetemplate": lambda merchant: make.template(merchant, name=f"Mail of {merchant.name}"),
    "integrations/eventkey": lambda merchant: make.event(make.connection(merchant, name=f"Door of {merchant.name}")),
}
PAGES = list(MAKERS)


@pytest.fixture
def mine() -> Merchant:
    return make.merchant("Acorn")


@pytest.fixture
def other() -> Merchant:
    return make.merchant("Birch")


@pytest.fixture
def owner(client: Client, mine: Merchant) -> Client:
    client.force_login(make.user(Role.OWNER, mine))
    return client


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def test_every_model_of_ours_in_the_admin_is_tried_here() -> None:
    registered = {f"{model._meta.app_label}/{model._meta.model_name}" for model in admin.site._registry}
    assert registered == {*PAGES, "accounts/merchant", "accounts/user"}


@pytest.mark.parametrize("place", PAGES)
def test_a_list_shows_the_rows_of_the_current_merchant_only(
    owner: Client, mine: Merchant, other: Merchant, place: str
) -> None:
    MAKERS[place](mine), MAKERS[place](other)
    shown = text(owner.get(f"/admin/{place}/"))
    assert "of Acorn" in shown
    assert "Birch" not in shown


@pytest.mark.parametrize("place", PAGES)
def test_a_search_finds_nothing_of_another_merchant(owner: Client, mine: Merchant, other: Merchant, place: str) -> None:
    MAKERS[place](mine)
    row = MAKERS[place](other)
    for term in ("Birch", "of", str(row), getattr(row, "event_id", "x")):
        found = owner.get(f"/admin/{place}/", {"q": term})
        assert found.status_code == 200
        assert row not in list(found.context["cl"].result_list)


@pytest.mark.parametrize("place", PAGES)
@pytest.mark.parametrize("address", ["change", "delete", "history"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_row_of_another_merchant_is_not_at_its_address(
    owner: Client, mine: Merchant, other: Merchant, place: str, address: str, method: str
) -> None:
    MAKERS[place](mine)
    row = MAKERS[place](other)
    before = type(row).objects.filter(pk=row.pk).values().get()
    answer = getattr(owner, method)(f"/admin/{place}/{row.code}/{address}/", {"post": "yes", "name": "stolen"})
    assert answer.status_code == 404
    assert type(row).objects.filter(pk=row.pk).values().get() == before


@pytest.mark.parametrize("key", ["0", "999999999", "nonsense", "9" * 40, "%00", "_5F"])
@pytest.mark.parametrize("place", PAGES)
def test_an_address_of_nothing_is_404(owner: Client, place: str, key: str) -> None:
    assert owner.get(f"/admin/{place}/{key}/change/").status_code == 404


def test_another_merchants_settings_are_not_there(owner: Client, other: Merchant) -> None:
    for address in ("change", "delete", "history"):
        assert owner.get(f"/admin/accounts/merchant/{other.code}/{address}/").status_code == 404


def test_people_and_the_list_of_merchants_are_for_superusers(owner: Client, mine: Merchant, other: Merchant) -> None:
    person = make.user()
    for address in ("", "add/", f"{person.code}/change/"):
        assert owner.get(f"/admin/accounts/user/{address}").status_code in {403, 404}
    assert owner.get("/admin/accounts/merchant/").url.endswith(f"/{mine.code}/change/")
    assert owner.get("/admin/accounts/merchant/add/").status_code == 404
    owner.force_login(make.superuser())
    shown = text(owner.get("/admin/accounts/merchant/"))
    assert "Acorn" in shown
    assert "Birch" in shown
    assert f"/admin/accounts/user/{person.code}/change/" in text(owner.get("/admin/accounts/user/"))
    assert person.email in text(owner.get(f"/admin/accounts/user/{person.code}/change/"))
    assert owner.get(f"/admin/accounts/user/{person.pk}/change/").status_code == 404


@pytest.mark.parametrize("place", ["integrations/eventkey"])
def test_a_filter_offers_and_finds_nothing_of_another_merchant(
    owner: Client, mine: Merchant, other: Merchant, place: str
) -> None:
    MAKERS[place](mine), (own := make.event(make.connection(mine, name="Second door")))
    row = MAKERS[place](other)
    shown = text(owner.get(f"/admin/{place}/"))
    assert "Second door" in shown
    assert "Door of Birch" not in shown
    assert f"?connection__code__exact={own.connection.code}" in shown
    found = owner.get(f"/admin/{place}/", {"connection__code__exact": own.connection.code})
    assert list(found.context["cl"].result_list) == [own]
    for parameter, value in (("code", row.connection.code), ("code", "nonsense"), ("id", row.connection_id)):
        filtered = owner.get(f"/admin/{place}/", {f"connection__{parameter}__exact": value}, follow=True)
        assert "Door of Birch" not in text(filtered)


def test_a_filter_by_values_offers_no_value_of_another_merchant(owner: Client, mine: Merchant, other: Merchant) -> None:
    (
        make.product(mine, category="oolong"),
        make.product(mine, category="pots"),
        make.product(other, category="senchas of Birch"),
    )
    shown = text(owner.get("/admin/products/product/"))
    assert "oolong" in shown
    assert "senchas" not in shown


def test_a_lookup_through_relations_is_refused(owner: Client, mine: Merchant) -> None:
    MAKERS["campaigns/shopper"](mine)
    for lookup in ("merchant__memberships__user__password__startswith", "merchant__name"):
        answer = owner.get("/admin/campaigns/shopper/", {lookup: "a"})
        assert answer.status_code in {302, 400}


def test_an_autocomplete_answers_with_rows_of_the_current_merchant(mine: Merchant, other: Merchant, rf: Any) -> None:
    """No form of ours uses one today; whichever comes reads `get_queryset` and the view permission."""
    make.audience(mine, name="Group A"), make.audience(other, name="Group B")
    request = rf.get("/admin/autocomplete/")
    request.user, request.session = make.user(Role.MARKETING, mine), {}
    page = admin.site.get_model_admin(Audience)
    found, _ = page.get_search_results(request, page.get_queryset(request), "Group")
    assert [str(audience) for audience in found] == ["Group A"]
    request.user = make.user(Role.STAFF, mine)
    for cached in ("_current_merchant", "_my_merchants"):
        vars(request).pop(cached, None)
    assert not page.get_queryset(request).exists()
    assert not page.has_view_permission(request)


def test_the_autocomplete_address_gives_nothing_away(owner: Client, other: Merchant) -> None:
    make.audience(other, name="Group of Birch")
    answer = owner.get(
        "/admin/autocomplete/",
        {"app_label": "campaigns", "model_name": "campaign", "field_name": "audience", "term": "Group"},
    )
    assert "Birch" not in answer.content.decode()


def test_an_action_reaches_no_row_of_another_merchant(owner: Client, mine: Merchant, other: Merchant) -> None:
    own, foreign = make.product(mine), make.product(other)
    owner.post("/admin/products/product/", {"action": "never_offer", "_selected_action": [own.code, foreign.code]})
    own.refresh_from_db(), foreign.refresh_from_db()
    assert (own.hidden, foreign.hidden) == (True, False)


def test_deleting_in_bulk_reaches_no_row_of_another_merchant(owner: Client, mine: Merchant, other: Merchant) -> None:
    own, foreign = make.audience(mine), make.audience(other)
    data = {"action": "delete_selected", "_selected_action": [own.code, foreign.code], "post": "yes"}
    owner.post("/admin/campaigns/audience/", data)
    assert list(Audience.objects.all()) == [foreign]


def test_the_history_of_a_row_is_its_own(owner: Client, mine: Merchant, other: Merchant) -> None:
    audience = make.audience(mine)
    LogEntry.objects.create(
        user=make.user(Role.OWNER, other),
        content_type=ContentType.objects.get_for_model(Audience),
        object_id=str(make.audience(other).pk),
        object_repr="Secret of Birch",
        action_flag=CHANGE,
        change_message=json.dumps([{"changed": {"fields": ["Secret of Birch"]}}]),
    )
    answer = owner.get(f"/admin/campaigns/audience/{audience.code}/history/")
    assert answer.status_code == 200
    assert "Birch" not in text(answer)
    assert "Birch" not in text(owner.get("/admin/"))


def test_inlines_show_rows_of_the_object_only(owner: Client, mine: Merchant, other: Merchant) -> None:
    product = make.product(mine)
    make.stock(product, make.store(mine, "Our shop")), make.stock(make.product(other), make.store(other, "Birch shop"))
    shown = text(owner.get(f"/admin/products/product/{product.code}/change/"))
    assert "Our shop" in shown
    assert "Birch" not in shown


def test_an_inline_changes_nothing(owner: Client, mine: Merchant) -> None:
    shopper = make.shopper(mine)
    consent = shopper.consents.get()
    data = {
        "first_name": "New",
        "email": shopper.email,
        "consents-TOTAL_FORMS": "1",
        "consents-INITIAL_FORMS": "1",
        "consents-0-id": consent.pk,
        "consents-0-shopper": shopper.pk,
        "consents-0-status": "unsubscribed",
        "consents-0-DELETE": "on",
    }
    assert owner.post(f"/admin/campaigns/shopper/{shopper.code}/change/", data).status_code == 302
    assert Shopper.objects.get().first_name == "New"
    assert shopper.consents.get().status == "subscribed"


def test_what_is_added_belongs_to_the_current_merchant_whatever_the_form_says(
    owner: Client, mine: Merchant, other: Merchant
) -> None:
    owner.post("/admin/campaigns/audience/add/", {"name": "New", "merchant": other.pk, "merchant_id": other.pk})
    assert Audience.objects.get().merchant == mine


def test_a_name_that_is_taken_is_an_error_in_the_form_and_free_at_another_merchant(
    owner: Client, mine: Merchant, other: Merchant
) -> None:
    make.audience(mine, name="VIP"), make.audience(other, name="Regulars")
    assert owner.post("/admin/campaigns/audience/add/", {"name": "VIP"}).status_code == 200
    assert owner.post("/admin/campaigns/audience/add/", {"name": "Regulars"}).status_code == 302
    assert Audience.objects.count() == 3


def test_an_address_of_my_other_merchant_turns_the_switch(owner: Client, mine: Merchant, other: Merchant) -> None:
    access.set_role(User.objects.get(memberships__merchant=mine), other, Role.OPERATOR)
    audience = make.audience(other, name="Group of Birch")
    assert "Group of Birch" in text(owner.get(f"/admin/campaigns/audience/{audience.code}/change/"))
    assert "Group of Birch" in text(owner.get("/admin/campaigns/audience/"))


def test_an_address_where_my_role_is_too_small_is_404(owner: Client, mine: Merchant, other: Merchant) -> None:
    access.set_role(User.objects.get(memberships__merchant=mine), other, Role.STAFF)
    audience, shopper = make.audience(other), make.shopper(other)
    assert owner.get(f"/admin/campaigns/audience/{audience.code}/change/").status_code == 404
    assert owner.get(f"/admin/campaigns/shopper/{shopper.code}/change/").status_code == 200


BUILD = {Role.OWNER, Role.OPERATOR, Role.MARKETING, Role.MARKETING_ANALYST}
SETTINGS = {Role.OWNER, Role.OPERATOR}
SHOPPERS = {Role.OWNER, Role.OPERATOR, Role.MANAGER}
SEES = [
    ("campaigns/audience", BUILD),
    ("campaigns/discount", BUILD),
    ("campaigns/messagetemplate", BUILD),
    ("products/product", BUILD),
    ("campaigns/shopper", SHOPPERS | {Role.STAFF}),
    ("integrations/eventkey", SETTINGS),
    ("accounts/store", SETTINGS),
    ("accounts/membership", {Role.OWNER}),
    ("accounts/invitation", {Role.OWNER}),
]
ADDS = [
    ("campaigns/audience", BUILD),
    ("campaigns/discount", BUILD),
    ("campaigns/messagetemplate", BUILD),
    ("products/product", set()),
    ("campaigns/shopper", SHOPPERS),
    ("integrations/eventkey", set()),
    ("accounts/store", SETTINGS),
    ("accounts/invitation", {Role.OWNER}),
]


@pytest.mark.parametrize(("place", "roles"), SEES)
def test_a_role_sees_the_pages_of_the_matrix(client: Client, mine: Merchant, place: str, roles: set[str]) -> None:
    row = MAKERS[place](mine)
    for role in Role.values:
        client.force_login(make.user(role, mine))
        wanted = 200 if role in roles else 404
        assert client.get(f"/admin/{place}/").status_code == wanted, role
        assert client.get(f"/admin/{place}/{row.code}/change/").status_code == wanted, role


@pytest.mark.parametrize(("place", "roles"), ADDS)
def test_a_role_adds_what_the_matrix_allows(client: Client, mine: Merchant, place: str, roles: set[str]) -> None:
    for role in Role.values:
        client.force_login(make.user(role, mine))
        assert client.get(f"/admin/{place}/add/").status_code == (200 if role in roles else 404), role
    client.force_login(make.superuser())
    assert client.get(f"/admin/{place}/add/").status_code == (200 if roles else 404)


def test_staff_looks_at_shoppers_and_changes_nothing(client: Client, mine: Merchant) -> None:
    shopper = make.shopper(mine)
    client.force_login(make.user(Role.STAFF, mine))
    page = f"/admin/campaigns/shopper/{shopper.code}/change/"
    assert 'name="_save"' not in text(client.get(page))
    assert client.post(page, {"first_name": "Stolen"}).status_code in {403, 404}
    assert Shopper.objects.get().first_name == "Avery"


def test_a_store_owns_its_catalogue_and_a_marketer_only_hides(client: Client, mine: Merchant) -> None:
    product = make.product(mine, "Sencha")
    client.force_login(make.user(Role.MARKETING, mine))
    stock = {"stock-TOTAL_FORMS": "0", "stock-INITIAL_FORMS": "0"}
    client.post(f"/admin/products/product/{product.code}/change/", {"name": "X", "price": "1", "hidden": "on"} | stock)
    changed = Product.objects.get()
    assert (changed.name, changed.price, changed.hidden) == ("Sencha", product.price, True)


SIDEBAR = {
    Role.OWNER: {
        "Campaigns",
        "Shoppers",
        "Catalogue",
        "Imports",
        "Why?",
        "Deliveries",
        "Integrations",
        "Events",
        "Merchant",
        "Team",
    },
    Role.OPERATOR: {
        "Campaigns",
        "Shoppers",
        "Catalogue",
        "Imports",
        "Why?",
        "Deliveries",
        "Integrations",
        "Events",
        "Merchant",
    },
    Role.MARKETING: {"Campaigns", "Catalogue", "Imports", "Why?", "Deliveries"},
    Role.ANALYST: {"Why?", "Deliveries"},
    Role.MANAGER: {"Shoppers"},
    Role.STAFF: {"Shoppers"},
}


@pytest.mark.parametrize("role", SIDEBAR)
def test_the_sidebar_holds_what_the_role_may_use(client: Client, mine: Merchant, role: str) -> None:
    client.force_login(make.user(role, mine))
    groups = client.get("/admin/").context["sidebar_navigation"]
    titles = {item["title"] for group in groups for item in group["items"]}
    assert titles & SIDEBAR[Role.OWNER] == SIDEBAR[role]
    assert "Home" in titles


@pytest.mark.parametrize("role", [*Role.values, None])
def test_every_entry_of_the_sidebar_leads_somewhere(client: Client, mine: Merchant, role: str | None) -> None:
    client.force_login(make.user(role, mine) if role else make.superuser())
    for group in client.get("/admin/").context["sidebar_navigation"]:
        for item in group["items"]:
            answer = client.get(item["link"], follow=True)
            assert answer.status_code == 200, item["link"]
            if item["link"].startswith("/admin/"):
                assert "Acorn" in text(answer), item["link"]


def test_who_works_for_nobody_sees_an_empty_frame(client: Client, mine: Merchant) -> None:
    client.force_login(make.user())
    assert client.get("/admin/").status_code == 200
    assert "Acorn" not in text(client.get("/admin/"))
    assert all(client.get(f"/admin/{place}/").status_code == 404 for place in PAGES)


def test_the_queue_and_the_groups_are_not_in_the_admin(client: Client) -> None:
    client.force_login(make.superuser())
    for address in ("django_rq/dashboard/", "auth/group/"):
        assert client.get(f"/admin/{address}").status_code == 404


@pytest.mark.parametrize("place", PAGES)
def test_a_list_costs_the_same_for_many_rows(owner: Client, mine: Merchant, place: str) -> None:
    MAKERS[place](mine)
    owner.get(f"/admin/{place}/")
    with CaptureQueriesContext(connection) as few:
        owner.get(f"/admin/{place}/")
    for _ in range(6):
        _again(place, mine)
    with CaptureQueriesContext(connection) as many:
        owner.get(f"/admin/{place}/")
    assert len(many) <= len(few)


def _again(place: str, merchant: Merchant) -> None:
    named: dict[str, Callable[[Merchant], Any]] = {
        "campaigns/audience": make.audience,
        "campaigns/discount": make.discount,
        "campaigns/messagetemplate": make.template,
    }
    if place in named:
        named[place](merchant)
    else:
        MAKERS[place](merchant)


def test_every_scoped_page_says_what_it_is_for() -> None:
    for page in admin.site._registry.values():
        if isinstance(page, MerchantScopedAdmin):
            assert page.heading
            assert page.purpose.endswith(".")


RULES = {"rules-field": ["tags", "attributes."], "rules-attribute": ["", "tier"], "rules-is": ["is", "is_not"]}


def test_an_audience_is_written_as_rows(owner: Client) -> None:
    owner.post("/admin/campaigns/audience/add/", {"name": "VIP", **RULES, "rules-value": ["vip", "gold "]})
    assert Audience.objects.get().rules == [
        {"field": "tags", "is": "is", "value": "vip"},
        {"field": "attributes.tier", "is": "is_not", "value": "gold"},
    ]


def test_a_wrong_condition_is_refused_with_its_number(owner: Client) -> None:
    answer = owner.post("/admin/campaigns/audience/add/", {"name": "VIP", **RULES, "rules-value": ["vip", ""]})
    assert "Condition 2" in text(answer)
    assert not Audience.objects.exists()


def test_a_template_that_does_not_compile_is_refused_with_its_line(owner: Client, mine: Merchant) -> None:
    data = {"name": "Broken", "subject": "Hi", "preheader": "", "body": "<mjml>\n<mj-body>\n{% if %}\n</mjml>"}
    answer = owner.post("/admin/campaigns/messagetemplate/add/", data)
    assert answer.status_code == 200
    assert "Line " in text(answer)
    assert not mine.templates.exists()


@pytest.mark.parametrize(
    ("typed", "kept"), [("+1 303 555 0123", "+13035550123"), ("", None), ("(303) 555", "Write the number")]
)
def test_a_phone_is_kept_in_one_spelling_or_refused(
    owner: Client, mine: Merchant, typed: str, kept: str | None
) -> None:
    data = {
        "first_name": "A",
        "email": "A@Example.com",
        "phone": typed,
        "consents-TOTAL_FORMS": 0,
        "consents-INITIAL_FORMS": 0,
    }
    answer = owner.post("/admin/campaigns/shopper/add/", data)
    if answer.status_code == 200:
        assert str(kept) in text(answer)
        return
    shopper = Shopper.objects.get()
    assert (shopper.email, shopper.phone) == ("a@example.com", kept)


def test_an_event_shows_what_may_be_kept_and_nothing_more(owner: Client, mine: Merchant) -> None:
    body = json.dumps(
        {"status": "abandoned", "customer": {"email": "a@b.example", "card": "4111 1111 1111"}, "note": "private"}
    )
    door = make.connection(mine)
    quarantined = make.event(door, body, state="quarantined", reason="invalid_document")
    shown = text(owner.get(f"/admin/integrations/eventkey/{quarantined.code}/change/"))
    assert "a@b.example" in shown
    assert "4111 1111" not in shown
    assert "private" not in shown
    broken = make.event(door, "{ not json", state="quarantined", reason="not_json")
    assert "cannot be read as JSON" in text(owner.get(f"/admin/integrations/eventkey/{broken.code}/change/"))


@pytest.mark.parametrize(
    "address", ["products/product/?category=", "integrations/eventkey/?state__exact=", "campaigns/shopper/?q="]
)
def test_a_null_character_in_an_address_finds_nothing(address: str, owner: Client) -> None:
    assert owner.get(f"/admin/{address}a%00").status_code == 404


def test_a_list_that_is_narrowed_takes_as_many_queries_for_many_rows(mine: Merchant, owner: Client) -> None:
    seen = []
    for _ in range(2):
        for number in range(3):
            make.shopper(mine, last_name=f"Lane {number}")
        with CaptureQueriesContext(connection) as captured:
            shown = text(owner.get("/admin/campaigns/shopper/?q=lan"))
        seen.append((len(captured), "_changelist_filters=q%3Dlan" in shown))
    assert seen[0] == seen[1]
    assert seen[0][1]


def test_an_invitation_by_another_merchant_turns_nobodys_pages(mine: Merchant, other: Merchant) -> None:
    person = make.user(Role.OWNER, other)
    access.set_role(person, mine, Role.STAFF)
    client = Client()
    client.force_login(person)
    assert "Birch" in text(client.get("/admin/"))
    assert client.get("/admin/integrations/").status_code == 200


@pytest.mark.parametrize("kind", ["history", "delete"])
def test_the_pages_beside_a_row_lead_back_to_its_list_only(kind: str, mine: Merchant, owner: Client) -> None:
    row = make.audience(mine, name="Regulars")
    page = text(owner.get(f"/admin/campaigns/audience/{row.code}/{kind}/"))
    title = page[page.index('<h1 class="aiq-title">') : page.index("</h1>")]
    assert 'href="/admin/campaigns/audience/"' in title
    assert 'href="/admin/campaigns/"' not in title


def test_a_direct_address_tells_times_in_the_zone_of_its_merchant(client: Client) -> None:
    here, there = make.merchant("Acorn", timezone="UTC"), make.merchant("Birch", timezone="Asia/Tokyo")
    person = make.user(Role.OWNER, here)
    access.set_role(person, there, Role.OWNER)
    client.force_login(person)
    event = make.event(make.connection(there))
    assert "JST" in text(client.get(f"/admin/integrations/eventkey/{event.code}/change/"))


KEYS = 731_000_000


@pytest.fixture
def telling_keys(db: None) -> None:
    """Makes every primary key long enough to be told from any other number on a page, until the test is rolled back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences")
        for (sequence,) in cursor.fetchall():
            cursor.execute(f"ALTER SEQUENCE {sequence} RESTART WITH {KEYS + 1}")


ADDRESSES = re.compile(r"""(?:href|action|src|value|data-[\w-]+|hx-\w+)=["']([^"']*)["']""")


@pytest.mark.usefixtures("telling_keys")
@pytest.mark.parametrize("place", PAGES)
def test_no_address_and_no_checkbox_holds_a_primary_key(owner: Client, mine: Merchant, place: str) -> None:
    row = MAKERS[place](mine)
    _again(place, mine)
    assert row.pk > KEYS
    shown = text(owner.get(f"/admin/{place}/"))
    assert f"/admin/{place}/{row.code}/change/" in shown
    assert "73100" not in " ".join(ADDRESSES.findall(shown))
    for page in ("change", "history", "delete"):
        answer = owner.get(f"/admin/{place}/{row.code}/{page}/")
        assert answer.status_code == 200 or page == "delete"
        links = re.findall(r"""(?:href|action)=["']([^"']*)["']""", text(answer))
        assert "73100" not in " ".join(links)


@pytest.mark.usefixtures("telling_keys")
def test_no_page_outside_of_the_lists_holds_a_primary_key(owner: Client, mine: Merchant) -> None:
    store, door, guest = make.store(mine), make.connection(mine), make.invitation(mine)
    campaign = make.live_campaign(mine, audience=make.audience(mine), step={"discount": make.discount(mine)})
    campaign.stores.set([store])
    draft = make.campaign(mine, audience=campaign.audience, step={"discount": make.discount(mine)})
    make.template(mine)
    one = make.delivery(campaign, make.abandoned_cart(mine, store=store), status="unknown")
    of_draft = (f"campaigns/{draft.code}/{name}/" for name in ("channels", "recipients", "content", "review"))
    places = ("overview", "decisions", "deliveries", "message", "history")
    of_campaign = [reverse(f"campaigns:{name}", args=[campaign.code]) for name in places]
    pages = ["", "deliveries/", f"deliveries/{one.code}/", f"integrations/{door.code}/", "integrations/",
             "products/imports/add/", f"why/?q={one.code}", "accounts/membership/", f"accounts/invitation/{guest.code}/change/",
             f"campaigns/{draft.code}/content/steps/"]  # fmt: skip
    for address in (*of_campaign, *(f"/admin/{page}" for page in (*pages, *of_draft))):
        answer = owner.get(address)
        assert answer.status_code == 200, address
        assert str(KEYS)[:-2] not in text(answer), address


@pytest.mark.parametrize("address", ["change/", "history/", "delete/", ""])
@pytest.mark.parametrize("place", PAGES)
def test_a_primary_key_is_nobodys_address(owner: Client, mine: Merchant, place: str, address: str) -> None:
    row = MAKERS[place](mine)
    assert owner.get(f"/admin/{place}/{row.pk}/{address}").status_code == 404
    assert owner.post(f"/admin/{place}/{row.pk}/{address}", {"post": "yes"}).status_code == 404
    assert type(row).objects.filter(pk=row.pk).exists()


def test_the_short_address_of_a_row_leads_to_its_page(owner: Client, mine: Merchant) -> None:
    row = make.audience(mine)
    answer = owner.get(f"/admin/campaigns/audience/{row.code}/")
    assert answer.headers["Location"].endswith(f"/{row.code}/change/")


def test_a_row_is_added_kept_open_and_deleted_by_its_code(owner: Client) -> None:
    form = {"name": "VIP", **RULES, "rules-value": ["vip", "gold"]}
    added = owner.post("/admin/campaigns/audience/add/", form | {"_continue": "1"})
    row = Audience.objects.get()
    page = f"/admin/campaigns/audience/{row.code}/"
    assert added.headers["Location"] == f"{page}change/"
    kept = owner.post(f"{page}change/", form | {"name": "Regulars", "_continue": "1"}, follow=True)
    assert kept.redirect_chain == [(f"{page}change/", 302)]
    assert f'href="{page}change/"' in text(kept)
    history = text(owner.get(f"{page}history/"))
    assert "Added" in history
    assert "Changed" in history
    assert owner.post(f"{page}delete/", {"post": "yes"}).headers["Location"] == "/admin/campaigns/audience/"
    assert not Audience.objects.exists()


@pytest.mark.usefixtures("telling_keys")
def test_deleting_in_bulk_asks_and_deletes_by_code(owner: Client, mine: Merchant) -> None:
    row, left = make.audience(mine, name="Regulars"), make.audience(mine, name="Others")
    picked = {"action": "delete_selected", "_selected_action": [row.code]}
    asked = text(owner.post("/admin/campaigns/audience/", picked))
    assert f'name="_selected_action" value="{row.code}"' in asked
    assert "73100" not in " ".join(ADDRESSES.findall(asked))
    assert Audience.objects.count() == 2
    owner.post("/admin/campaigns/audience/", picked | {"post": "yes"})
    assert Audience.objects.get() == left


@pytest.mark.parametrize("ticked", ["nonsense", "1", ""])
def test_what_is_no_code_selects_nothing(owner: Client, mine: Merchant, ticked: str) -> None:
    row = make.audience(mine)
    for value in (ticked, row.pk):
        data = {"action": "delete_selected", "_selected_action": [value], "post": "yes"}
        assert owner.post("/admin/campaigns/audience/", data).status_code == 302
    assert Audience.objects.get() == row


def test_an_action_for_every_row_needs_no_codes(owner: Client, mine: Merchant, other: Merchant) -> None:
    own, second, foreign = make.product(mine), make.product(mine), make.product(other)
    data = {"action": "never_offer", "_selected_action": [own.code], "select_across": "1"}
    owner.post("/admin/products/product/", data)
    assert set(Product.objects.filter(hidden=True)) == {own, second}
    assert not Product.objects.get(pk=foreign.pk).hidden
