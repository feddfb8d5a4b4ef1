"""`POST /v2/push/tokens`: a store's server says which shopper a page is for, and gets the token that proves it there."""

from django.http import HttpResponse

from aiq.lib.problems import FieldError, ProblemError
from campaigns import identity
from campaigns.facts import Origin
from campaigns.notifications import subscribing
from integrations.checking import check
from integrations.door import Call, answer
from integrations.providers.generic import customer_fact
from integrations.retrying import in_transaction
from integrations.schema import PushTokenDocument


def post_token(call: Call) -> HttpResponse:
    """A shopper nobody knew yet is made, as by a cart: the same srcID joins them later."""
    document = check(call.payload, PushTokenDocument, call.now)
    origin = Origin(call.caller.merchant_id, call.caller.code, call.caller.default_store_id)
    mention = identity.Mention(origin, customer_fact(document.customer))
    [(shopper, _)] = in_transaction(lambda: identity.resolve([mention]))
    if shopper is None:
        unknown = FieldError("/customer", "unknown", "This contactID is not ours, and nothing else names the shopper.")
        raise ProblemError(422, "Nobody is known by that.", [unknown])
    expires_at = call.now + subscribing.TOKEN_FOR
    return answer({"token": subscribing.token_for(shopper.code, call.now), "expiresAt": expires_at.isoformat()})
