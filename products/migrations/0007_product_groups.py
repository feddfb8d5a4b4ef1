from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("products", "0006_pairs_seen_twice")]

    operations = [
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                condition=models.Q(("group", ""), _negated=True),
                fields=["merchant", "group"],
                name="product_by_group",
            ),
        ),
    ]
