"""The forms of the pages about who works on what: giving cases out, away dates, interests, workload."""

from typing import Any

from wtforms import HiddenField, IntegerField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from charter.organisation.interests import NAME_LENGTH, REASON_LENGTH
from charter.organisation.models import InterestKind
from charter.review.handing_out.allocating import REASON_LENGTH as WHY_LENGTH
from charter.web.forms import BaseForm, DateParts, at_most, needed, stripped


class TakeForm(BaseForm):
    """One button, and when the newest case of the person was theirs as the page was drawn."""

    seen = HiddenField()


class ReassignForm(BaseForm):
    """Who gets a case, and why."""

    to = RadioField("Who works on it from now on?", validators=[InputRequired("Choose who works on it from now on.")])
    reason = TextAreaField(
        "Why?",
        description="Both assessors read this. The employer never does.",
        filters=[stripped],
        validators=[needed("Say why somebody else gets this case."), at_most(WHY_LENGTH, "The reason")],
    )
    seen = HiddenField()


class AwayForm(BaseForm):
    """The first and the last day away."""

    starts_on = DateParts(
        "First day away",
        description="For example, 27 3 2027.",
        validators=[needed("Enter the first day away.")],
    )
    ends_on = DateParts(
        "Last day away",
        description="You are given work again on the day after this one.",
        validators=[needed("Enter the last day away.")],
    )


class WorkloadForm(BaseForm):
    """The most cases for one person."""

    cases = IntegerField(
        "Most open cases for one person",
        description="In review or with the employer. Cases that wait for a moderator or the panel do not count.",
        validators=[InputRequired("Enter a number, such as 12.")],
    )


def kinds() -> list[SelectChoice]:
    """What an employer can be to somebody."""
    return [SelectChoice(kind.value, kind.label) for kind in InterestKind]


class InterestForm(BaseForm):
    """What somebody's interest in an employer is, and from when."""

    kind = RadioField(
        "What is this employer to you?", validators=[InputRequired("Choose what this employer is to you.")]
    )
    reason = TextAreaField(
        "Describe it in a sentence",
        description="For example: I worked in its HR team until 2024. Do not name other people.",
        filters=[stripped],
        validators=[needed("Say what your interest in this employer is."), at_most(REASON_LENGTH, "The description")],
    )
    since = DateParts("When did it begin? (optional)", description="For example, 27 3 2019.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = kinds()

    @property
    def chosen(self) -> InterestKind:
        """The kind that was chosen."""
        return InterestKind(self.kind.data)


class InterestToComeForm(InterestForm):
    """The same, of an employer that has not registered."""

    name = StringField(
        "Name of the employer",
        filters=[stripped],
        validators=[needed("Enter the name of the employer."), at_most(NAME_LENGTH, "The name")],
    )
    company_number = StringField(
        "Company number (optional)",
        description="8 characters, such as 01234567. It finds the employer even if it registers by another name.",
        filters=[stripped],
    )


class EndForm(BaseForm):
    """Why somebody's interest has ended."""

    because = TextAreaField(
        "Why do you no longer have an interest?",
        description="For example: my sister left this employer in March 2026.",
        filters=[stripped],
        validators=[needed("Say why you no longer have an interest."), at_most(REASON_LENGTH, "The reason")],
    )


class AnswerForm(BaseForm):
    """Whether somebody's interest has ended, as a moderator or an administrator sees it."""

    answer = RadioField(
        "Has this interest ended?",
        choices=[SelectChoice("ended", "Yes, it has ended"), SelectChoice("stands", "No, it still stands")],
        validators=[InputRequired("Say whether it has ended.")],
    )
    because = TextAreaField(
        "If it still stands: why?",
        description="The person who asked reads this.",
        filters=[stripped],
        validators=[at_most(REASON_LENGTH, "The reason")],
    )
