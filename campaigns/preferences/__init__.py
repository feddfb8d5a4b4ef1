"""What a shopper decides on the page behind every message: what stands there, and what follows from each button."""
