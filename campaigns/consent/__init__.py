"""What people allowed and what forbids a message: consents, opt-ins, suppressions, and what stops when they say no."""
