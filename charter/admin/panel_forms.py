"""The forms of the panel's meetings."""

import re
from collections.abc import Iterable
from datetime import time
from typing import Any

from wtforms import (
    Field,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)

from charter.admin.forms import SeenCaseForm
from charter.clock import time_in_words
from charter.framework.content import Content
from charter.panel.minutes import LONGEST as LONGEST_NOTE
from charter.panel.models import NAME, TITLE, Meeting, Partner, Seat
from charter.panel.planning import REASON, Details
from charter.panel.queries import WaitingCase
from charter.review.recommendation import LONGEST
from charter.web.filters import day
from charter.web.forms import BaseForm, DateParts, at_most, needed, stripped

PUT_OFF, SEND_BACK, LEVEL = "put-off", "send-back", "level-"


class TimeOfDay(Field):
    """A time as people type it: 14:30, 2.30pm, 2 pm."""

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Read what was typed."""
        self.process_errors = []
        self.data = self.object_data = data if isinstance(data, time) else None
        self.typed = time_in_words(self.data) if self.data else ""
        if formdata is None or self.name not in formdata:
            return
        self.typed = str(formdata.get(self.name, "")).strip()
        self.raw_data, self.data = [self.typed], None
        found = re.fullmatch(r"(\d{1,2})(?:[:.](\d\d))?\s*([ap]m)?", self.typed.lower())
        if found and (found[2] or found[3]):
            hour, minute = int(found[1]), int(found[2] or 0)
            if found[3] and 1 <= hour <= 12:
                hour = hour % 12 + (12 if found[3] == "pm" else 0)
            elif found[3]:
                hour = 24
            if hour < 24 and minute < 60:
                self.data = time(hour, minute)
        if self.data is None and self.typed:
            self.process_errors.append("Write the time like 2:30pm or 14:30.")

    def _value(self) -> str:
        return self.typed


class WholeNumber(IntegerField):
    """A number of partners. What is none is said so in our words."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was typed; nothing is no number."""
        typed = (valuelist[0] if valuelist else "").strip()
        self.data = None
        if typed:
            if not (typed.isascii() and typed.isdigit() and len(typed) < 4):
                raise ValueError("The number of partners must be a whole number, such as 4.")
            self.data = int(typed)


class MeetingForm(BaseForm):
    """When and where a meeting is."""

    meets_on = DateParts("When is it?", validators=[needed("Enter the day of the meeting.")])
    begins = TimeOfDay("When does it begin?", validators=[needed("Enter the time.")])
    place = StringField(
        "Where is it?",
        description="A place, or that it is online.",
        filters=[stripped],
        validators=[needed("Say where the meeting is, or that it is online."), at_most(TITLE, "The place")],
    )
    chair = StringField(
        "Who leads it?",
        filters=[stripped],
        validators=[needed("Say who leads the meeting."), at_most(NAME, "The name")],
    )
    quorum = WholeNumber(
        "How many partners must be there to decide?",
        description="This many, for each case. Who leaves the room for a case does not count for it.",
        validators=[needed("Enter the number of partners.")],
    )
    seen_version = HiddenField()

    def details(self) -> Details:
        """What was typed. Only for a form that is sound."""
        assert self.meets_on.data is not None, "the form needs it"
        assert self.begins.data is not None, "the form needs it"
        return Details(
            meets_on=self.meets_on.data,
            begins=self.begins.data,
            place=self.place.data or "",
            chair=self.chair.data or "",
            quorum=self.quorum.data or 0,
        )


class CancelForm(BaseForm):
    """Why a meeting does not take place."""

    reason = TextAreaField(
        "Why does it not take place?",
        filters=[stripped],
        validators=[needed("Say why the meeting does not take place."), at_most(REASON, "The reason")],
    )


class CasesForm(BaseForm):
    """Which cases come before a meeting."""

    cases = SelectMultipleField("Which cases?", validate_choice=False, validators=[needed("Choose at least one case.")])

    @classmethod
    def of(cls, waiting: Iterable[WaitingCase]) -> "CasesForm":
        """The form with the cases that wait."""
        form = cls()
        form.cases.choices = [(str(one.id), one.employer) for one in waiting]
        return form


class BusinessForm(BaseForm):
    """Something else on an agenda."""

    title = StringField(
        "What is it about?", filters=[stripped], validators=[needed("Say what it is about."), at_most(TITLE, "This")]
    )


class PersonForm(BaseForm):
    """Somebody who speaks for a partner."""

    partner = SelectField("For which partner?", validate_choice=False, validators=[needed("Choose a partner.")])
    person = StringField(
        "Their name", filters=[stripped], validators=[needed("Enter the person’s name."), at_most(NAME, "The name")]
    )
    role = StringField(
        "What do they do there?",
        description="You can leave this empty.",
        filters=[stripped],
        validators=[at_most(NAME, "This")],
    )

    @classmethod
    def of(cls, partners: Iterable[Partner]) -> "PersonForm":
        """The form with the partners that take part."""
        form = cls()
        form.partner.choices = [("", "Choose one"), *((str(one.id), one.name) for one in partners)]
        return form


class DecideForm(BaseForm):
    """What the panel made of a case."""

    outcome = RadioField("What did the panel decide?", validate_choice=False, validators=[needed("Choose one.")])
    reasons = TextAreaField(
        "Reasons", filters=[stripped], validators=[needed("Give the reasons."), at_most(LONGEST, "The text")]
    )
    discussion = TextAreaField(
        "What was said, for the minutes",
        description="Only the panel and the scheme’s staff read this. You can leave it empty.",
        filters=[stripped],
        validators=[at_most(LONGEST, "The text")],
    )
    left = SelectMultipleField(
        "Did anybody leave the room for this case because of an interest?",
        description="Tick who left. They do not count for this case.",
        validate_choice=False,
    )
    put_off_to = SelectField("If it is put off, to which meeting?", validate_choice=False)

    @classmethod
    def of(
        cls, content: Content, highest: int, recommended: int | None, here: Iterable[Seat], later: Iterable[Meeting]
    ) -> "DecideForm":
        """The form with what can be decided: levels up to the `highest` that the findings reach, and what else."""
        form = cls()
        levels = [level for level in reversed(content.levels) if level.rank <= highest]
        form.outcome.choices = [
            *((f"{LEVEL}{one.rank}", _marked(f"Award: {one.title}", one.rank == recommended)) for one in levels),
            (f"{LEVEL}0", _marked("No award", recommended == 0)),
            (PUT_OFF, "Put it off to another meeting"),
            (SEND_BACK, "Send it back to the assessor"),
        ]
        form.left.choices = [(str(seat.id), f"{seat.person}, {seat.partner.name}") for seat in here]
        form.put_off_to.choices = [
            ("", "Not known yet"),
            *((str(one.id), f"{day(one.meets_on)}, {one.place}") for one in later),
        ]
        return form


def _marked(text: str, recommended: bool) -> str:
    return f"{text} (as recommended)" if recommended else text


class ReferForm(SeenCaseForm):
    """Why the partners should decide."""

    reasons = TextAreaField(
        "Why should the partners decide?",
        filters=[stripped],
        validators=[needed("Say why the partners should decide."), at_most(LONGEST, "The text")],
    )


class NoteForm(BaseForm):
    """What was said about other business."""

    discussion = TextAreaField(
        "What was said or agreed?",
        filters=[stripped],
        validators=[needed("Write down what was said or agreed."), at_most(LONGEST, "The text")],
    )
    seen_version = HiddenField()


class CorrectionForm(BaseForm):
    """What is not so in minutes that were agreed."""

    text = TextAreaField(
        "What is not right in the minutes, and what is?",
        filters=[stripped],
        validators=[needed("Say what is not right, and what is."), at_most(LONGEST_NOTE, "The note")],
    )


class PartnerForm(BaseForm):
    """What a partner is called."""

    name = StringField(
        "Name", filters=[stripped], validators=[needed("Enter the partner’s name."), at_most(NAME, "The name")]
    )
    seen_version = HiddenField()
