import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.utils import parseaddr

import pytest
from django.core.mail import EmailMultiAlternatives
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.mime import build, wire_address
from campaigns.rendering import Message

MESSAGE = Message(
    delivery_code="018f3c7e-0000-7000-8000-000000000001",
    to_email="anna@example.com",
    to_name="Anna Keller",
    from_email="hello@shop.example",
    from_name="North Loop",
    subject="Your cart",
    html="<p>Hi</p>",
    text="Hi\n",
    message_id="018f3c7e@shop.example",
    date=datetime(2026, 5, 4, 12, 30, tzinfo=UTC),
    unsubscribe_url="https://m.example/u/abc",
)
LINE = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="\ufeff"), max_size=120)
ONE_LINE = LINE.map(lambda text: " ".join(text.split())).filter(lambda text: "=?" not in text)
BODY = st.lists(
    st.one_of(LINE, st.sampled_from([".", "..", "--=_", "From me", "é" * 600, "x" * 2000])), max_size=8
).map("\n".join)


def parsed(data):
    return message_from_bytes(data, policy=policy.default)


def django_bytes(message):
    mail = EmailMultiAlternatives(
        message.subject,
        message.text,
        str(Address(message.from_name, addr_spec=message.from_email)),
        [str(Address(message.to_name, addr_spec=message.to_email))],
        headers={
            "Date": "Mon, 04 May 2026 12:30:00 +0000",
            "Message-ID": f"<{message.message_id}>",
            "List-Unsubscribe": f"<{message.unsubscribe_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "X-AIQ-Delivery": message.delivery_code,
        },
    )
    mail.attach_alternative(message.html, "text/html")
    return mail.message().as_bytes()


def told(data):
    """What a reader of the mail sees: headers (but the boundary), and the parts' types and texts."""
    mail = parsed(data)
    assert not mail.defects
    headers = {name.lower(): str(value).strip() for name, value in mail.items() if name != "Content-Type"}
    headers |= {"to": mailbox(data, "To"), "from": mailbox(data, "From")}
    parts = [(part.get_content_type(), part.get_content_charset(), text_of(part)) for part in mail.iter_parts()]
    return headers, mail.get_content_type(), parts


def mailbox(data, name):
    """Name and address; Python 3.11's new parser puts a blank between encoded words of a phrase (RFC 2047, 6.2: none)."""
    name, address = parseaddr(re.sub(r"\r?\n", "", str(message_from_bytes(data)[name])))
    return str(make_header(decode_header(name))), address


def text_of(part):
    return part.get_payload(decode=True).decode().replace("\r\n", "\n").removesuffix("\n")


@settings(deadline=None)
@given(subject=ONE_LINE.filter(bool), to_name=ONE_LINE, from_name=ONE_LINE, text=BODY.filter(bool), html=BODY)
def test_a_parser_reads_ours_as_it_reads_djangos(subject, to_name, from_name, text, html):
    message = replace(MESSAGE, subject=subject, to_name=to_name, from_name=from_name, text=text, html=html)
    ours, theirs = told(build(message)), told(django_bytes(message))
    assert ours[1:] == theirs[1:]
    assert ours[0] == theirs[0]


@settings(deadline=None)
@given(subject=ONE_LINE, name=ONE_LINE, text=BODY, html=BODY, eight_bit=st.booleans())
def test_what_comes_out_is_what_went_in_on_lines_smtp_can_carry(subject, name, text, html, eight_bit):
    data = build(replace(MESSAGE, subject=subject, to_name=name, text=text, html=html), eight_bit=eight_bit)
    mail = parsed(data)
    assert mail["Subject"] == subject
    assert mailbox(data, "To") == (name, MESSAGE.to_email)
    assert [text_of(part) for part in mail.iter_parts()] == [text.removesuffix("\n"), html.removesuffix("\n")]
    assert max(map(len, data.split(b"\r\n"))) <= 990
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"\r" not in data.replace(b"\r\n", b"")
    assert eight_bit or data.isascii()
    assert data.partition(b"\r\n\r\n")[0].isascii()


@pytest.mark.parametrize(
    "field", ["subject", "to_name", "from_name", "to_email", "from_email", "message_id", "reply_to"]
)
@pytest.mark.parametrize(
    "hostile", ["a\r\nBcc: x@example.com", "a\nb@example.com", "a\rb@example.com", "\x00@example.com"]
)
def test_a_line_break_in_a_header_is_refused(field, hostile):
    with pytest.raises(ValueError, match=r"\w"):
        build(replace(MESSAGE, **{field: hostile}))


@pytest.mark.parametrize("headers", [(("X-A", "b\r\nc: d"),), (("X A", "b"),), (("X:A", "b"),)])
def test_extra_headers_are_checked_too(headers):
    with pytest.raises(ValueError, match=r"\w"):
        build(replace(MESSAGE, headers=headers))


@pytest.mark.parametrize(
    "address",
    ["", "a", "a@", "@b", "a b@c.example", "a@b@c", "<a@b.example>", "a@b.example>", "a..b@c.example", "a@[1.2.3.4]"],
)
def test_what_is_no_address_is_refused(address):
    with pytest.raises(ValueError, match="is no email address"):
        wire_address(address)


def test_a_domain_in_unicode_travels_as_idna():
    assert wire_address("info@bücher.example") == "info@xn--bcher-kva.example"


def test_a_local_part_in_unicode_needs_smtputf8():
    with pytest.raises(ValueError, match="beyond ASCII"):
        wire_address("jörg@bücher.example")
    assert wire_address("jörg@bücher.example", utf8=True) == "jörg@xn--bcher-kva.example"


def test_one_click_unsubscribe_as_rfc_8058_wants_it():
    mail = parsed(build(MESSAGE))
    assert mail["List-Unsubscribe"] == "<https://m.example/u/abc>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "List-Unsubscribe" not in parsed(build(replace(MESSAGE, unsubscribe_url="")))


def test_a_boundary_never_occurs_in_a_body():
    data = build(MESSAGE)
    [boundary] = re.findall(rb'boundary="([^"]+)"', data)
    hostile = f"--{boundary.decode()}--\n"
    assert text_of(next(iter(parsed(build(replace(MESSAGE, text=hostile))).iter_parts()))) == hostile.strip()


def test_a_subject_that_looks_encoded_is_shown_as_written():
    assert parsed(build(replace(MESSAGE, subject="=?utf-8?q?hi?=")))["Subject"] == "=?utf-8?q?hi?="
