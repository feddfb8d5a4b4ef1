"""Messages composed of blocks: what blocks there are, how they are read from the page, and the MJML they stand for."""
