"""The mail catcher: an SMTP server on loopback that keeps every mail as a file. Names sort by time of arrival."""

import asyncio
import itertools
import os
import time
from pathlib import Path
from typing import Any

from aiosmtpd.controller import UnthreadedController

KEPT = 2_000
TIDY_EVERY = 100
SIZE_LIMIT = 10_000_000


class Catcher:
    """aiosmtpd's handler: a mail is accepted only once its file stands under its final name."""

    def __init__(self, folder: Path, kept: int = KEPT) -> None:
        self.folder, self.kept = folder, kept
        self.numbers = itertools.count()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        number = next(self.numbers)
        self.keep(number, envelope.original_content)
        if number % TIDY_EVERY == 0:
            self.tidy()
        return "250 Caught"

    def keep(self, number: int, content: bytes) -> Path:
        """Write it aside, then name it: whoever lists the folder never sees half a mail."""
        name = f"{time.time_ns():020d}-{os.getpid()}-{number % 1_000_000:06d}"
        draft = self.folder / f".{name}"
        draft.write_bytes(content)
        return draft.rename(self.folder / f"{name}.eml")

    def tidy(self) -> None:
        """Keep the newest mails, remove the others."""
        for old in sorted(self.folder.glob("*.eml"))[: -self.kept]:
            old.unlink(missing_ok=True)


def serve(folder: Path, host: str, port: int, *, stop: asyncio.Event, loop: asyncio.AbstractEventLoop) -> None:
    """Catch mail until `stop` is set. Raises OSError where the port is taken."""
    controller = UnthreadedController(
        Catcher(folder),
        hostname=host,
        port=port,
        loop=loop,
        data_size_limit=SIZE_LIMIT,
        enable_SMTPUTF8=True,
        ident="AIQ",
    )
    controller.begin()  # type: ignore[no-untyped-call]
    try:
        loop.run_until_complete(stop.wait())
    finally:
        controller.end()  # type: ignore[no-untyped-call]
