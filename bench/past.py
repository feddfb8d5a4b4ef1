"""Eighteen months of a platform behind it: what the pages of staff read, as rows that the database writes by itself.

A cart is left twice, a shopper leaves two or three carts, and each abandonment gives one to three deliveries;
decisions, orders, opens, clicks, bounces, discounts and events follow in proportion. Seven tenths are merchant 0's. While it is
written foreign keys are not checked; indexes are built afterwards.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import Merchant
from bench.scene import TEMPLATE
from campaigns import lifecycle, starters
from campaigns.drafting import sequence, shapes
from campaigns.models import Campaign, CampaignKind, Discount, Step

# Keys of the past begin here: no sequence comes near, and nothing of the scene is touched.
BASE = 1_000_000_000
DAYS = 548
FIGURE_DAYS = 62
PER_EPISODE = 1.8
TABLES = (
    "campaigns_shopper", "campaigns_consent", "campaigns_cart", "campaigns_order", "campaigns_episode",
    "campaigns_delivery", "campaigns_decision", "campaigns_trackingevent", "campaigns_givendiscount",
    "integrations_eventkey", "integrations_inboundevent", "campaigns_sentmessage",
)  # fmt: skip


def write(deliveries: int) -> dict[str, int]:
    """Write it; how many rows of each table there are then."""
    for merchant in Merchant.objects.filter(campaigns__isnull=False).distinct().order_by("pk"):
        _campaigns(merchant)
    episodes = int(deliveries / PER_EPISODE) // 20 * 20
    values = {
        "base": BASE, "episodes": episodes, "carts": episodes // 2, "shoppers": max(episodes // 50 * 10, 10),
        "now": timezone.now(), "span": timedelta(days=DAYS), "kept": timedelta(days=396), "events": timedelta(days=90),
    }  # fmt: skip
    with connection.cursor() as cursor, _unindexed(cursor):
        for statement in (_PATHS, _PEOPLE, _SHOPPERS, _CONSENTS, _CARTS, _EPISODES, _ORDERS, _DELIVERIES, _ENTRIES,
                          _STEPS, _TRACKING, _MESSAGES, _GIVEN, _KEYS, _BODIES):  # fmt: skip
            cursor.execute(statement, values)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
        return {table.partition("_")[2]: _count(cursor, table) for table in TABLES}


def _campaigns(merchant: Merchant) -> None:
    """Three steps; a test of two texts; a waterfall; beside the single step that the scene has. Live ever since."""
    began = timezone.now() - timedelta(days=DAYS)
    for name, kind, channels in (
        ("Sequence", CampaignKind.REGULAR, ["email"]),
        ("Test", CampaignKind.AB, ["email"]),
        ("Waterfall", CampaignKind.WATERFALL, ["email", "sms"]),
    ):
        campaign = Campaign.objects.create(merchant=merchant, name=name, type="abandoned_cart", kind=kind)
        shapes.reshape(campaign, kind, channels, began)
        if kind == CampaignKind.REGULAR:
            sequence.use_preset(campaign)
        for step in campaign.steps.all():
            _written(step)
        lifecycle.set_live(campaign, None, began)
    Campaign.objects.filter(merchant=merchant).update(live_since=began)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_campaignversion v SET created_at = %s FROM campaigns_campaign c"
            " WHERE c.id = v.campaign_id AND c.merchant_id = %s",
            [began, merchant.pk],
        )
    Discount.objects.create(merchant=merchant, name="Come back", value=10, code_shared="BACK10")


def _written(step: Step) -> None:
    if step.channel == "sms":
        step.body = next(iter(starters.starters("sms").values())).body
    else:
        starter = starters.starters()[TEMPLATE]
        step.subject, step.body, step.feed = starter.subject, starter.body, True
    step.save()


@contextmanager
def _unindexed(cursor: Any) -> Iterator[None]:
    """Without the indexes of these tables but their primary keys; they are made again at the end."""
    cursor.execute(_INDEXES, [list(TABLES)])
    found = cursor.fetchall()
    cursor.execute("SET session_replication_role = replica")
    cursor.execute("SET maintenance_work_mem = '512MB'")
    cursor.execute("SET work_mem = '256MB'")
    for drop, _ in found:
        cursor.execute(drop)
    yield
    for _, create in found:
        cursor.execute(create)
    for name in ("session_replication_role", "maintenance_work_mem", "work_mem"):
        cursor.execute(f"RESET {name}")


def _count(cursor: Any, table: str) -> int:
    cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE relname = %s", [table])
    return int(cursor.fetchone()[0])


_INDEXES = """
SELECT CASE WHEN c.oid IS NULL THEN format('DROP INDEX %%I', i.relname)
            ELSE format('ALTER TABLE %%I DROP CONSTRAINT %%I', t.relname, c.conname) END,
       CASE WHEN c.oid IS NULL THEN pg_get_indexdef(i.oid)
            ELSE format('ALTER TABLE %%I ADD CONSTRAINT %%I %%s', t.relname, c.conname, pg_get_constraintdef(c.oid)) END
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
LEFT JOIN pg_constraint c ON c.conindid = i.oid AND c.contype = 'u'
WHERE t.relname = ANY(%s) AND NOT x.indisprimary AND t.relnamespace = 'public'::regnamespace ORDER BY i.relname
"""

# Which message an episode gets: `pick` of ten chooses the campaign, `half` the variant, `ord` counts the messages.
_PATHS = """
CREATE TEMP TABLE path AS
SELECT row_number() OVER (PARTITION BY c.id, k.variant ORDER BY k.position, k.rank) - 1 AS ord, m.merchant_id, m.which, c.id AS campaign_id,
       c.name, k.id AS content_id, k.step_id, k.channel, k.variant, CASE WHEN c.kind = 'waterfall' THEN k.rank END AS rank,
       k.delay_minutes * interval '1 minute' AS delay, k.expires_after_minutes * interval '1 minute' AS lasts
FROM (SELECT id AS merchant_id, row_number() OVER (ORDER BY id) - 1 AS which FROM accounts_merchant) m
JOIN campaigns_campaign c USING (merchant_id) JOIN campaigns_content k ON k.version_id = c.version_id
"""
_PEOPLE = """
CREATE TEMP TABLE tenth AS
SELECT n AS digit, m.id AS merchant_id, s.id AS store_id, d.id AS door_id, d.code AS door, k.id AS discount_id
FROM generate_series(0, 9) n
JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS which FROM accounts_merchant) m ON m.which = greatest(n - 6, 0)
JOIN accounts_store s ON s.merchant_id = m.id JOIN integrations_connection d ON d.merchant_id = m.id
JOIN campaigns_discount k ON k.merchant_id = m.id
"""
_SHOPPERS = """
INSERT INTO campaigns_shopper (id, code, merchant_id, email, phone, first_name, last_name, timezone, locale, favorite_store,
    attributes, tags, created_at)
SELECT %(base)s + n, gen_random_uuid(), t.merchant_id, 'past-' || md5(n::text) || '@bench.example',
    '+1303' || lpad(n::text, 8, '0'),
    (ARRAY['Avery', 'Robin', 'Sasha', 'Noor', 'Kim', 'Ola', 'Jules'])[1 + n %% 7], 'Lane ' || n %% 5000, '', '', '', '{}',
    CASE WHEN n %% 20 = 0 THEN ARRAY['vip'] ELSE '{}' END, %(now)s - (%(shoppers)s - n) * (%(span)s / %(shoppers)s)
FROM generate_series(0, %(shoppers)s - 1) n JOIN tenth t ON t.digit = n %% 10
"""
_CONSENTS = """
INSERT INTO campaigns_consent (id, shopper_id, channel, topic, status, double_opt_in, source, wording, at)
SELECT %(base)s + n, %(base)s + n, 'email', 'cart', CASE WHEN n %% 13 = 0 THEN 'unsubscribed' ELSE 'subscribed' END, false,
    'checkout', '', %(now)s - (%(shoppers)s - n) * (%(span)s / %(shoppers)s)
FROM generate_series(0, %(shoppers)s - 1) n WHERE n %% 7 <> 3
"""
_CARTS = """
INSERT INTO campaigns_cart (id, code, merchant_id, store_id, shopper_id, source, key, synthetic, status, trigger, lines, url,
    currency, total, occurred_at, created_at)
SELECT %(base)s + n, gen_random_uuid(), t.merchant_id, t.store_id,
    %(base)s + (n::bigint * 2654435761 %% (%(shoppers)s / 10)) * 10 + n %% 10,
    t.door, 'past-' || n, false, CASE WHEN n %% 9 = 0 THEN 'ordered' ELSE 'abandoned' END, 'dynamic',
    jsonb_build_array(jsonb_build_object('key', 'p-0-' || n %% 200, 'name', 'Gyokuro', 'quantity', 1, 'price', '12.50')),
    'https://shop.bench.example/cart/' || n, 'USD', 12.5, at, at
FROM generate_series(0, %(carts)s - 1) n JOIN tenth t ON t.digit = n %% 10,
LATERAL (SELECT %(now)s - (%(carts)s - n) * (%(span)s / %(carts)s) AS at) x
"""
_EPISODES = """
INSERT INTO campaigns_episode (id, cart_id, merchant_id, store_id, number, trigger, started_at, last_activity_at, abandoned_at,
    closed_at, closed_by, order_id, recovered_at)
SELECT %(base)s + n, c.id, c.merchant_id, c.store_id, 1 + n %% 2, 'dynamic', at - interval '30 minutes', at, at,
    CASE WHEN n %% 9 = 0 THEN at + interval '3 hours' END, CASE WHEN n %% 9 = 0 THEN 'ordered' ELSE '' END,
    CASE WHEN n %% 9 = 0 THEN %(base)s + n END, CASE WHEN n %% 9 = 0 THEN at + interval '3 hours' END
FROM generate_series(0, %(episodes)s - 1) n JOIN campaigns_cart c ON c.id = %(base)s + n / 2,
LATERAL (SELECT %(now)s - (%(episodes)s - n) * (%(span)s / %(episodes)s) AS at) x
"""
_ORDERS = """
INSERT INTO campaigns_order (id, code, merchant_id, store_id, shopper_id, source, key, cart_keys, status, lines,
    discount_codes, currency, total, refunded, placed_at, changed_at, delivery_id)
SELECT e.id, gen_random_uuid(), e.merchant_id, e.store_id, c.shopper_id, c.source, 'order-' || e.id, ARRAY[c.key], 'placed',
    c.lines, '{}', 'USD', 12.5, 0, e.recovered_at, e.recovered_at, %(base)s + (e.id - %(base)s) * 4
FROM campaigns_episode e JOIN campaigns_cart c ON c.id = e.cart_id WHERE e.recovered_at <= %(now)s AND e.id >= %(base)s
"""
# Of a hundred: 70 delivered, 8 sent, 1.5 bounced, 20 skipped, the rest failed or unknown.
_DELIVERIES = """
INSERT INTO campaigns_delivery (id, code, merchant_id, campaign_id, content_id, step_id, episode_id, shopper_id, channel,
    rank, status, reason, due_at, send_at, expires_at, attempts, provider_id, sent_at, created_at)
SELECT %(base)s + (e.id - %(base)s) * 4 + p.ord, gen_random_uuid(), e.merchant_id, p.campaign_id, p.content_id, p.step_id, e.id,
    c.shopper_id, p.channel, p.rank, z.status,
    CASE WHEN z.status = 'skipped' THEN (ARRAY['bought', 'not_subscribed', 'expired', 'capped'])[1 + chance %% 4]
         WHEN z.status = 'failed' THEN 'refused' ELSE '' END,
    due, due, due + p.lasts, 1, '', CASE WHEN z.status IN ('delivered', 'sent', 'bounced') THEN due + interval '2 seconds' END,
    e.abandoned_at
FROM campaigns_episode e JOIN campaigns_cart c ON c.id = e.cart_id
CROSS JOIN LATERAL (SELECT ((e.id - %(base)s) / 20 * 7 + e.id) %% 10 AS pick, (c.shopper_id - %(base)s) / 10 %% 2 AS half) x
JOIN path p ON p.merchant_id = e.merchant_id AND p.name = (
        CASE WHEN pick < 4 THEN 'Sequence' WHEN pick < 6 THEN 'Test' WHEN pick < 8 THEN 'Waterfall' ELSE 'Reminder' END)
    AND (p.name <> 'Test' OR p.variant = CASE half WHEN 0 THEN 'a' ELSE 'b' END)
    AND (p.rank IS NULL OR p.rank = 1 OR (e.id %% 5 = 0 AND e.abandoned_at + p.delay <= %(now)s))
CROSS JOIN LATERAL (
    SELECT e.abandoned_at + p.delay AS due, ((e.id - %(base)s) * 4 + p.ord)::bigint * 40503 %% 10000 AS chance) y
CROSS JOIN LATERAL (SELECT CASE
    WHEN due > %(now)s THEN 'pending' WHEN p.rank = 1 AND e.id %% 5 = 0 THEN 'skipped' WHEN chance < 7000 THEN 'delivered'
    WHEN chance < 7800 THEN 'sent' WHEN chance < 7950 THEN 'bounced' WHEN chance < 9985 THEN 'skipped'
    WHEN chance < 9995 THEN 'failed' ELSE 'unknown' END AS status) z
WHERE e.id >= %(base)s
"""
_ENTRIES = """
INSERT INTO campaigns_decision (id, merchant_id, episode_id, campaign_id, delivery_id, kind, outcome, reason, checks, at)
SELECT %(base)s + e.id * 8, e.merchant_id, e.id, p.campaign_id, NULL, 'entry',
    CASE WHEN e.id %% 6 = 0 THEN 'not_entered' ELSE 'entered' END, CASE WHEN e.id %% 6 = 0 THEN 'audience' ELSE '' END,
    '[{"code": "audience", "passed": true, "saw": ""}]', e.abandoned_at
FROM campaigns_episode e CROSS JOIN LATERAL (SELECT ((e.id - %(base)s) / 20 * 7 + e.id) %% 10 AS pick) x
JOIN path p ON p.merchant_id = e.merchant_id AND p.ord = 0 AND p.variant = 'a' AND p.name = (
    CASE WHEN pick < 4 THEN 'Sequence' WHEN pick < 6 THEN 'Test' WHEN pick < 8 THEN 'Waterfall' ELSE 'Reminder' END)
WHERE e.id >= %(base)s AND e.abandoned_at > %(now)s - %(events)s
"""
_STEPS = """
INSERT INTO campaigns_decision (id, merchant_id, episode_id, campaign_id, delivery_id, kind, outcome, reason, checks, at)
SELECT %(base)s + d.episode_id * 8 + 1 + (d.id - %(base)s) %% 4, d.merchant_id, d.episode_id, d.campaign_id, d.id, 'step',
    CASE d.status WHEN 'skipped' THEN 'skipped' WHEN 'failed' THEN 'failed' WHEN 'unknown' THEN 'unknown' ELSE 'sent' END, d.reason,
    '[{"code": "live", "passed": true, "saw": ""}, {"code": "subscribed", "passed": true, "saw": ""}]', d.due_at
FROM campaigns_delivery d WHERE d.status <> 'pending' AND d.id >= %(base)s
"""
_TRACKING = """
INSERT INTO campaigns_trackingevent (id, delivery_id, kind, at, machine, url, provider_event_id)
SELECT row_number() OVER () + %(base)s, d.id, k.kind, d.sent_at + k.after, k.machine, '', ''
FROM campaigns_delivery d JOIN (VALUES ('opened', 45, interval '20 minutes', false), ('opened', 20, interval '1 minute', true),
    ('clicked', 12, interval '25 minutes', false)) k (kind, share, after, machine) ON (d.id * 7) %% 100 < k.share
WHERE d.status IN ('sent', 'delivered') AND d.sent_at > %(now)s - %(kept)s AND d.id >= %(base)s
UNION ALL
SELECT %(base)s + %(base)s + d.id, d.id, 'bounced', d.sent_at + interval '5 minutes', false, '', d.id::text
FROM campaigns_delivery d WHERE d.status = 'bounced' AND d.sent_at > %(now)s - %(kept)s AND d.id >= %(base)s
"""
_MESSAGES = """
INSERT INTO campaigns_sentmessage (delivery_id, at, context)
SELECT id, sent_at, '{}' FROM campaigns_delivery WHERE sent_at > %(now)s - interval '1 day' AND id >= %(base)s
"""
_GIVEN = """
INSERT INTO campaigns_givendiscount (id, token, discount_id, episode_id, shopper_id, campaign_id, value, given_at, redeemed_at,
    order_id)
SELECT d.id, d.id::text, t.discount_id, d.episode_id, d.shopper_id, d.campaign_id, 'BACK10', d.sent_at,
    e.recovered_at, e.order_id
FROM campaigns_delivery d JOIN campaigns_episode e ON e.id = d.episode_id
JOIN (SELECT DISTINCT merchant_id, discount_id FROM tenth) t ON t.merchant_id = d.merchant_id
WHERE d.id %% 4 = 2 AND d.sent_at IS NOT NULL AND d.id >= %(base)s
"""
_KEYS = """
INSERT INTO integrations_eventkey (id, connection_id, event_id, body_hash, state, reason, received_at)
SELECT c.id, t.door_id, 'evt-' || c.key, sha256(c.key::bytea), CASE WHEN c.id %% 200 = 0 THEN 'ignored' ELSE 'processed' END,
    CASE WHEN c.id %% 200 = 0 THEN 'unknown_topic' ELSE '' END, c.occurred_at
FROM campaigns_cart c JOIN (SELECT DISTINCT merchant_id, door_id FROM tenth) t ON t.merchant_id = c.merchant_id
WHERE c.occurred_at > %(now)s - %(events)s AND c.id >= %(base)s
"""
_BODIES = """
INSERT INTO integrations_inboundevent (key_id, received_at, topic, body, shopper_id, cart_id)
SELECT k.id, k.received_at, 'cart', jsonb_build_object('status', 'abandoned', 'cartID', c.key, 'products', c.lines)::text,
    c.shopper_id, c.id
FROM integrations_eventkey k JOIN campaigns_cart c ON c.id = k.id WHERE k.id >= %(base)s
"""
