"""What each mail provider asks of the DNS: the part of an SPF record that names it, and selectors its DKIM keys stand under.

Empty where it differs from customer to customer: then the provider's own page of the domain tells it. And how its reports prove to be its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asks:
    label: str
    spf: str = ""
    selectors: tuple[str, ...] = ()
    # Settings of Anymail of which one makes it check the provider's signature; it then needs no secret in the address.
    signed_with: tuple[str, ...] = ()
    reports: bool = True


PROVIDERS = {
    "amazon_ses": Asks("Amazon SES", "include:amazonses.com"),
    "brevo": Asks("Brevo", "include:spf.brevo.com", ("brevo1", "brevo2", "mail")),
    "mailersend": Asks(
        "MailerSend", "include:_spf.mailersend.net", ("mlsend2", "mlsend"), ("MAILERSEND_SIGNING_SECRET",)
    ),
    "mailgun": Asks("Mailgun", "include:mailgun.org", (), ("MAILGUN_WEBHOOK_SIGNING_KEY", "MAILGUN_API_KEY")),
    "mailjet": Asks("Mailjet", "include:spf.mailjet.com", ("mailjet",)),
    "mailtrap": Asks("Mailtrap", signed_with=("MAILTRAP_TRACKING_SECRET",)),
    "mandrill": Asks(
        "Mandrill", "include:spf.mandrillapp.com", ("mte1", "mte2", "mandrill"), ("MANDRILL_WEBHOOK_KEY",)
    ),
    "postal": Asks("Postal", signed_with=("POSTAL_WEBHOOK_KEY",)),
    "postmark": Asks("Postmark", "include:spf.mtasv.net"),
    "resend": Asks("Resend", "include:amazonses.com", ("resend",), ("RESEND_SIGNING_SECRET",)),
    "scaleway": Asks("Scaleway", reports=False),
    "sendgrid": Asks("SendGrid", "include:sendgrid.net", ("s1", "s2"), ("SENDGRID_TRACKING_WEBHOOK_VERIFICATION_KEY",)),
    "sparkpost": Asks("SparkPost"),
    "unisender_go": Asks("Unisender Go", signed_with=("UNISENDER_GO_API_KEY",)),
}


def asks_of(backend: str) -> Asks:
    """Of the mail backend in the settings; a plain mail server asks for nothing in particular."""
    name = backend.removeprefix("anymail.backends.").partition(".")[0] if backend.startswith("anymail.") else ""
    return PROVIDERS.get(name, Asks("your mail server", reports=False))


def unproven(backend: str, options: Mapping[str, object]) -> bool:
    """Whether anybody could send reports in the provider's name: neither a secret stands in their address nor is a signature checked."""
    asks = asks_of(backend)
    return asks.reports and not any(options.get(name) for name in ("WEBHOOK_SECRET", *asks.signed_with))
