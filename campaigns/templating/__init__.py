"""From what a merchant writes (MJML with Liquid) to what is stored: checked, compiled, links marked. Only at save time."""
