"""Whether any import needs somebody: read by the clock."""

from products.models import FeedImport, ImportRun


def imports_wait() -> bool:
    """A run that waits, one whose reader died, or a schedule that is due."""
    runs = ImportRun.objects.order_by()
    return runs.waiting().exists() or runs.stale().exists() or FeedImport.objects.order_by().due().exists()
