"""What each mail provider asks of the DNS: the part of an SPF record that names it, and selectors its DKIM keys stand under.

Empty where it differs from customer to customer: then the provider's own page of the domain tells it.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asks:
    label: str
    spf: str = ""
    selectors: tuple[str, ...] = ()


PROVIDERS = {
    "amazon_ses": Asks("Amazon SES", "include:amazonses.com"),
    "brevo": Asks("Brevo", "include:spf.brevo.com", ("brevo1", "brevo2", "mail")),
    "mailersend": Asks("MailerSend", "include:_spf.mailersend.net", ("mlsend2", "mlsend")),
    "mailgun": Asks("Mailgun", "include:mailgun.org"),
    "mailjet": Asks("Mailjet", "include:spf.mailjet.com", ("mailjet",)),
    "mailtrap": Asks("Mailtrap"),
    "mandrill": Asks("Mandrill", "include:spf.mandrillapp.com", ("mte1", "mte2", "mandrill")),
    "postal": Asks("Postal"),
    "postmark": Asks("Postmark", "include:spf.mtasv.net"),
    "resend": Asks("Resend", "include:amazonses.com", ("resend",)),
    "scaleway": Asks("Scaleway"),
    "sendgrid": Asks("SendGrid", "include:sendgrid.net", ("s1", "s2")),
    "sparkpost": Asks("SparkPost"),
    "unisender_go": Asks("Unisender Go"),
}


def asks_of(backend: str) -> Asks:
    """Of the mail backend in the settings; a plain mail server asks for nothing in particular."""
    name = backend.removeprefix("anymail.backends.").partition(".")[0] if backend.startswith("anymail.") else ""
    return PROVIDERS.get(name, Asks("your mail server"))
