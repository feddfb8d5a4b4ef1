"""What may have left before is never said not to have, so an unknown outcome may have a reason: why it is not tried again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0018_soft_bounces"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="delivery",
            name="skipped_has_reason",
        ),
        migrations.AddField(
            model_name="delivery",
            name="may_have_left",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "skipped"), models.Q(("reason", ""), _negated=True)),
                    models.Q(
                        models.Q(("status", "skipped"), _negated=True),
                        models.Q(("status__in", ["failed", "unknown"]), ("reason", ""), _connector="OR"),
                    ),
                    _connector="OR",
                ),
                name="skipped_has_reason",
            ),
        ),
    ]
