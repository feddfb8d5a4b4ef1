"""What files are read as: the samples in feeds/, and forms of them that nobody should send."""

import gzip
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from aiq.lib.fields import FieldProblem
from products.facts import ProductFact
from products.imports import opening, xml_rows
from products.imports.checking import Checked, amount, check, whole_number, yes_or_no
from products.imports.opening import open_source
from products.imports.rows import SourceRow, UnreadableSource
from products.models import FeedFormat

FEEDS = Path(__file__).parent / "feeds"
NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)


def rows(path: Path, kind: str = FeedFormat.AUTO) -> list[SourceRow]:
    with open_source(path, kind) as source:
        return list(source.rows)


def checked(path: Path) -> list[Checked]:
    with open_source(path) as source:
        return [check(row, source.format, "USD", NOW) for row in source.rows]


def facts(path: Path) -> dict[str, ProductFact]:
    return {one.fact.key: one.fact for one in checked(path) if one.fact}


def written(tmp_path: Path, content: bytes | str) -> Path:
    path = tmp_path / "feed"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("own.csv", FeedFormat.CSV),
        ("google.xml", FeedFormat.GOOGLE_XML),
        ("google-atom.xml", FeedFormat.GOOGLE_XML),
        ("google.tsv", FeedFormat.GOOGLE_CSV),
    ],
)
def test_the_format_is_found_out(name: str, found: str) -> None:
    with open_source(FEEDS / name) as source:
        assert source.format == found


def test_our_own_columns_are_read() -> None:
    read = facts(FEEDS / "own.csv")
    tea = read["p-1"]
    assert (tea.sku, tea.name, tea.brand, tea.category) == ("SKU-1", "Sencha", "Fernwood", "Green tea")
    assert (tea.price, tea.compare_at_price, tea.currency) == (Decimal("12.50"), Decimal("15.00"), "USD")
    assert (tea.image, tea.group, tea.stock[0].quantity) == ("https://cdn.shop.example/1.jpg", "sencha", 4)
    assert (read["p-2"].name, read["p-2"].price) == ('Gyokuro, "first" harvest', Decimal(1299))
    assert (read["p-2"].stock[0].in_stock, read["p-2"].image) == (False, "")
    assert read["SKU-3"].stock[0].in_stock is True


def test_every_row_that_is_wrong_is_told_with_its_line_and_all_its_fields() -> None:
    problems = [problem for one in checked(FEEDS / "own.csv") for problem in one.problems]
    assert [(problem.line, problem.field, problem.kept) for problem in problems] == [
        (3, "image", True),
        (5, "price", False),
        (6, "currency", False),
        (6, "quantity", False),
        (7, "key", False),
    ]
    assert problems[1].value == "twelve"


def test_google_s_names_are_read_from_xml() -> None:
    read = facts(FEEDS / "google.xml")
    assert set(read) == {"p-1", "22", "p-4"}
    tea = read["p-1"]
    assert (tea.name, tea.category, tea.group, tea.sku) == ("Sencha & mint", "Green tea", "sencha", "SKU-1")
    assert (tea.price, tea.compare_at_price, tea.currency) == (Decimal("12.50"), Decimal("15.00"), "USD")
    assert dict(tea.attributes) == {"color": "Green", "mpn": "SKU-1"}
    assert tea.stock[0].in_stock is True


def test_a_sale_that_is_over_is_no_price_and_a_preorder_is_neither_in_stock_nor_sold_out() -> None:
    read = facts(FEEDS / "google.xml")
    other = read["22"]
    assert (other.name, other.price, other.compare_at_price) == ("Gyokuro <first>", Decimal(30), None)
    assert (other.category, other.stock[0].in_stock) == ("Google category 2271", False)
    assert read["p-4"].stock == ()


def test_google_s_names_are_read_from_atom_and_from_tabs() -> None:
    [atom] = facts(FEEDS / "google-atom.xml").values()
    [tabs] = facts(FEEDS / "google.tsv").values()
    assert (atom.key, atom.url, atom.category) == ("p-1", "https://shop.example/p/1", "Tea")
    assert (tabs.image, tabs.price, tabs.currency) == ("https://cdn.shop.example/1.jpg", Decimal("12.50"), "EUR")


@pytest.mark.parametrize("sign", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_text_is_read_with_any_sign_between_and_in_any_usual_encoding(
    tmp_path: Path, sign: str, encoding: str, end: str
) -> None:
    path = written(tmp_path, f"Key{sign}Name{end}{end}p-1{sign}Crème brûlée{end}".encode(encoding))
    assert [(row.line, dict(row.values)) for row in rows(path)] == [(3, {"key": "p-1", "name": "Crème brûlée"})]
    with open_source(path) as source:
        assert bool(source.notes) is (encoding == "cp1252")


def test_a_packed_file_is_unpacked_and_a_bomb_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, gzip.compress((FEEDS / "google.xml").read_bytes()))
    assert len(rows(path)) == 4
    monkeypatch.setattr(opening, "MAX_UNPACKED", 1_000_000)
    with pytest.raises(UnreadableSource, match="larger than"):
        rows(written(tmp_path, gzip.compress(b"key,name\n" + b"p,n\n" * 500_000)))
    with pytest.raises(UnreadableSource, match="cannot be unpacked"):
        rows(written(tmp_path, gzip.compress(b"key,name\np,n\n" * 99)[:40]))


BOMB = """<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<rss><channel><item><id>&b;</id></item></channel></rss>"""
OUTSIDE = """<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]>
<rss><channel><item><id>&a;</id></item></channel></rss>"""


@pytest.mark.parametrize(
    ("xml", "why"),
    [
        (BOMB, "document type"),
        (OUTSIDE, "document type"),
        ('<!DOCTYPE rss SYSTEM "https://shop.example/feed.dtd"><rss/>', "document type"),
        ("<rss><channel><item><id>p-1</id></item></rss>", "Line 1: mismatched tag"),
        ("<rss>\n<channel>\n<item><id>p & q</id></item></channel></rss>", "Line 3"),
        ("<rss><channel><item><id>p-1</id></item>", "no element found"),
        ("<rss>&nope;</rss>", "undefined entity"),
        ('<?xml version="1.0" encoding="klingon"?><rss/>', "encoding"),
        ("<a>" * 100, "within 50"),
        ("<a b='" + "c" * 3_000_000, "does not end"),
    ],
    ids=str,
)
def test_xml_that_is_hostile_or_broken_is_refused_with_its_line(tmp_path: Path, xml: str, why: str) -> None:
    with pytest.raises(UnreadableSource, match=why):
        rows(written(tmp_path, xml), FeedFormat.GOOGLE_XML)


def test_items_before_the_place_where_a_feed_breaks_are_read(tmp_path: Path) -> None:
    path = written(tmp_path, "<rss><channel><item><id>p-1</id></item><item><id>p-2</wrong>" + " " * 100_000)
    found = []
    with open_source(path) as source, pytest.raises(UnreadableSource):
        found.extend(source.rows)
    assert len(found) <= 1


def test_an_item_keeps_only_so_much(tmp_path: Path) -> None:
    names = "".join(f"<n{number}>x</n{number}>" for number in range(2000))
    [row] = rows(written(tmp_path, f"<rss><item><id>p</id><title>{'t' * 900_000}</title>{names}</item></rss>"))
    assert len(row.values["title"]) == 5000
    assert len(row.values) == xml_rows.MAX_NAMES


@pytest.mark.parametrize("content", ["", "\n\n", "just one line", "PK\x03\x04\0\0\0", "key\n1"])
def test_what_is_no_table_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(UnreadableSource):
        rows(written(tmp_path, content))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("p-1,a,b,c", "values for 2 columns"),
        ('p-1,"' + "a" * 200_000, "far too long"),
        ("p\0-1,a", "no text"),
        ("p" * 129 + ",a", "At most 128"),
    ],
)
def test_a_line_that_cannot_be_read_spoils_no_other(tmp_path: Path, line: str, problem: str) -> None:
    path = written(tmp_path, f"key,name\np-0,before\n{line}\n" + ("" if '"' in line else "p-9,after\n"))
    result = checked(path)
    assert problem in result[1].problems[0].detail
    assert [one.fact.key for one in result if one.fact] == (["p-0"] if '"' in line else ["p-0", "p-9"])


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("12.99", ("12.99", "")),
        ("12.99 USD", ("12.99", "USD")),
        ("USD 12.99", ("12.99", "USD")),
        ("$12.99", ("12.99", "")),
        ("12,99 EUR", ("12.99", "EUR")),
        ("1,299.00", ("1299.00", "")),
        ("1.299,00", ("1299.00", "")),
        ("1,299", ("1299", "")),
        ("0", ("0", "")),
        ("-1", None),
        ("1e5", None),
        ("NaN", None),
        ("12.99 XXQ", None),
        ("1.2.3", None),
        ("", None),
        ("9" * 13, None),
        ("free", None),
    ],
)
def test_a_price_is_read_as_people_write_it(text: str, result: Any) -> None:
    if result is None:
        with pytest.raises(FieldProblem):
            amount(text)
    else:
        assert amount(text) == (Decimal(result[0]), result[1])


@pytest.mark.parametrize(("text", "number"), [("12", 12), ("12.0", 12), ("-3", -3), ("1.5", None), ("many", None)])
def test_a_quantity_is_whole(text: str, number: int | None) -> None:
    if number is None:
        with pytest.raises(FieldProblem):
            whole_number(text)
    else:
        assert whole_number(text) == number


@pytest.mark.parametrize(
    ("text", "word"), [("Yes", "yes"), ("in_stock", "yes"), ("out of stock", "no"), ("0", "no"), ("backorder", "")]
)
def test_stock_is_yes_no_or_later(text: str, word: str) -> None:
    assert yes_or_no(text) == word


def test_a_name_in_a_file_cannot_turn_around_what_is_written_behind_it():
    row = SourceRow(2, {"key": "p-1", "name": "\u202eTea", "brand": "\u2067Fern", "category": "\u202dTea"})
    fact = check(row, FeedFormat.CSV, "USD", datetime.now(UTC)).fact
    assert fact is not None
    assert (fact.name, fact.brand, fact.category) == ("Tea", "Fern", "Tea")
