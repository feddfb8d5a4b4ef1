from django.db import migrations, models

import accounts.models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_double_opt_in"),
    ]

    operations = [
        migrations.AlterField(
            model_name="merchant",
            name="currency",
            field=models.CharField(default="USD", max_length=3, validators=[accounts.models.check_currency]),
        ),
    ]
