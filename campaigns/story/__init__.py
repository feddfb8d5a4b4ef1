"""What the *Why?* answers are made of: rows found, campaigns met, sentences told. `campaigns.why` puts them together."""
