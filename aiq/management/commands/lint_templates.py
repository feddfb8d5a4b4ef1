"""`manage.py lint_templates`: compile every Django template of the project, name each that does not."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.template import TemplateSyntaxError
from django.template.loader import get_template


class Command(BaseCommand):
    help = "Compile every Django template under templates/ and in our apps."

    def handle(self, *args: Any, **options: Any) -> None:
        folders = [settings.BASE_DIR / "templates", *settings.BASE_DIR.glob("*/templates")]
        names = sorted(str(path.relative_to(folder)) for folder in folders for path in _pages(folder))
        problems = [problem for name in names if (problem := _problem(name))]
        if problems:
            raise CommandError("\n".join(problems))
        self.stdout.write(f"{len(names)} templates compile.")


def _pages(folder: Path) -> list[Path]:
    """Starter messages under messages/ are Liquid, and compiled by their own door."""
    return [path for path in folder.rglob("*.*") if path.is_file() and "messages" not in path.relative_to(folder).parts]


def _problem(name: str) -> str:
    try:
        get_template(name)
    except TemplateSyntaxError as error:
        return f"{name}: {error}"
    except UnicodeDecodeError:
        return f"{name}: not UTF-8"
    return ""
