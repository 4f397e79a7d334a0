"""The forms of the panel's pages about concerns, steps against awards and appeals."""

from typing import Any

from wtforms import BooleanField, HiddenField, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from charter.aftercare import words
from charter.aftercare.status import OUTCOMES
from charter.web.employer.forms import chosen
from charter.web.forms import BaseForm, at_most, needed, stripped


def text(label: str, message: str | None, what: str) -> TextAreaField:
    """Several lines that are needed when there is a message for their absence."""
    checks: list[Any] = [at_most(words.LONGEST, what)]
    return TextAreaField(label, filters=[stripped], validators=[needed(message), *checks] if message else checks)


class NoteForm(BaseForm):
    """A note that only the scheme reads."""

    text = text("A note (only the scheme reads it)", "Write what you want to note.", "The note")


class AskForm(BaseForm):
    """What the employer is told of a concern."""

    substance = text("What the concern is about", "Say what the concern is about, in your own words.", "This")


class SettleForm(BaseForm):
    """How a concern ends."""

    outcome = RadioField(
        "How does it end?",
        choices=[SelectChoice(one.value, one.label) for one in OUTCOMES],
        validators=[chosen("Choose how it ends.")],
        validate_choice=False,
    )
    reasons = text("The reasons", "Give the reasons.", "The reasons")
    seen_version = HiddenField()


class ReasonsForm(BaseForm):
    """Why something is done."""

    reason = text("The reason", "Give the reason.", "The reason")


class ProposeForm(BaseForm):
    """What is to be done with an award, and why."""

    deed = RadioField(
        "What do you propose?",
        choices=[SelectChoice("suspend", "Suspend it"), SelectChoice("revoke", "Revoke it")],
        validators=[chosen("Choose what you propose.")],
        validate_choice=False,
    )
    reasons = text("The reasons", "Give the reasons. The employer reads them.", "The reasons")
    at_once = text("Why can a suspension not wait for the employer’s reply? (optional)", None, "This")


class CarryOutForm(BaseForm):
    """That a step is taken, with the reply read."""

    reasons = text("The reasons of the decision", None, "The reasons")
    reply_read = BooleanField("I have read the employer’s reply")
    sure = BooleanField(
        "I have checked that this is the right award", validators=[InputRequired("Tick the box to confirm.")]
    )
    seen_version = HiddenField()


class AppealForm(BaseForm):
    """How an appeal ends."""

    outcome = RadioField(
        "What comes of the appeal?",
        choices=[SelectChoice("stands", "The decision stands"), SelectChoice("changed", "The decision is changed")],
        validators=[chosen("Choose what comes of the appeal.")],
        validate_choice=False,
    )
    reasons = text("The reasons", "Give the reasons. The employer reads them.", "The reasons")
