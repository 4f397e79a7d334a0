"""The forms of these pages."""

from typing import Any

from wtforms import PasswordField, StringField, ValidationError
from wtforms.validators import Email

from charter.web.forms import BaseForm, at_most, needed, stripped

LIKE = "Enter an email address in the correct format, like name@example.co.uk."


def _plain_address(_form: Any, field: Any) -> None:
    if not field.data.isascii():
        raise ValidationError(LIKE)


def email_field(label: str) -> StringField:
    """An email address; letters that mail servers differ on are not accepted."""
    return StringField(
        label,
        [
            needed("Enter your email address."),
            at_most(254, "The email address"),
            _plain_address,
            Email(LIKE, allow_smtputf8=False),
        ],
        filters=[stripped],
    )


class NameForm(BaseForm):
    """The person's name."""

    name = StringField(
        "Your full name", [needed("Enter your full name."), at_most(120, "Your name")], filters=[stripped]
    )

    def validate_name(self, field: Any) -> None:
        """A name is one line: it is printed in lists, and in subjects of emails."""
        if not field.data.isprintable():
            raise ValidationError("Your name must be on one line.")


class SignUpForm(NameForm):
    """A new account."""

    email = email_field("Email address")
    password = PasswordField("Create a password", [needed("Enter a password.")])


class SignInForm(BaseForm):
    """Who, and the proof."""

    email = StringField(
        "Email address", [needed("Enter your email address."), at_most(254, "The email address")], filters=[stripped]
    )
    password = PasswordField("Password", [needed("Enter your password.")])


class CodeForm(BaseForm):
    """A code from the person's app."""

    code = StringField("Code from your app", [needed("Enter the 6 numbers that your app shows.")], filters=[stripped])

    def validate_code(self, field: Any) -> None:
        """People type the code with or without a space."""
        digits = "".join(field.data.split())
        if len(digits) != 6 or not (digits.isascii() and digits.isdigit()):
            raise ValidationError("The code is 6 numbers.")


class AddressForm(BaseForm):
    """Where to send a link."""

    email = email_field("Email address")


class NewPasswordForm(BaseForm):
    """A new password by a mailed link."""

    password = PasswordField("New password", [needed("Enter a new password.")])


class ChangePasswordForm(NewPasswordForm):
    """A new password while signed in."""

    current = PasswordField("Your password now", [needed("Enter the password you use now.")])


class ChangeEmailForm(BaseForm):
    """A new address while signed in."""

    email = email_field("New email address")
    current = PasswordField("Your password", [needed("Enter your password.")])


class SecondFactorOffForm(CodeForm):
    """Proof that it is the person who switches the second factor off."""

    current = PasswordField("Your password", [needed("Enter your password.")])
