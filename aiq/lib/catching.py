"""Where channels without a service of their own leave messages: files beside the caught mail, shown at `/inbox/`.

One JSON document per message, named like a caught mail so that they sort together; written aside and then named, so that
whoever lists the folder never sees half a message.
"""

import itertools
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

KEPT = 2_000
TIDY_EVERY = 100
_numbers = itertools.count()


def catch(folder: Path, kind: str, fields: Mapping[str, object]) -> str:
    """Keep a message of that kind ("sms", "push") and return its name. `fields` are plain values."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    number = next(_numbers)
    name = f"{time.time_ns():020d}-{os.getpid()}-{number % 1_000_000:06d}"
    draft = folder / f".{name}"
    draft.touch(mode=0o600)
    draft.write_text(json.dumps({**fields, "kind": kind}))
    draft.rename(folder / f"{name}.json")
    if number % TIDY_EVERY == 0:
        _tidy(folder)
    return name


def _tidy(folder: Path) -> None:
    """Keep the newest, remove the others."""
    for old in sorted(folder.glob("*.json"))[:-KEPT]:
        old.unlink(missing_ok=True)
