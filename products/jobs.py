"""What the `jobs` queue runs for products: a wake-up without arguments, harmless to repeat."""

from aiq.lib.doorbell import answered, ring
from products.imports import asking, claims, uploads
from products.imports.reading import read
from products.imports.waiting import imports_wait


def run_imports() -> None:
    """Take up what is due or was left, and read one run. Where more wait it rings again, so that other jobs get a turn."""
    answered(asking.JOB)
    claims.take_up_stale()
    asking.ask_due()
    uploads.drop_orphans()
    if run := claims.claim():
        read(run)
    if imports_wait():
        ring(asking.QUEUE, asking.JOB)
