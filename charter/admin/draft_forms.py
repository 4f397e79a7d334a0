"""The forms for drafting a version of the charter. The form of a piece has the fields that the piece has."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

import yaml
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice

from charter.framework import source
from charter.framework.checking import Faulty
from charter.framework.models import Framework
from charter.versions import drafting, parts
from charter.versions.models import NAME_LENGTH
from charter.versions.parts import Asked, Document, How, Kind
from charter.web.forms import BaseForm, DateParts, at_most, needed, stripped


class NameForm(BaseForm):
    """What the team calls a draft."""

    name = StringField(
        "Name of the draft",
        description="For the team, such as: What we heard in the spring.",
        filters=[stripped],
        validators=[needed("Give the draft a name."), at_most(NAME_LENGTH, "The name")],
    )


class StartForm(NameForm):
    """Begin from a published version."""

    base = SelectField("Begin from", validators=[needed("Choose a version.")])

    def offer(self, versions: list[Framework]) -> None:
        """Set the versions to choose from."""
        self.base.choices = [SelectChoice(str(one.id), f"Version {one.version}") for one in versions]


class TakeInForm(NameForm):
    """Begin from a file."""

    file = FileField("The file", description="A YAML file of a version of the charter, in UTF-8.")

    def text(self) -> str | None:
        """What the file says; None, with the reason beside the field, when there is none or it is no text."""
        data = self.file.data.read() if self.file.data else b""
        if not data:
            self.file.errors = ["Choose a file that is not empty."]
            return None
        try:
            return str(data.decode("utf-8-sig"))
        except UnicodeDecodeError:
            self.file.errors = ["The file is not plain UTF-8 text. Save it again as UTF-8, then choose it once more."]
            return None


class TextForm(BaseForm):
    """A draft as a whole, as its file says it."""

    text = TextAreaField("The draft as YAML", validators=[needed("Write the draft.")])
    seen = HiddenField()


class PieceForm(BaseForm):
    """One piece of a draft: made for its kind by `piece_form`."""

    asked: ClassVar[tuple[Asked, ...]] = ()
    seen = HiddenField()

    def field(self, asked: Asked) -> Any:
        """The field for one thing that is asked."""
        return self._fields[asked.field]

    def said(self) -> dict[str, Any]:
        """What was typed, as the file would have it. What cannot be read stands beside its field."""
        found = {}
        for asked in self.asked:
            try:
                found[asked.name] = _read(asked, self.field(asked).data)
            except Faulty as faulty:
                message = f"This cannot be read: {faulty.faults[0].message}"
                self.field(asked).errors = [message]
        return found

    def refuse_all(self, wrong: Mapping[str, str]) -> None:
        """Show what is wrong, beside the fields it is wrong in."""
        for asked in self.asked:
            if asked.name in wrong:
                self.field(asked).errors = [wrong[asked.name]]
        names = {asked.name for asked in self.asked}
        self.form_errors.extend(message for name, message in wrong.items() if name not in names)


def piece_form(kind: Kind, document: Document, there: Document | None) -> PieceForm:
    """The form for a piece of this kind, filled with what it says now."""
    fields = {asked.field: _field(asked, document) for asked in kind.fields}
    made: type[PieceForm] = type("PieceForm", (PieceForm,), {**fields, "asked": kind.fields})
    data = {asked.field: typed(asked, parts.value(there or {}, asked)) for asked in kind.fields}
    return made(data={**data, "seen": drafting.seen(there) if there else ""})


def _field(asked: Asked, document: Document) -> Any:
    match asked.how:
        case How.TEXT | How.LINES | How.YAML:
            return TextAreaField(asked.label, description=asked.hint, filters=[stripped])
        case How.TICK:
            return BooleanField(asked.label, description=asked.hint)
        case How.DAY:
            return DateParts(asked.label, description=asked.hint)
        case How.ONE_OF | How.RANK:
            assert asked.choices is not None
            choices = [SelectChoice(value, words) for value, words in asked.choices(document)]
            return SelectField(asked.label, description=asked.hint, choices=choices, validate_choice=False)
        case _:
            return StringField(asked.label, description=asked.hint, filters=[stripped])


def typed(asked: Asked, value: Any) -> Any:
    """What a piece says in one field, as it stands in the form."""
    if asked.how is How.TICK:
        return value is True
    if asked.how is How.DAY:
        return value if isinstance(value, date) else None
    if value is None:
        return ""
    if asked.how in {How.LINES, How.CODES} and isinstance(value, list):
        return ("\n" if asked.how is How.LINES else " ").join(str(one) for one in value)
    if asked.how is How.YAML and isinstance(value, list):
        return "\n".join(f"- {_flow(one)}" for one in value)
    return str(value)


def _flow(value: Any) -> str:
    found: str = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10_000)
    return found.strip()


def _read(asked: Asked, data: Any) -> Any:
    """What was typed in one field, as the file has it. Raises `Faulty` for YAML that is none."""
    if asked.how in {How.TICK, How.DAY}:
        return data
    text = str(data or "")
    match asked.how:
        case How.LINES:
            return [line.strip() for line in text.splitlines() if line.strip()]
        case How.CODES:
            return [code for code in re.split(r"[\s,]+", text) if code]
        case How.WHOLE | How.RANK:
            return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else text
        case How.YAML:
            return source.parse_text(text).document if text else []
        case _:
            return text


class TryForm(BaseForm):
    """Of which time the decisions are."""

    decided_from = DateParts("Decided from", description="Leave this empty for all that were ever decided.")
    decided_to = DateParts("Decided up to", description="Leave this empty for up to today.")


class CloseForm(BaseForm):
    """On which day a version closes for what is begun on it."""

    closes_on = DateParts("The last day to send answers on it", validators=[needed("Give the last day.")])
    seen = HiddenField()

    @property
    def seen_day(self) -> date | None:
        """The day that the person saw."""
        try:
            return date.fromisoformat(self.seen.data or "")
        except ValueError:
            return None


def _ticked(message: str) -> Any:
    """A validator: the box is ticked."""

    def check(_form: Any, field: Any) -> None:
        if not field.data:
            raise ValidationError(message)

    return check


class PublishForm(BaseForm):
    """Publish, with the last day of the versions before."""

    closes_on = DateParts(
        "The last day to send answers on the versions before", validators=[needed("Give the last day.")]
    )
    sure = BooleanField(
        "I have read what it does. A published version never changes.",
        validators=[_ticked("Tick this once you have read what it does.")],
    )
    seen = HiddenField()


class LongerForm(BaseForm):
    """A later day for one employer."""

    until = DateParts("Until which day?", validators=[needed("Give the day.")])
    reason = TextAreaField(
        "Why do they get longer?",
        description="Only people who work for the charter read this. The employer is told the day.",
        filters=[stripped],
        validators=[needed("Say why they get longer."), at_most(500, "The reason")],
    )
    seen_version = HiddenField()
