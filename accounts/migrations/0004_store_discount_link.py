"""How a link into a store carries a discount."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_look_and_language"),
    ]

    operations = [
        migrations.AddField(
            model_name="store",
            name="discount_link",
            field=models.CharField(
                blank=True,
                help_text="Name of the query parameter that takes the code, or a path with {code} and {path}, the way back to the cart. Empty: discount.",
                max_length=200,
                validators=[
                    django.core.validators.RegexValidator(
                        "^([A-Za-z0-9_\\-\\[\\]]+|/[A-Za-z0-9_\\-./?=&]*\\{code\\}[A-Za-z0-9_\\-./?=&{}]*)$",
                        "The name of a parameter, like coupon, or a path, like /discount/{code}?redirect={path}.",
                    )
                ],
                verbose_name="how a link carries a discount",
            ),
        ),
    ]
