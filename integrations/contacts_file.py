"""A merchant's own list of shoppers, row by row as the documents of `PUT /v2/contacts`: the same rules, the same doors.

A file holds more than one person's word, so who collected the consents has to be said: `source` stands in each history. An opt-out is never revived.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from accounts.models import Merchant
from campaigns import intake
from campaigns.facts import ContactFact, Origin
from integrations.checking import Invalid, check
from integrations.models import Connection
from integrations.providers.generic import contact_fact
from integrations.retrying import in_transaction
from integrations.schema import Contact
from products.imports.csv_rows import delimiter_of, read_csv
from products.imports.rows import SourceRow, column_name

BATCH = 500
CHANNELS = ("email", "sms", "push")
CONSENTS = {f"{channel}_consent": channel for channel in CHANNELS}
COLUMNS = {
    "email": "email",
    "phone": "phone",
    "first_name": "firstName",
    "firstname": "firstName",
    "last_name": "lastName",
    "lastname": "lastName",
    "contact_id": "contactID",
    "contactid": "contactID",
    "src_id": "srcID",
    "srcid": "srcID",
    "timezone": "timezone",
    "time_zone": "timezone",
    "birthdate": "birthdate",
    "favorite_store": "favoriteStore",
}
ABOUT_CONSENT = {"consent_at": "at", "topic": "topic", "wording": "wording"}
STATUSES = {
    **dict.fromkeys(("subscribed", "yes", "true", "1"), "subscribed"),
    **dict.fromkeys(("unsubscribed", "no", "false", "0"), "unsubscribed"),
}


class NoSource(ValueError):  # noqa: N818
    """The file holds consents, and nobody said where they come from."""


@dataclass(slots=True)
class Imported:
    """What came of the rows. `problems` name a line and what is wrong with it, never a value: a report holds no person."""

    good: int = 0
    ignored: int = 0
    bad: int = 0
    problems: list[tuple[int, str]] = field(default_factory=list)


def read_contacts(merchant: Merchant, path: Path, source: str, now: datetime) -> Imported:
    """Record the good rows, batch by batch. Raises `NoSource`, `UnreadableSource` or `OSError`."""
    done = Imported()
    origin = Origin(merchant.pk, _source_of(merchant))
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        if not source and not CONSENTS.keys().isdisjoint(_columns(file)):
            raise NoSource
        reading = read_csv(file)
        while rows := list(islice(reading, BATCH)):
            _record(origin, rows, source, now, done)
    return done


def _source_of(merchant: Merchant) -> Any:
    """A store's own ids belong to a connection: to the only one, else to none."""
    codes = list(Connection.objects.connected().filter(merchant=merchant).values_list("code", flat=True)[:2])
    return codes[0] if len(codes) == 1 else merchant.code


def _columns(file: TextIO) -> list[str]:
    """What the head names; the file is at its beginning again."""
    head = file.readline()
    file.seek(0)
    return [column_name(cell) for cell in next(csv.reader([head], delimiter=delimiter_of(head)), [])]


def _record(origin: Origin, rows: Sequence[SourceRow], source: str, now: datetime, done: Imported) -> None:
    facts: dict[int, ContactFact] = {}
    for row in rows:
        try:
            facts[row.line] = _fact(row, source, now)
        except ValueError as error:
            done.bad += 1
            done.problems += [(row.line, line) for line in str(error).splitlines()]
    outcomes = in_transaction(lambda: intake.record_contacts(origin, list(facts.values()), now)) if facts else []
    for (line, fact), outcome in zip(facts.items(), outcomes, strict=True):
        done.good += outcome.status == "ok"
        done.ignored += outcome.status == "ignored"
        done.bad += outcome.status == "error"
        done.problems += [(line, note) for note in (*outcome.errors, *fact.notes)]


def _fact(row: SourceRow, source: str, now: datetime) -> ContactFact:
    """Raises `ValueError`, a line for each thing that is wrong."""
    if row.problem:
        raise ValueError(row.problem)
    try:
        return contact_fact(check(_document(row.values, source), Contact, now))
    except Invalid as invalid:
        wrong = [
            f"{one.pointer.removeprefix('/').replace('/', ' ')}: {one.detail}".removeprefix(": ")
            for one in invalid.errors
        ]
        raise ValueError("\n".join(wrong)) from None


def _document(values: Mapping[str, str], source: str) -> dict[str, Any]:
    document: dict[str, Any] = {COLUMNS[name]: text for name, text in values.items() if name in COLUMNS}
    told = {ABOUT_CONSENT[name]: text for name, text in values.items() if name in ABOUT_CONSENT}
    said = {channel: values[name] for name, channel in CONSENTS.items() if name in values}
    document["consent"] = {
        channel: told | {"status": STATUSES.get(status.lower(), status), "source": source}
        for channel, status in said.items()
    }
    known = COLUMNS.keys() | ABOUT_CONSENT.keys() | CONSENTS.keys()
    return document | {"attributes": {name: text for name, text in values.items() if name not in known}}
