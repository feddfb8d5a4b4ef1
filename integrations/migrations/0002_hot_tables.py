"""Room on each page for updates in place, and an autovacuum that keeps up: these tables change state all day."""

from django.db import migrations

HOT = ["integrations_eventkey"]


def storage(table: str) -> migrations.RunSQL:
    options = "fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02"
    names = "fillfactor, autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor"
    return migrations.RunSQL(f"ALTER TABLE {table} SET ({options})", f"ALTER TABLE {table} RESET ({names})")


class Migration(migrations.Migration):
    dependencies = [("integrations", "0001_initial")]

    operations = [storage(table) for table in HOT]
