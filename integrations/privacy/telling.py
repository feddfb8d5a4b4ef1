"""The mail to owners when somebody asks, through their shop, what is held of them. It names nobody: the export is behind a log-in."""

import logging
from collections.abc import Sequence
from smtplib import SMTPException
from uuid import UUID

from anymail.exceptions import AnymailError
from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse

from accounts.models import Merchant, Role, User

logger = logging.getLogger(__name__)
SUBJECT = "A shopper asks what you keep of them"


def tell_of_request(merchant_id: int, shoppers: Sequence[UUID]) -> None:
    """To owners: where the export is, or that there is nothing. The law gives a month (GDPR art. 12(3)) or 45 days (CCPA)."""
    merchant = Merchant.objects.get(pk=merchant_id)
    places = [f"{settings.PUBLIC_URL}{reverse('privacy:export', args=[code])}" for code in shoppers]
    found = "Download it here, and pass it on to them:\n\n" + "\n".join(places)
    text = found if places else "Nothing is kept of them here."
    owners = User.objects.filter(is_active=True, memberships__merchant=merchant, memberships__role=Role.OWNER)
    for owner in owners:
        body = f"Somebody asked, through a shop of {merchant}, for the personal data that is kept of them.\n\n{text}\n"
        _send(EmailMessage(SUBJECT, body, to=[owner.email]))


def _send(message: EmailMessage) -> None:
    """A mail that cannot be sent is logged; the request stands among the events."""
    try:
        message.send()
    except (SMTPException, AnymailError, OSError) as error:
        logger.warning("owners could not be told of a data request: %s", type(error).__name__)
