"""/v2: what stores call (contract, section 4). Carts and orders are kept and answered; the rest is done at once."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse

from aiq.lib.problems import FieldError, ProblemError, problem
from campaigns import intake
from campaigns.facts import OrderStatus, Origin
from integrations.checking import Invalid, check
from integrations.door import KIB, Call, Door, answer
from integrations.ingest import Accepted, EventConflictError, Incoming, accept, accept_timeless, document_hash
from integrations.outcome import outcome_of
from integrations.providers.generic import CART, ORDERS, contact_fact, product_fact
from integrations.push_tokens import post_token
from integrations.retrying import in_transaction
from integrations.schema import MAX_ROWS, CartDocument, CatalogProduct, Contact, Document, OrderDocument
from products import catalog

D = TypeVar("D", bound=Document)
F = TypeVar("F")


def post_cart(call: Call) -> HttpResponse:
    document = check(call.payload, CartDocument, call.now)
    accepted = _accept(call, CART, document.event_id, has_time=document.timestamp is not None)
    trigger = "simple" if document.products is None else "dynamic"
    return answer({**_status(accepted), "trigger": trigger}, 202)


def post_order(call: Call) -> HttpResponse:
    document = check(call.payload, OrderDocument, call.now)
    event_id = document.event_id or _order_event_id(document)
    try:
        accepted = _accept(call, ORDERS, event_id, has_time=True)
    except EventConflictError:
        if document.event_id:
            raise
        raise _same_moment() from None
    return answer(_status(accepted), 202)


def _same_moment() -> ProblemError:
    said = FieldError("/timestamp", "conflict", "Give an eventID, or the time of this change.")
    return ProblemError(409, "This orderID came with the same status and timestamp and another body before.", [said])


def _order_event_id(document: OrderDocument) -> str:
    """The order, its status and time; without a time the body's hash does instead (`_accept`)."""
    if document.timestamp is None:
        return ""
    said = [str(document.order_id), document.status or OrderStatus.PLACED, document.timestamp.timestamp()]
    return f"auto-{document_hash(ORDERS, said).hex()[:40]}"


def _accept(call: Call, topic: str, event_id: str | None, *, has_time: bool) -> Accepted:
    body_hash = document_hash(topic, call.payload)
    name = event_id or f"auto-{body_hash.hex()[:40]}"
    event = Incoming(call.caller.connection_id, str(name), topic, call.body.decode(), body_hash)
    return accept(event) if event_id or has_time else accept_timeless(event, call.now)


def _status(accepted: Accepted) -> dict[str, str]:
    return {"eventID": accepted.event_id, "status": "duplicate" if accepted.duplicate else "accepted"}


def put_contacts(call: Call) -> HttpResponse:
    facts, answers = _read_rows(call, "contacts", "contactID", Contact, contact_fact)
    origin = Origin(call.caller.merchant_id, call.caller.code, call.caller.default_store_id)
    outcomes = in_transaction(lambda: intake.record_contacts(origin, list(facts.values()), call.now)) if facts else []
    for index, outcome in zip(facts, outcomes, strict=True):
        pointer = f"/contacts/{index}"
        code = "error" if outcome.status == "error" else "ignored"
        errors = [FieldError(pointer, code, text) for text in outcome.errors] + _dropped(facts[index].notes, pointer)
        answers[index] = _row(index, outcome.status, errors, code=outcome.code, name="contactID")
    return answer([answers[index] for index in sorted(answers)])


def put_products(call: Call) -> HttpResponse:
    facts, answers = _read_rows(call, "products", "productID", CatalogProduct, product_fact)
    caller = call.caller
    outcomes = in_transaction(
        lambda: catalog.record_products(
            caller.merchant_id, list(facts.values()), default_store_id=caller.default_store_id, now=call.now
        )
    )
    for index, outcome in zip(facts, outcomes, strict=True):
        pointer = f"/products/{index}"
        errors = [FieldError(f"{pointer}{one.pointer}", one.code, one.detail) for one in outcome.errors]
        errors += _dropped(facts[index].notes, pointer)
        answers[index] = _row(index, outcome.status, errors, code=outcome.code, name="productID")
    return answer([answers[index] for index in sorted(answers)])


def _dropped(notes: Iterable[str], pointer: str) -> list[FieldError]:
    """What a row was kept without: a phone that cannot be read, a link that is none. Notes begin with their place."""
    parts = (note.removeprefix("/customer").partition(" dropped: ") for note in notes)
    return [FieldError(f"{pointer}{place}", "dropped", f"Dropped: {why}.") for place, _, why in parts]


def _read_rows(
    call: Call, name: str, ids: str, kind: type[D], translate: Callable[[D], F]
) -> tuple[dict[int, F], dict[int, dict[str, Any]]]:
    """Facts of the rows that are right and answers for those that are wrong, by index. A wrong row spoils no other."""
    facts: dict[int, F] = {}
    answers: dict[int, dict[str, Any]] = {}
    for index, row in enumerate(_rows(call.payload, name)):
        try:
            facts[index] = translate(check(row, kind, call.now, f"/{name}/{index}"))
        except Invalid as invalid:
            answers[index] = _row(index, "error", invalid.errors, name=ids)
    return facts, answers


def _rows(payload: Any, name: str) -> list[Any]:
    if not isinstance(payload, dict):
        raise Invalid([FieldError("", "type", "Must be an object.")])
    if name not in payload:
        raise Invalid([FieldError(f"/{name}", "required", "Is missing.")])
    rows = payload[name]
    if not isinstance(rows, list):
        raise Invalid([FieldError(f"/{name}", "type", "Must be a list.")])
    if len(rows) > MAX_ROWS:
        raise Invalid([FieldError(f"/{name}", "limit", f"At most {MAX_ROWS}.")])
    return rows


def _row(index: int, status: str, errors: Sequence[FieldError], *, name: str, code: str = "") -> dict[str, Any]:
    return {"index": index, "status": status, name: code or None, "errors": [asdict(error) for error in errors]}


def get_event(call: Call, event_id: str) -> HttpResponse:
    found = outcome_of(call.caller.connection_id, event_id, call.now)
    if found is None:
        raise ProblemError(404, "This connection has no event of that id.")
    return answer(found)


def nothing_here(request: HttpRequest, path: str = "") -> HttpResponse:
    return problem(404, "There is nothing at this address.")


cart = Door("POST", post_cart)
orders = Door("POST", post_order)
contacts = Door("PUT", put_contacts)
push_tokens = Door("POST", post_token)
products = Door("PUT", put_products, max_body=1024 * KIB)
events = Door("GET", get_event)
