from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from campaigns.episodes import Activity, Known, Purchase, Rules, fold, matched
from campaigns.facts import CartStatus

T0 = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
TEA, MINT = [{"key": "tea"}], [{"key": "tea"}, {"key": "mint"}]


def at(minutes):
    return T0 + timedelta(minutes=minutes)


def act(minutes, status="abandoned", lines=TEA, *, quiet=None, event_id=""):
    quiet_period = timedelta(minutes=quiet) if quiet else None
    return Activity(at(minutes), CartStatus(status), event_id or f"e{minutes}", lines, quiet_period=quiet_period)


def buy(minutes, *, names_cart=True, keys=()):
    return Purchase(7, at(minutes), names_cart, frozenset(keys))


DEFAULT = Rules()


def shape(*items, rules=DEFAULT):
    acts = [item for item in items if isinstance(item, Activity)]
    buys = [item for item in items if isinstance(item, Purchase)]
    minutes = lambda t: t and round((t - T0).total_seconds() / 60)  # noqa: E731
    life = fold(acts, buys, rules)
    return life.status, [(minutes(e.started_at), minutes(e.abandoned_at), e.closed_by) for e in life.episodes]


def test_a_second_notice_without_activity_is_the_same_episode():
    assert shape(act(0), act(60), act(23 * 60)) == ("abandoned", [(0, 0, "")])


def test_a_second_notice_a_day_later_is_a_new_episode():
    assert shape(act(0), act(24 * 60)) == ("abandoned", [(0, 0, "superseded"), (1440, 1440, "")])


def test_changed_content_after_an_abandonment_begins_a_new_episode():
    assert shape(act(0), act(10, lines=MINT)) == ("abandoned", [(0, 0, "superseded"), (10, 10, "")])


def test_activity_after_an_abandonment_begins_a_new_episode_that_is_not_abandoned():
    assert shape(act(0), act(10, "open")) == ("open", [(0, 0, "superseded"), (10, None, "")])


def test_an_order_closes_what_happened_up_to_it_and_later_activity_opens_anew():
    assert shape(act(0), act(5, "open"), buy(5), act(6, "open")) == (
        "open",
        [(0, 0, "superseded"), (5, None, "ordered"), (6, None, "")],
    )


def test_a_late_cart_event_dated_before_the_order_stays_closed():
    assert shape(buy(30), act(10)) == ("ordered", [(10, 10, "ordered")])


def test_complete_closes_and_opens_nothing():
    assert shape(act(0), act(9, "complete"), act(10, "complete")) == ("ordered", [(0, 0, "complete")])


def test_a_cart_of_which_only_its_end_was_told_has_ended():
    assert shape(act(0, "complete")) == ("ordered", [])
    assert shape(act(0, "open", lines=[])) == ("emptied", [])


def test_an_emptied_cart_is_emptied():
    assert shape(act(0), act(5, "open", lines=[])) == ("emptied", [(0, 0, "emptied")])


def test_silence_becomes_abandonment_and_each_activity_moves_it():
    assert shape(act(0, "open", quiet=60), act(30, "open", quiet=60)) == ("abandoned", [(0, 90, "")])


def test_activity_after_the_silence_is_a_new_episode():
    assert shape(act(0, "open", quiet=60), act(61, "open", quiet=60)) == (
        "abandoned",
        [(0, 60, "superseded"), (61, 121, "")],
    )


def test_an_order_before_the_silence_ends_leaves_nothing_abandoned():
    assert shape(act(0, "open", quiet=60), buy(30)) == ("ordered", [(0, None, "ordered")])


def test_an_order_with_other_products_leaves_the_cart_where_the_merchant_chose_so():
    rules = Rules(older_carts=False)
    assert shape(act(0), buy(5, names_cart=False, keys={"soap"}), rules=rules) == ("abandoned", [(0, 0, "")])
    assert shape(act(0), buy(5, names_cart=False, keys={"tea"}), rules=rules) == ("ordered", [(0, 0, "ordered")])


facts = st.lists(
    st.one_of(
        st.builds(
            act,
            st.integers(0, 4000),
            st.sampled_from(list(CartStatus)),
            st.sampled_from([None, [], TEA, MINT]),
            quiet=st.sampled_from([None, 60]),
            event_id=st.text("abc", min_size=1),
        ),
        st.builds(buy, st.integers(0, 4000), names_cart=st.booleans(), keys=st.sampled_from([set(), {"tea"}])),
    ),
    max_size=12,
    unique_by=lambda item: getattr(item, "event_id", id(item)),
)


@given(facts, st.randoms())
def test_any_order_of_arrival_ends_in_the_same_life(items, random):
    shuffled = random.sample(items, len(items))
    assert shape(*items) == shape(*shuffled)


@given(facts)
def test_episodes_follow_one_another_and_only_the_last_may_be_open(items):
    life = fold([i for i in items if isinstance(i, Activity)], [i for i in items if isinstance(i, Purchase)], Rules())
    for before, after in zip(life.episodes, life.episodes[1:], strict=False):
        assert before.closed_at
        assert before.closed_at <= after.started_at
    assert all(e.abandoned_at is None or e.abandoned_at <= e.closed_at for e in life.episodes if e.closed_at)


def test_a_row_follows_its_abandonment_when_a_late_order_splits_the_episode():
    split = fold([act(0, "open"), act(10)], [buy(5)], Rules()).episodes
    assert matched([Known(1, at(10))], split) == [None, 1]


def test_a_row_keeps_its_episode_when_an_earlier_fact_arrives():
    assert matched([Known(1, at(10))], fold([act(-5, "open"), act(10)], [], Rules()).episodes) == [1]
