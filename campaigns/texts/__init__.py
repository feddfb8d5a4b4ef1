"""What is particular to texts: their form and checks, the carriers' rules, short links, and what shoppers answer."""
