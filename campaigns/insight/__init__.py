"""What staff read: figures, what happened, what wants attention, and what an A/B test shows."""
