"""A list of shoppers from a file, as support types it: consents with their source, bad rows told, opt-outs never revived."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import Merchant
from aiq.lib.commands import Refused
from campaigns.consent import consents
from campaigns.models import Consent, OptInRequest, Shopper
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
HEAD = "Email,Phone,First name,Email consent,SMS consent,VIP"


def run(merchant: Merchant, folder: Path, text: str, *options: str) -> Any:
    path = folder / "contacts.csv"
    path.write_text(text)
    out = StringIO()
    report = ["--report", str(folder / "report.csv")]
    call_command("import_contacts", merchant.slug, str(path), "--json", *report, *options, stdout=out)
    return json.loads(out.getvalue())


def test_good_rows_are_kept_with_their_source_and_bad_ones_told_without_their_values(tmp_path: Path) -> None:
    merchant = factories.merchant()
    rows = [
        "A@Example.com,+13035550142,Avery,yes,no,gold",
        "nobody.at.all,,Bo,yes,,",
        ",,Cy,,,",
        "d@example.com,,Di,maybe,,",
    ]
    done = run(merchant, tmp_path, "\n".join([HEAD, *rows]), "--source", "Spring fair")
    assert (done["good"], done["bad"]) == (1, 3)
    shopper = Shopper.objects.get()
    assert (shopper.email, shopper.phone, shopper.attributes) == ("a@example.com", "+13035550142", {"vip": "gold"})
    held = set(Consent.objects.values_list("channel", "status", "source", "topic"))
    assert held == {("email", "subscribed", "Spring fair", "cart"), ("sms", "unsubscribed", "Spring fair", "cart")}
    report = Path(done["report"]).read_text()
    assert {line.split(",")[0] for line in report.splitlines()[1:]} == {"3", "4", "5"}
    assert "nobody" not in report


def test_consents_without_a_source_are_refused_and_nothing_is_recorded(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="--source"):
        run(factories.merchant(), tmp_path, f"{HEAD}\na@example.com,,Avery,,,\n")
    assert not Shopper.objects.exists()


def test_names_alone_need_no_source(tmp_path: Path) -> None:
    done = run(factories.merchant(), tmp_path, "email;first_name\na@example.com;Avery\n")
    assert (done["good"], done["report"]) == (1, None)
    assert not Consent.objects.exists()


def test_an_import_never_revives_an_opt_out(tmp_path: Path) -> None:
    merchant = factories.merchant()
    shopper = factories.shopper(merchant, subscribed=False, email="a@example.com")
    consents.opt_out(shopper.pk, "email", source="unsubscribe link", now=timezone.now())
    done = run(merchant, tmp_path, "email,email_consent\na@example.com,yes\n", "--source", "list")
    assert (done["good"], done["ignored"]) == (0, 1)
    assert Consent.objects.get().status == "unsubscribed"


def test_where_consents_are_confirmed_an_import_asks(tmp_path: Path) -> None:
    merchant = factories.merchant(double_opt_in=True)
    text = "email,email_consent,topic,wording\na@example.com,yes,newsletter,Write to me\n"
    run(merchant, tmp_path, text, "--source", "fair")
    assert not Consent.objects.exists()
    assert OptInRequest.objects.get().topic == "newsletter"


def test_one_merchants_list_leaves_another_alone(tmp_path: Path) -> None:
    other = factories.shopper(factories.merchant(), email="a@example.com", first_name="Ann")
    run(factories.merchant(), tmp_path, "email,first_name\na@example.com,Avery\n")
    assert Shopper.objects.get(pk=other.pk).first_name == "Ann"
    assert Shopper.objects.count() == 2


@pytest.mark.parametrize("text", ["", "\n"])
def test_a_file_without_a_head_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(Refused):
        run(factories.merchant(), tmp_path, text)
