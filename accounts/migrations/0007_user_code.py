from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_currency_of_iso_4217"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="code",
            field=models.UUIDField(db_default=models.Func(function="gen_random_uuid"), editable=False, unique=True),
        ),
    ]
