import uuid

import django.db.models.deletion
from django.db import migrations, models

SHARE_HELP = "Of an A/B test's shoppers, relative to the others'."


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0009_channels_and_sequences"),
    ]

    operations = [
        migrations.AddField(
            model_name="step",
            name="code",
            field=models.UUIDField(default=uuid.uuid4, editable=False, null=True),
        ),
        migrations.RunSQL("UPDATE campaigns_step SET code = gen_random_uuid()", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="step",
            name="code",
            field=models.UUIDField(default=uuid.uuid4, editable=False, unique=True),
        ),
        migrations.AddField(
            model_name="step",
            name="share",
            field=models.PositiveSmallIntegerField(default=50, help_text=SHARE_HELP),
        ),
        migrations.AddField(
            model_name="step",
            name="lead",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="following",
                to="campaigns.step",
            ),
        ),
        migrations.AddField(
            model_name="step",
            name="removed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterModelOptions(name="step", options={"ordering": ["position", "rank", "variant", "pk"]}),
        migrations.RemoveConstraint(model_name="step", name="step_once_per_place"),
        migrations.AddConstraint(
            model_name="step",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at__isnull", True)),
                fields=("campaign", "position", "channel", "variant"),
                name="step_once_per_place",
            ),
        ),
        migrations.AddField(
            model_name="content",
            name="share",
            field=models.PositiveSmallIntegerField(default=50, help_text=SHARE_HELP),
        ),
        migrations.AddField(
            model_name="delivery",
            name="rank",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("rank__isnull", False), models.Q(("status__in", ["skipped", "failed", "bounced"]), _negated=True)
                ),
                fields=("episode", "step"),
                name="one_channel_of_a_waterfall",
            ),
        ),
    ]
