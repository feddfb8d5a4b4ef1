"""Who is who: finds or makes the shoppers that facts speak of, for a whole batch in a constant number of statements.

Precedence contactID, srcID, email, phone. A lower key that contradicts a higher one is ignored and noted; people are
never merged by themselves (architecture, section 4).
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Q

from campaigns.consent import moving
from campaigns.consent.moving import ADDRESSES, Move
from campaigns.facts import CustomerFact, Origin
from campaigns.models import Shopper, ShopperKey

FILLED_BY_FACTS = ("email", "phone", "first_name", "last_name", "locale", "country", "region")


class Contended(Exception):  # noqa: N818 - reads as what happened
    """Another worker made the same person at the same moment; the batch succeeds when tried again."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A customer as one event names them. `authoritative`: the store's contact list, which may correct what is known."""

    origin: Origin
    customer: CustomerFact
    authoritative: bool = False


@dataclass(slots=True)
class Directory:
    """Shoppers and keys of a batch, in memory: looked up and extended mention by mention, then saved in bulk."""

    by_code: dict[tuple[int, str], Shopper] = field(default_factory=dict)
    by_key: dict[tuple[UUID, str], Shopper] = field(default_factory=dict)
    by_email: dict[tuple[int, str], Shopper] = field(default_factory=dict)
    by_phone: dict[tuple[int, str], Shopper] = field(default_factory=dict)
    made: list[Shopper] = field(default_factory=list)
    changed: dict[UUID, Shopper] = field(default_factory=dict)
    new_keys: dict[tuple[UUID, str], Shopper] = field(default_factory=dict)
    # By code and field: the address before, empty where there was none.
    replaced: dict[tuple[UUID, str], str] = field(default_factory=dict)

    def add(self, shopper: Shopper) -> None:
        merchant = shopper.merchant_id
        self.by_code[merchant, str(shopper.code)] = shopper
        if shopper.email:
            self.by_email[merchant, shopper.email] = shopper
        if shopper.phone:
            self.by_phone[merchant, shopper.phone] = shopper


def resolve(mentions: Sequence[Mention]) -> list[tuple[Shopper | None, list[str]]]:
    """For each mention its shopper (None: nobody is named, or a contactID that is not ours) and notes of what was ignored.

    Raises Contended where another worker was faster; the caller tries the batch again.
    """
    directory = _loaded(mentions)
    found = [_identified(directory, mention) for mention in mentions]
    _save(directory)
    return found


def _loaded(mentions: Sequence[Mention]) -> Directory:
    """The shoppers that mentions may mean, locked in key order before they are read: what another worker learns of them
    at the same moment is neither overwritten nor missed."""
    directory = Directory()
    merchants = {mention.origin.merchant_id for mention in mentions}
    named = Shopper.objects.filter(_named(mentions), merchant_id__in=merchants).values_list("pk", flat=True)
    sourced = {(m.origin.source, m.customer.source_id) for m in mentions if m.customer.source_id}
    keys = list(ShopperKey.objects.filter(source__in={s for s, _ in sourced}, key__any_of={k for _, k in sourced}))
    wanted = {*named, *(row.shopper_id for row in keys)}
    shoppers = {
        row.pk: row for row in Shopper.objects.select_for_update(no_key=True).filter(pk__any_of=wanted).order_by("pk")
    }
    for shopper in shoppers.values():
        directory.add(shopper)
    for row in keys:
        if row.shopper_id in shoppers:
            directory.by_key[row.source, row.key] = shoppers[row.shopper_id]
    return directory


def _named(mentions: Iterable[Mention]) -> Q:
    customers = [mention.customer for mention in mentions]
    return (
        Q(code__any_of={code for c in customers if (code := _uuid(c.contact_id))})
        | Q(email__any_of={c.email for c in customers if c.email})
        | Q(phone__any_of={c.phone for c in customers if c.phone})
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _identified(directory: Directory, mention: Mention) -> tuple[Shopper | None, list[str]]:
    origin, customer = mention.origin, mention.customer
    merchant = origin.merchant_id
    found = [
        directory.by_code.get((merchant, str(_uuid(customer.contact_id)))) if customer.contact_id else None,
        directory.by_key.get((origin.source, customer.source_id)) if customer.source_id else None,
        directory.by_email.get((merchant, customer.email)) if customer.email else None,
        directory.by_phone.get((merchant, customer.phone)) if customer.phone else None,
    ]
    notes = ["contactID is not known here"] if customer.contact_id and found[0] is None else []
    shopper = next((one for one in found if one), None)
    if shopper is None:
        if not (customer.source_id or customer.email or customer.phone):
            return None, notes
        shopper = Shopper(merchant_id=merchant, code=uuid.uuid4())
        directory.made.append(shopper)
    return shopper, notes + _enriched(directory, shopper, mention, found)


def _enriched(directory: Directory, shopper: Shopper, mention: Mention, found: Sequence[Shopper | None]) -> list[str]:
    """Learn what the mention adds. What belongs to somebody else stays theirs."""
    notes = [
        f"{name} belongs to another shopper and was ignored"
        for name, other in zip(("contactID", "srcID", "email", "phone"), found, strict=True)
        if other is not None and other is not shopper
    ]
    foreign = {name for name, other in (("email", found[2]), ("phone", found[3])) if other not in (None, shopper)}
    for name in FILLED_BY_FACTS:
        value = getattr(mention.customer, name)
        known = getattr(shopper, name)
        if not value or value == known or name in foreign or (known and not mention.authoritative):
            continue
        if name in ADDRESSES:
            directory.replaced.setdefault((shopper.code, name), known or "")
        setattr(shopper, name, value)
        directory.changed[shopper.code] = shopper
    source_key = (mention.origin.source, mention.customer.source_id)
    if mention.customer.source_id and source_key not in directory.by_key:
        directory.by_key[source_key] = directory.new_keys[source_key] = shopper
    directory.add(shopper)
    return notes


def _save(directory: Directory) -> None:
    made = sorted(directory.made, key=lambda s: (s.merchant_id, s.email or "", s.phone or "", str(s.code)))
    if made:
        Shopper.objects.bulk_create(made, ignore_conflicts=True)
        ids = dict(Shopper.objects.filter(code__any_of=[s.code for s in made]).values_list("code", "id"))
        if len(ids) < len(made):
            raise Contended
        for shopper in made:
            shopper.pk = ids[shopper.code]
    changed = [s for code, s in directory.changed.items() if code not in {m.code for m in made}]
    if changed:
        Shopper.objects.bulk_update(sorted(changed, key=lambda s: s.pk), FILLED_BY_FACTS)
    moving.follow(_moves(directory))
    _save_keys(directory.new_keys)


def _moves(directory: Directory) -> list[Move]:
    replaced = [(directory.changed[code], name, left) for (code, name), left in directory.replaced.items()]
    moves = [Move(shopper, ADDRESSES[name], left, getattr(shopper, name)) for shopper, name, left in replaced]
    return [move for move in moves if move.left != move.came]


def _save_keys(new: dict[tuple[UUID, str], Shopper]) -> None:
    """Raises Contended where another worker gave one of these keys to somebody else just now."""
    if not new:
        return
    rows = [ShopperKey(source=source, key=key, shopper=new[source, key]) for source, key in sorted(new, key=str)]
    ShopperKey.objects.bulk_create(rows, ignore_conflicts=True)
    kept = ShopperKey.objects.filter(source__in={s for s, _ in new}, key__any_of={k for _, k in new})
    whose = {(row.source, row.key): row.shopper_id for row in kept}
    if any(whose.get(pair) != shopper.pk for pair, shopper in new.items()):
        raise Contended
