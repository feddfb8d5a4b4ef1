"""Which records of a sender domain were in order once and are gone."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0019_may_have_left"),
    ]

    operations = [
        migrations.AddField(
            model_name="senderdomain",
            name="gone",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=8),
                blank=True,
                db_default=[],
                default=list,
                help_text="What was in order once and no longer is.",
                size=None,
            ),
        ),
    ]
