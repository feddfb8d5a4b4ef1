"""Finding what is due among millions of old deliveries, beside finding it among ten thousand."""

import time
from collections.abc import Iterator
from statistics import median

from django.db import connection, transaction

from bench.play import Play
from bench.report import Figure, alternating
from campaigns.sending import BATCH, CLAIM, CLAIM_LEASE

FEW = 10_000
DUE = 1000
CLAIMS = 40

# Two tables of the same shape in schemas of their own; the claim finds whichever the search path names first.
_OLD = """
INSERT INTO campaigns_delivery (code, merchant_id, campaign_id, content_id, step_id, episode_id, shopper_id, channel,
    status, reason, due_at, send_at, expires_at, attempts, provider_id, sent_at, created_at)
SELECT gen_random_uuid(), n %% 100, n %% 400, n %% 400, n %% 400, n, n / 3, 'email', %s,
    CASE WHEN %s = 'skipped' THEN 'expired' ELSE '' END, at, at, at + interval '1 day', 1, '', at, at
FROM generate_series(%s::int, %s::int) n, LATERAL (SELECT now() - n * interval '1 second' AS at) t
"""


def measure(play: Play) -> Iterator[Figure]:
    many = play.much(10_000_000, 300_000)
    for schema, rows in (("few", FEW), ("many", many)):
        _fill(schema, rows)
    few, ours = alternating(lambda: _claim("few"), lambda: _claim("many"))
    yield Figure(
        "due scan", f"{1000 * ours:.2f} ms", f"{1000 * few:.2f} ms", ours / few, 1.5, 1.1, more_is_better=False,
        why=f"one claim of {BATCH} among {many:,} old deliveries and among {FEW:,}; the partial index holds only what is "
        "pending, so the claim's cost is writing its 100 rows.",
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA few CASCADE")
        cursor.execute("DROP SCHEMA many CASCADE")


def _fill(schema: str, rows: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {schema}")
        cursor.execute(f"CREATE TABLE {schema}.campaigns_delivery (LIKE public.campaigns_delivery INCLUDING ALL)")
        cursor.execute(f"SET search_path TO {schema}, public")
        cursor.execute(_OLD, ["sent", "sent", 1, rows])
        cursor.execute(_OLD, ["pending", "pending", rows + 1, rows + DUE])
        cursor.execute("VACUUM ANALYZE campaigns_delivery")
        cursor.execute("CHECKPOINT")
        cursor.execute("RESET search_path")


def _claim(schema: str) -> float:
    """The median time of claiming a batch, given back at once."""
    seen = []
    with connection.cursor() as cursor:
        cursor.execute(f"SET search_path TO {schema}, public")
        for _ in range(CLAIMS):
            with transaction.atomic():
                began = time.perf_counter()
                cursor.execute(CLAIM, ["0b6ec6a0-2f5c-4a58-9d3e-3d6f4f5d2a10", CLAIM_LEASE, BATCH])
                assert len(cursor.fetchall()) == BATCH
                seen.append(time.perf_counter() - began)
                transaction.set_rollback(True)
        cursor.execute("RESET search_path")
    return median(seen)
