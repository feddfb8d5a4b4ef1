"""Where files lie between their arrival and their end: below the data directory, named after their run."""

import time
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from django.conf import settings

from products.models import ImportRun

MAX_BYTES = 200_000_000
FOLDER = "imports"
ORPHANED_SECONDS = 86_400


def place_of(code: UUID) -> Path:
    """Where the file of a run lies, whether or not it is there."""
    return Path(settings.DATA_DIR) / FOLDER / str(code)


def keep(code: UUID, chunks: Iterable[bytes]) -> Path:
    """Write the file of a run; half a file is never found under its name."""
    place = place_of(code)
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_suffix(".part")
    with part.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
    return part.replace(place)


def drop(code: UUID) -> None:
    place_of(code).unlink(missing_ok=True)


def drop_orphans() -> None:
    """Files of runs that ended, or never began, with the process that should have removed them."""
    folder = Path(settings.DATA_DIR) / FOLDER
    old = [path for path in folder.glob("*") if time.time() - path.stat().st_mtime > ORPHANED_SECONDS]
    if not old:
        return
    wanted = {str(code) for code in ImportRun.objects.filter(ended_at__isnull=True).values_list("code", flat=True)}
    for path in old:
        if path.stem not in wanted:
            path.unlink(missing_ok=True)
