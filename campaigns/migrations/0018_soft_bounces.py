"""Soft bounces, counted by address."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_double_opt_in"),
        ("campaigns", "0017_large_discounts"),
    ]

    operations = [
        migrations.AlterField(
            model_name="suppression",
            name="reason",
            field=models.CharField(
                choices=[
                    ("bounce", "Hard bounce"),
                    ("bounces", "Bounced again and again"),
                    ("complaint", "Marked as spam"),
                    ("dead_number", "Dead number"),
                    ("staff", "Suppressed by staff"),
                    ("legal", "Legal request"),
                ],
                max_length=16,
            ),
        ),
        migrations.CreateModel(
            name="SoftBounce",
            fields=[
                (
                    "delivery",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="soft_bounce",
                        serialize=False,
                        to="campaigns.delivery",
                    ),
                ),
                ("digest", models.BinaryField(max_length=32)),
                ("at", models.DateTimeField()),
                (
                    "merchant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.merchant",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["merchant", "digest"], name="soft_bounce_by_address")],
            },
        ),
    ]
