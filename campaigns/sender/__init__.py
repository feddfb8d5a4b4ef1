"""Whose name mails carry: what the DNS of a merchant's sender domain says, and what it should say."""
