"""The floor of ingest: a Django that parses JSON and writes one row, with no middleware, on the same server."""

import json
import os
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

_url = urlsplit(os.environ["DATABASE_URL"])
_database: dict[str, Any] = {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": _url.path[1:],
    "USER": _url.username,
    "HOST": parse_qs(_url.query)["host"][0],
    "CONN_MAX_AGE": None,
}
settings.configure(
    DATABASES={"default": _database}, ROOT_URLCONF="bench.bare", ALLOWED_HOSTS=["*"], MIDDLEWARE=[], SECRET_KEY="bench"
)


def keep(request: HttpRequest) -> HttpResponse:
    document = json.loads(request.body)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_bare (body) VALUES (%s)", [json.dumps(document)])
    answer = b'{"data": {"status": "accepted"}}'
    return HttpResponse(
        answer, status=202, content_type="application/json", headers={"Content-Length": str(len(answer))}
    )


urlpatterns = [path("v2/cart", keep)]
application = get_wsgi_application()
