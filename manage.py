#!/usr/bin/env python
"""Django's command line, on the embedded services where none are given."""

import os
import signal
import sys
from pathlib import Path

from django.core.management import execute_from_command_line

from aiq import embedded
from aiq.daemons import DaemonError


def main(argv: list[str]) -> None:
    """Run one command; what it needs of the embedded services is found, or runs for its duration."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aiq.settings")
    services = embedded.wanted(os.environ) if embedded.needs_services(argv) else []
    data_dir = Path(os.environ.get("AIQ_DATA_DIR") or Path(__file__).parent / "var").resolve()
    # So that what was started is stopped, whichever way the command ends; commands with a loop set their own.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        with embedded.running(data_dir, services, holder="up" if argv[1:2] == ["up"] else "command"):
            execute_from_command_line(argv)
    except (embedded.AlreadyRunningError, DaemonError, TimeoutError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


if __name__ == "__main__":
    main(sys.argv)
