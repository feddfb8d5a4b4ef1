"""Who signs in, for whom they work, and which stores a merchant has."""

import uuid
import zoneinfo
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from aiq.lib.currencies import CODES


def check_timezone(value: str) -> None:
    """Refuse a name that the time zone database does not know."""
    if value not in zoneinfo.available_timezones():
        raise ValidationError(f"“{value}” is not a time zone. Use a name like America/Denver.")


def check_currency(value: str) -> None:
    """Refuse what is no currency of ISO 4217."""
    if value not in CODES:
        raise ValidationError(f"“{value}” is not a currency. Use three capital letters, like USD.")


check_locale = RegexValidator(r"^[a-z]{2,3}(_[A-Z]{2})?$", "A language, with a country if it matters: es, or en_US.")
check_discount_link = RegexValidator(
    r"^([A-Za-z0-9_\-\[\]]+|/[A-Za-z0-9_\-./?=&]*\{code\}[A-Za-z0-9_\-./?=&{}]*)$",
    "The name of a parameter, like coupon, or a path, like /discount/{code}?redirect={path}.",
)
check_color = RegexValidator(r"^#[0-9a-fA-F]{6}$", "A colour like #2f6f4f.")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A person who may sign in; without a password only through a set-password mail."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email=(email or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """Signs in by email. What a user may do follows from memberships (`accounts.access`), never from this row."""

    code = models.UUIDField(unique=True, db_default=models.Func(function="gen_random_uuid"), editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_lower_case")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """What the frame of the admin calls this person."""
        return str(self)

    @property
    def is_staff(self) -> bool:
        """Django's admin asks for this; here whoever has an account may enter, and sees only what the role may use."""
        return self.is_active


class Plan(models.TextChoices):
    STARTER = "starter", "Marketing Starter"
    PRO = "pro", "Marketing Pro"
    ENTERPRISE = "enterprise", "Enterprise"


class OrderCloses(models.TextChoices):
    OLDER = "older", "Every older open cart of the shopper at that store"
    SAME_PRODUCTS = "same_products", "Only carts that hold a product of the order"


class Font(models.TextChoices):
    """Fonts that mail clients have by themselves: what must be fetched is not shown by most of them."""

    SYSTEM = "system", "The device's own"
    ARIAL = "arial", "Arial"
    GEORGIA = "georgia", "Georgia"
    VERDANA = "verdana", "Verdana"
    TREBUCHET = "trebuchet", "Trebuchet"
    COURIER = "courier", "Courier"


class Merchant(models.Model):
    """A customer of ours: the scope of every query and the object that all permissions hang on."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    plan = models.CharField(max_length=16, choices=Plan, default=Plan.STARTER)
    timezone = models.CharField(max_length=64, default="UTC", validators=[check_timezone])
    currency = models.CharField(max_length=3, default="USD", validators=[check_currency])
    sender_name = models.CharField(max_length=120, blank=True)
    sender_email = models.EmailField(blank=True)
    postal_address = models.CharField(
        max_length=300, blank=True, help_text="Shown in the footer of every mail; the law asks for it."
    )
    brand_color = models.CharField(max_length=7, default="#2f6f4f", validators=[check_color])
    logo = models.URLField(max_length=500, blank=True, help_text="Address of a picture, about 320 pixels wide.")
    font = models.CharField(
        max_length=16, choices=Font, default=Font.SYSTEM, help_text="Of messages; every mail client has these."
    )
    locale = models.CharField(
        "language of messages",
        max_length=16,
        default="en_US",
        validators=[check_locale],
        help_text="How prices and dates are written where a shopper's own language is not known, like en_US or es_ES.",
    )
    social_links = models.JSONField(default=dict, blank=True)
    link_domains = ArrayField(
        models.CharField(max_length=253),
        default=list,
        blank=True,
        help_text="Other domains that links in messages may lead to, besides those of the stores.",
    )
    marketing_sets_live = models.BooleanField("Marketing may set live without approval", default=False)
    double_opt_in = models.BooleanField(
        "ask shoppers to confirm",
        default=False,
        help_text="Who subscribes by a store gets a message with one button first, and counts as subscribed once it is pressed.",
    )
    regulated_goods = models.BooleanField(default=False)
    order_closes = models.CharField("an order closes", max_length=16, choices=OrderCloses, default=OrderCloses.OLDER)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        permissions = [
            ("build_campaigns", "See and build campaigns, templates, dynamic content; pause"),
            ("set_live", "Set live, approve, resume an edited version"),
            ("see_reports", "See reports and decisions"),
            ("look_at_shoppers", "Look at shoppers"),
            ("edit_shoppers", "Edit shoppers"),
            ("manage_settings", "Integrations and settings"),
            ("manage_team", "Team and roles"),
        ]

    def __str__(self) -> str:
        return self.name


class CartTrigger(models.TextChoices):
    NONE = "none", "No carts yet"
    SIMPLE = "simple", "Simple"
    DYNAMIC = "dynamic", "Dynamic"


class Timer(models.TextChoices):
    THEIRS = "theirs", "The store decides when a cart is abandoned"
    OURS = "ours", "We decide, after a quiet period"


class Store(models.Model):
    """One shop of a merchant. `cart_trigger` and `timer` are written by `integrations`; the core only reads them."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="stores")
    slug = models.CharField("id at the store's side", max_length=128)
    name = models.CharField(max_length=120)
    url = models.URLField(max_length=500, blank=True)
    timezone = models.CharField(max_length=64, blank=True, validators=[check_timezone])
    cart_trigger = models.CharField(max_length=8, choices=CartTrigger, default=CartTrigger.NONE)
    timer = models.CharField(max_length=8, choices=Timer, default=Timer.THEIRS)
    abandoned_again_hours = models.PositiveSmallIntegerField(
        default=24, help_text="A repeated notice of the same cart counts as a new abandonment after this many hours."
    )
    discount_link = models.CharField(
        "how a link carries a discount",
        max_length=200,
        blank=True,
        validators=[check_discount_link],
        help_text="Name of the query parameter that takes the code, or a path with {code} and {path}, the way back to the"
        " cart. Empty: discount.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["merchant", "slug"], name="store_slug_once_per_merchant")]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    OWNER = "owner", "Owner"
    OPERATOR = "operator", "Operator"
    MARKETING = "marketing", "Marketing"
    MARKETING_ANALYST = "marketing_analyst", "Marketing Analyst"
    ANALYST = "analyst", "Analyst"
    MANAGER = "manager", "Manager"
    STAFF = "staff", "Staff"


class Membership(models.Model):
    """A user's role at a merchant. Groups and guardian permissions follow from it through `access.sync_membership`."""

    code = models.UUIDField(unique=True, db_default=models.Func(function="gen_random_uuid"), editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=24, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "merchant"], name="one_role_per_user_and_merchant")]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"


class Invitation(models.Model):
    """Somebody who was asked to join a merchant's team and has not said yes: until then they have no role there.

    It stands alike whether or not the address has an account, so that a team learns nothing of people outside of it.
    """

    code = models.UUIDField(unique=True, db_default=models.Func(function="gen_random_uuid"), editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    name = models.CharField(max_length=120, blank=True)
    role = models.CharField(max_length=24, choices=Role)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    sent_at = models.DateTimeField(default=timezone.now)
    declined_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "email"],
                name="invited_once_per_merchant",
                violation_error_message="This person is invited already. Send the mail again from the list.",
            ),
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="invitation_email_lower_case"),
        ]

    def __str__(self) -> str:
        return f"{self.name or self.email} · {self.get_role_display()}"
