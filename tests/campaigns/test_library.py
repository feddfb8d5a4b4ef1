"""The library of templates: versions, bringing back, duplicates, the archive; and nobody else's rows."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Merchant, Role
from campaigns.drafting import drafts
from campaigns.editing import library
from campaigns.editing.library import Wording
from campaigns.models import MessageTemplate
from tests import factories as make

pytestmark = pytest.mark.django_db
LIST = "/admin/campaigns/messagetemplate/"


@pytest.fixture
def mine() -> Merchant:
    return make.merchant("Acorn")


@pytest.fixture
def marketer(client: Client, mine: Merchant) -> Client:
    client.force_login(make.user(Role.MARKETING, mine, name="Mara"))
    return client


def url(name: str, template: MessageTemplate, *more: Any) -> str:
    return reverse(f"campaigns:{name}", args=[template.code, *more])


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def edit(client: Client, template: MessageTemplate, **fields: str) -> None:
    said = {name: getattr(template, name) for name in ("name", "subject", "preheader", "body")}
    answer = client.post(f"{LIST}{template.code}/change/", said | fields)
    assert answer.status_code == 302
    template.refresh_from_db()


def test_each_save_keeps_what_was_there_and_who_wrote_it(marketer: Client, mine: Merchant) -> None:
    template = make.template(mine, subject="One")
    edit(marketer, template, subject="Two")
    edit(marketer, template, subject="Three")
    assert (template.number, template.subject) == (3, "Three")
    kept = template.versions.values_list("number", "subject", "created_by__name")
    assert list(kept) == [(2, "Two", "Mara"), (1, "One", None)]
    page = text(marketer, url("template", template) + "?version=1")
    assert "Version 1" in page
    assert "Bring version 1 back" in page


def test_a_save_that_changes_nothing_is_no_version(marketer: Client, mine: Merchant) -> None:
    template = make.template(mine)
    edit(marketer, template, name="Another name")
    assert (template.name, template.number, template.versions.count()) == ("Another name", 1, 0)


def test_a_version_comes_back_as_a_new_one(marketer: Client, mine: Merchant) -> None:
    blocks = {"blocks": [{"id": "b1", "type": "heading", "text": "Hello"}]}
    template = make.template(mine, subject="One", blocks=blocks)
    library.change(template, Wording("Two", "", make.BODY), None)
    marketer.post(url("bring_template_back", template, 1))
    template.refresh_from_db()
    assert (template.subject, template.blocks, template.number) == ("One", blocks, 3)
    assert list(template.versions.values_list("number", "subject")) == [(2, "Two"), (1, "One")]


def test_the_page_shows_what_changed_between_two_versions(marketer: Client, mine: Merchant) -> None:
    template = make.template(mine, subject="One")
    edit(marketer, template, subject="Two")
    page = text(marketer, url("compare_template", template))
    assert "Removed: </span>One</del>" in page
    assert "Added: </span>Two</ins>" in page
    for wrong in ("?from=9", "?to=0", "?from=1&to=77"):
        assert marketer.get(url("compare_template", template) + wrong).status_code == 404


def test_a_duplicate_says_the_same_under_a_name_of_its_own(marketer: Client, mine: Merchant) -> None:
    template = make.template(mine, name="N" * 120, blocks={"blocks": []})
    marketer.post(url("duplicate_template", template))
    marketer.post(url("duplicate_template", template))
    copies = MessageTemplate.objects.exclude(pk=template.pk)
    assert len({copy.name for copy in copies}) == 2
    assert all(library.wording_of(copy) == library.wording_of(template) for copy in copies)


def test_an_archived_template_is_not_offered_and_campaigns_keep_theirs(marketer: Client, mine: Merchant) -> None:
    template = make.template(mine, name="Winter")
    campaign = make.campaign(mine, step={"template": str(template.code), "subject": "Kept"})
    marketer.post(url("archive_template", template))
    assert "Winter" not in [each.name for each in drafts.templates(mine)]
    assert drafts.template(mine, str(template.code)) is None
    answer = marketer.post(
        reverse("campaigns:pick_template", args=[campaign.code]), {"template": str(template.code)}, follow=True
    )
    assert "not there any more" in answer.content.decode()
    assert campaign.steps.get().subject == "Kept"
    assert "Winter" not in text(marketer, LIST)
    assert "Winter" in text(marketer, LIST + "?show=archived")
    marketer.post(url("unarchive_template", template))
    assert "Winter" in [each.name for each in drafts.templates(mine)]


def test_a_starter_becomes_the_merchants_own(marketer: Client, mine: Merchant) -> None:
    for _ in range(2):
        marketer.post(reverse("campaigns:begin_template"), {"starter": "gentle-reminder"})
    assert [template.name for template in mine.templates.all()] == ["Gentle reminder", "Gentle reminder 2"]
    assert marketer.post(reverse("campaigns:begin_template"), {"starter": "nonsense"}).status_code == 404


@pytest.mark.parametrize("name", ["duplicate", "archive", "unarchive"])
def test_nothing_is_done_to_another_merchants_template(marketer: Client, name: str) -> None:
    template = make.template(make.merchant("Birch"))
    assert marketer.post(url(f"{name}_template", template)).status_code == 404
    assert MessageTemplate.objects.get() == template
    assert MessageTemplate.objects.get().archived_at is None


def test_another_merchants_template_is_not_shown_compared_or_brought_back(marketer: Client) -> None:
    template = make.template(make.merchant("Birch"))
    library.change(template, Wording("Two", "", make.BODY), None)
    for name in ("template", "compare_template"):
        assert marketer.get(url(name, template)).status_code == 404
    assert marketer.get(reverse("campaigns:template_preview", args=[template.code])).status_code == 404
    assert marketer.post(url("bring_template_back", template, 1)).status_code == 404
    template.refresh_from_db()
    assert template.number == 2


@pytest.mark.parametrize("role", [Role.ANALYST, Role.MANAGER, Role.STAFF])
def test_who_may_not_build_finds_no_library(client: Client, mine: Merchant, role: str) -> None:
    client.force_login(make.user(role, mine))
    template = make.template(mine)
    assert client.get(url("template", template)).status_code == 404
    assert client.post(url("duplicate_template", template)).status_code == 404
    assert client.post(reverse("campaigns:begin_template"), {"starter": "gentle-reminder"}).status_code == 404
    assert MessageTemplate.objects.count() == 1


@pytest.mark.parametrize("version", ["0", "x", "99", "9" * 30])
def test_a_version_that_is_not_there_is_404(marketer: Client, mine: Merchant, version: str) -> None:
    template = make.template(mine)
    assert marketer.get(url("template", template) + f"?version={version}").status_code == 404
    picture = reverse("campaigns:template_preview", args=[template.code])
    assert marketer.get(f"{picture}?version={version}").status_code == 404


def test_many_versions_cost_no_more_queries(marketer: Client, mine: Merchant) -> None:
    template = make.template(mine)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            marketer.get(url("template", template))
        return len(seen)

    edit(marketer, template, subject="First")
    few = queries()
    for number in range(5):
        edit(marketer, template, subject=f"Subject {number}")
    assert queries() <= few


def test_the_gallery_offers_ones_own_first_and_a_search_where_there_are_many(marketer: Client, mine: Merchant) -> None:
    campaign = make.campaign(mine, step={"body": ""})
    address = reverse("campaigns:content", args=[campaign.code])
    assert 'role="search"' not in text(marketer, address)
    for season in ("Winter", "Spring", "Summer", "Autumn"):
        make.template(mine, name=season)
    shown = text(marketer, address)
    assert 'role="search"' in shown
    assert shown.index("Winter") < shown.index("Gentle reminder")
    found = text(marketer, address + "?templates=1&q=wint")
    assert "Winter" in found
    assert "Spring" not in found
    assert "Gentle reminder" not in found
    assert "No template has “nothing like it”" in text(marketer, address + "?templates=1&q=nothing+like+it")


def test_what_is_kept_from_a_campaign_says_who_kept_it(marketer: Client, mine: Merchant) -> None:
    campaign = make.campaign(mine)
    given = {"subject": "Hi", "body": make.BODY, "feed": "False", "keep_as": "Kept"}
    marketer.post(reverse("campaigns:save_template", args=[campaign.code]), given)
    kept = mine.templates.get()
    assert (kept.name, kept.updated_by and kept.updated_by.name) == ("Kept", "Mara")


def test_a_picture_of_a_template_shows_where_its_discount_stands(marketer: Client) -> None:
    picture = marketer.get(reverse("campaigns:template_preview", args=["with-incentive"])).content.decode()
    assert "15% off" in picture
    assert "EXAMPLE-15" in picture
