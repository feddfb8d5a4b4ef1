"""SENTRY_DSN: where errors are reported."""

from aiq.environment.reading import Env


def report_errors(env: Env) -> None:
    """Errors go to Sentry where SENTRY_DSN is set, without personal data: no bodies, no addresses, no local variables."""
    if dsn := env("SENTRY_DSN", default=""):
        # Here, since most installations do without its 6 MB.
        import sentry_sdk
        from sentry_sdk.utils import BadDsn

        try:
            sentry_sdk.init(dsn, include_local_variables=False, max_request_body_size="never")
        except BadDsn:
            env.note(
                "aiq.E009", "SENTRY_DSN is not the address of a Sentry project.", "Copy it from the project's settings."
            )
