"""One process that reads an import of many products, twice: new ones, then the same again.

`python -m bench.importer ROWS csv|google_xml` prints, for each of the two, the seconds and the largest
resident memory in bytes so far.
"""

import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import django

django.setup()

from accounts.models import Merchant, Store  # noqa: E402
from products.imports import asking, claims, reading  # noqa: E402
from products.models import FeedFormat, FeedImport, RunStatus  # noqa: E402

HEAD = "key,sku,name,brand,category,price,compare_at_price,currency,image,url,group,quantity\n"
FIRST = '<?xml version="1.0"?><rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>'
DESCRIPTION = "What a shop writes about a product, at some length, and again for every variant. " * 8


def csv_row(number: int) -> str:
    """About 250 bytes."""
    shop = "https://shop.bench.example"
    return (
        f'p-{number},SKU-{number},"Product {number}, in a tin",Brand {number % 40},Category {number % 90},{number % 80}.50,,'
        f"USD,{shop}/pictures/{number}-large.jpg,{shop}/products/product-{number}-in-a-tin,g-{number // 3},{number % 30}\n"
    )


def xml_item(number: int) -> str:
    """About 1.4 KB, as with the descriptions that feeds carry."""
    shop = "https://shop.bench.example"
    return (
        f"<item><g:id>p-{number}</g:id><title>Product {number}, in a tin</title><description>{DESCRIPTION}</description>"
        f"<link>{shop}/products/product-{number}-in-a-tin</link><g:image_link>{shop}/pictures/{number}-large.jpg</g:image_link>"
        f"<g:price>{number % 80}.50 USD</g:price><g:availability>in_stock</g:availability><g:brand>Brand {number % 40}</g:brand>"
        f"<g:product_type>Home &gt; Category {number % 90}</g:product_type><g:item_group_id>g-{number // 3}</g:item_group_id>"
        "<g:shipping><g:country>US</g:country><g:price>4.90 USD</g:price></g:shipping></item>\n"
    )


def chunks(rows: int, form: str) -> Iterator[bytes]:
    yield (HEAD if form == FeedFormat.CSV else FIRST).encode()
    for first in range(0, rows, 1000):
        made = (csv_row(n) if form == FeedFormat.CSV else xml_item(n) for n in range(first, first + 1000))
        yield "".join(made).encode()
    yield b"" if form == FeedFormat.CSV else b"</channel></rss>"


def most_resident() -> int:
    """Bytes. Not from getrusage(2): that begins with what the process held which this one was forked from."""
    told = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert told
    return int(told[1]) * 1024


def main(rows: int, form: str) -> None:
    merchant = Merchant.objects.create(name="Bench", slug=f"bench-import-{form}")
    store = Store.objects.create(merchant=merchant, name="Bench", slug="bench")
    feed = FeedImport.objects.create(merchant=merchant, store=store, name="Bench")
    for _ in range(2):
        run, _new = asking.ask(feed, None, chunks(rows, form))
        claimed = claims.claim(run.pk)
        assert claimed is not None
        began = time.perf_counter()
        reading.read(claimed)
        run.refresh_from_db()
        assert (run.status, run.good, run.bad) == (RunStatus.DONE, rows, 0), run.error
        print(time.perf_counter() - began, most_resident(), flush=True)
    merchant.delete()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
