"""A campaign until it goes live: what the wizard asks, its steps, and what Review finds."""
