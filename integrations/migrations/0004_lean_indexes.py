import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0003_event_indexes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="eventkey",
            name="connection",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="events",
                to="integrations.connection",
            ),
        ),
    ]
