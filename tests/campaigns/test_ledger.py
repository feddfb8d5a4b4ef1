"""What stores and people read of the decisions."""

import pytest
from django.utils import timezone

from campaigns import ledger
from tests import factories


@pytest.mark.django_db
def test_campaigns_of_the_same_name_are_answered_for_apart():
    merchant = factories.merchant()
    for _ in range(2):
        factories.live_campaign(merchant, name="Reminder")
    episode = factories.abandoned_cart(merchant, occurred_at=timezone.now())
    factories.meet(episode)
    answers = ledger.of_episode(episode)
    assert len({answer.delivery_code for answer in answers}) == len(answers) == 2
