"""What is particular to notifications of a browser: their form and checks, and which browsers take them."""
