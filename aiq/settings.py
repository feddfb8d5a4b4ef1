"""All settings, from the environment (docs/operators.md lists the variables).

Nothing set: an embedded PostgreSQL and Valkey under AIQ_DATA_DIR, a mail catcher, generated keys. A wrong value is a
system check with a hint (`aiq.checks`), not a traceback at the first request.
"""

import warnings
from pathlib import Path
from urllib.parse import urlsplit

from django.urls import reverse_lazy

from aiq import environment
from aiq.addresses import read_address
from aiq.unfold import UNFOLD as UNFOLD

BASE_DIR = Path(__file__).resolve().parent.parent
env = environment.Env()

DEBUG = env.bool("DEBUG", default=False)
DATA_DIR = Path(env("AIQ_DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
# Where `up` runs, a command in a second terminal is of the same site.
SITE = read_address(DATA_DIR, "site")
PORT = env.int("PORT", default=SITE.get("port", 8000))
PUBLIC_URL = env("PUBLIC_URL", default=SITE.get("public_url") or f"http://127.0.0.1:{PORT}").rstrip("/")
PUBLIC_HOST = urlsplit(PUBLIC_URL).hostname or "127.0.0.1"
HTTPS = PUBLIC_URL.startswith("https://")
DEMO = env.bool("AIQ_DEMO", default=bool(SITE.get("demo")))
SUPPORT_URL = env("SUPPORT_URL", default="")
OUTBOUND_LOOPBACK = env.bool("OUTBOUND_LOOPBACK", default=False)
STORE_CALLS_PER_SECOND = env.int("STORE_CALLS_PER_SECOND", default=3000)
environment.report_errors(env)
WEB_WORKERS = env.int("WEB_WORKERS", default=2)

EMBEDDED_POSTGRES = not env("DATABASE_URL", default="")
EMBEDDED_REDIS = not env("REDIS_URL", default="")

KEYS = environment.keys(env, DATA_DIR, may_generate=EMBEDDED_POSTGRES and EMBEDDED_REDIS)
SECRET_KEY = KEYS["SECRET_KEY"]
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
DATA_KEY = KEYS["DATA_KEY"]
DATA_KEY_FALLBACKS = env.list("DATA_KEY_FALLBACKS", default=[])
HASH_KEY = KEYS["HASH_KEY"]

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[PUBLIC_HOST, "127.0.0.1", "localhost"])

INSTALLED_APPS = [
    "aiq",
    "accounts",
    "products",
    "campaigns",
    "integrations",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.guardian",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "guardian",
    "anymail",
    "django_rq",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "aiq.shortpath.ShortPathMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.MerchantTimeMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "aiq.urls"
WSGI_APPLICATION = "aiq.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": environment.database(env, DATA_DIR)}
REDIS_URL = environment.redis_url(env, DATA_DIR)

RQ_QUEUES = {
    name: {"URL": REDIS_URL, "SERIALIZER": "rq.serializers.JSONSerializer", "DEFAULT_TIMEOUT": seconds}
    for name, seconds in {"events": 120, "send": 300, "jobs": 3600}.items()
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", "guardian.backends.ObjectPermissionBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
ANONYMOUS_USER_NAME = None
GUARDIAN_RAISE_403 = False
LOGIN_URL = reverse_lazy("admin:login")

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_USE_FINDERS = True
# Files are served from where the apps keep them; collecting them first is possible, not needed.
warnings.filterwarnings("ignore", message="No directory at", module="django.core.handlers")
MEDIA_URL = "media/"
MEDIA_ROOT = DATA_DIR / "media"

DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="AIQ Cart <no-reply@localhost>")
EMAIL_URL = env("EMAIL_URL", default="")
DNS_SERVER = env("DNS_SERVER", default="")
SMS_URL = env("SMS_URL", default="")
SMS_GATEWAY = environment.sms(SMS_URL, env)
PUSH_URL = env("PUSH_URL", default="")
PUSH_CONTACT = environment.push_contact(env)
VAPID_PRIVATE_KEY = environment.vapid(env, DATA_DIR, may_generate=EMBEDDED_POSTGRES and EMBEDDED_REDIS)
CATCHER_DIR = DATA_DIR / "inbox"
vars().update(environment.email(env, DATA_DIR))
ENVIRONMENT_PROBLEMS = env.problems

REST_FRAMEWORK: dict[str, object] = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "AIQ Cart",
    "DESCRIPTION": "What a store tells AIQ Cart: carts, orders, shoppers, products; and what became of each event.",
    "VERSION": "2",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# Our own pages frame previews and caught mail, so X-Frame-Options is SAMEORIGIN.
SILENCED_SYSTEM_CHECKS = ["security.W019"]
SESSION_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "SAMEORIGIN"
# The admin's Alpine evaluates expressions in attributes, hence 'unsafe-eval'; Chart.js and htmx set styles. A preview in
# a frame's `srcdoc` inherits this policy, hence pictures from anywhere. Public pages set a strict policy of their own.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'", "'unsafe-eval'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "https:", "http:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'"],
    }
}
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

QUIET = {"rq.worker": "WARNING", "mail.log": "WARNING", "django.request": "ERROR"}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "aiq.logs.Nameless", "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {name: {"level": level} for name, level in QUIET.items()},
}

RQ_SHOW_ADMIN_LINK = False  # its pages would be open to everybody who may enter the admin
