"""Discounts that messages carry: what they give, to whom, which code, and what came of it."""
