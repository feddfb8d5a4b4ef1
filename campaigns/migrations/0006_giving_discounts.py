"""How a discount is given: once per merchant and code, with the end of its link, and found by what pages and orders ask."""

import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_store_discount_link"),
        ("campaigns", "0005_blocks_feeds_discounts"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="discountcode",
            name="code_once_per_discount",
        ),
        migrations.RemoveIndex(
            model_name="givendiscount",
            name="given_by_campaign",
        ),
        migrations.RemoveIndex(
            model_name="givendiscount",
            name="given_by_value",
        ),
        migrations.AddField(
            model_name="discount",
            name="warned_at",
            field=models.DateTimeField(
                blank=True, help_text="When owners were told that its codes run low.", null=True
            ),
        ),
        migrations.AddField(
            model_name="discountcode",
            name="merchant",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.merchant"
            ),
        ),
        migrations.AddField(
            model_name="givendiscount",
            name="token",
            field=models.CharField(max_length=16, unique=True),
        ),
        migrations.AddIndex(
            model_name="givendiscount",
            index=models.Index(fields=["campaign", "discount", "given_at"], name="given_by_campaign"),
        ),
        migrations.AddIndex(
            model_name="givendiscount",
            index=models.Index(fields=["discount", "given_at"], name="given_by_discount"),
        ),
        migrations.AddIndex(
            model_name="givendiscount",
            index=models.Index(
                django.db.models.functions.text.Upper("value"),
                condition=models.Q(("pooled__isnull", False)),
                name="given_by_value",
            ),
        ),
        migrations.AddConstraint(
            model_name="discountcode",
            constraint=models.UniqueConstraint(
                models.F("merchant"), django.db.models.functions.text.Upper("value"), name="code_once_per_merchant"
            ),
        ),
    ]
