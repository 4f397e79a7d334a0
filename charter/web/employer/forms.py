"""The forms of the employer's pages."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, Self

from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    URLField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation

from charter.assessment.answers import NAME_LIMIT, TEXT_LIMIT
from charter.assessment.answers import mark as answer_mark
from charter.assessment.declarations import NOTE_LIMIT as DECLARATION_NOTE_LIMIT
from charter.assessment.declarations import mark as declaration_mark
from charter.assessment.models import Answer
from charter.assessment.returns import INPUT_LIMIT, NOTE_LIMIT
from charter.errors import Refusal
from charter.framework.content import Content, Criterion, Metric, NumberField
from charter.organisation.joining import Details
from charter.organisation.models import MemberRole, Scope
from charter.organisation.numbers import postcode
from charter.web.forms import BaseForm, DateParts, at_most, needed, stripped


def number_in(field: Any) -> int:
    """The number that a hidden field carries; 0 when it was tampered with."""
    text = str(field.data or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def chosen(message: str) -> Any:
    """A validator: one of the choices offered was chosen; `message` says what to do."""

    def check(_form: Any, field: Any) -> None:
        if not field.data or all(choice.value != field.data for choice in field.choices):
            raise StopValidation(message)

    return check


class AnswerForm(BaseForm):
    """One answer. What is wrong with it, `answers.faults` says; nothing is required, so that a part can be saved."""

    value = RadioField("How far along are you?", validate_choice=False)
    explanation = TextAreaField("What is in place now", filters=[stripped])
    action = TextAreaField("What will you do?", filters=[stripped])
    action_owner = StringField("Who will do it?", filters=[stripped])
    action_due = DateParts("By when?")
    reason = TextAreaField("Why does it not apply?", filters=[stripped])
    seen_version = HiddenField()
    seen = HiddenField()
    """The mark of the answer that was shown."""

    @classmethod
    def on(cls, content: Content, criterion: Criterion, answer: Answer | None, **options: Any) -> Self:
        """The form for one criterion, filled with what is saved. `options` are those of a form, such as its prefix."""
        shown = {"seen_version": str(answer.version if answer else 0), "seen": answer_mark(answer)}
        form = cls(obj=answer, data=shown, **options)
        form.value.choices = [
            SelectChoice(value.value, value.label)
            for value in content.scale
            if value.extent != "not_applicable" or criterion.not_applicable_allowed or value.value == form.value.data
        ]
        return form

    def saw(self, answer: Answer | None) -> None:
        """Say that whoever gets this form sees this answer beside it."""
        self.seen_version.data, self.seen.data = str(answer.version if answer else 0), answer_mark(answer)

    def said(self) -> dict[str, Any]:
        """What was typed and chosen, as the verb takes it."""
        return {
            "value": self.value.data or None,
            "explanation": self.explanation.data or "",
            "action": self.action.data or "",
            "action_owner": self.action_owner.data or "",
            "action_due": self.action_due.data,
            "reason": self.reason.data or "",
        }


class TargetForm(BaseForm):
    """Which level to aim for."""

    target_level = RadioField(
        "Which level are you aiming for?",
        validators=[chosen("Choose the level you are aiming for.")],
        validate_choice=False,
    )


class SubmitForm(BaseForm):
    """Who declares that the answers are true."""

    declared_by = StringField(
        "Your full name",
        filters=[stripped],
        validators=[needed("Enter your full name."), at_most(NAME_LIMIT, "Your name")],
    )
    declared_role = StringField(
        "Your job",
        description="For example, owner, HR manager or director.",
        filters=[stripped],
        validators=[needed("Enter your job."), at_most(NAME_LIMIT, "Your job")],
    )
    agreed = BooleanField(
        "The answers are true, and I may speak for this employer",
        validators=[needed("Tick the box to say that the answers are true.")],
    )
    round = HiddenField()
    """The number of the submission that this form makes: a form sent twice is known by it."""

    def validate_agreed(self, field: Any) -> None:
        """An empty box is False, which `needed` takes for an answer."""
        if not field.data:
            raise ValidationError("Tick the box to say that the answers are true.")


class OrganisationForm(BaseForm):
    """An employer's details."""

    name = StringField(
        "Name of the employer",
        description="As people know you. It is printed on your certificate.",
        filters=[stripped],
        validators=[needed("Enter the name of the employer."), at_most(160, "The name")],
    )
    county = RadioField(
        "Which county are you in?",
        description="If you work in more than one, choose the one where most of your people here work.",
        validators=[chosen("Choose the county you are in.")],
        validate_choice=False,
    )
    district = SelectField(
        "District", description="If yours is in the list, under the county that you chose.", validate_choice=False
    )
    scope = RadioField(
        "Which of your people do your answers cover?",
        description="If all your people work here, choose the whole organisation.",
        choices=[SelectChoice(scope.value, scope.label) for scope in Scope],
        validators=[chosen("Choose which of your people your answers cover.")],
        validate_choice=False,
    )
    size_band = RadioField(
        "How many people do you employ?",
        validators=[chosen("Choose how many people you employ.")],
        validate_choice=False,
    )
    sector = SelectField(
        "What kind of work do you do?", validators=[chosen("Choose the kind of work you do.")], validate_choice=False
    )
    company_number = StringField(
        "Company number",
        description="8 characters, such as 01234567. Leave empty if you have none.",
        filters=[stripped],
    )
    charity_number = StringField("Charity number", description="Leave empty if you have none.", filters=[stripped])
    website = URLField(
        "Website",
        description="Such as www.example.co.uk. You can leave this empty.",
        filters=[stripped],
        validators=[at_most(300, "The address")],
    )
    about = TextAreaField(
        "About you, in a sentence or two",
        description="What you do and for whom. We show it on the public register if you agree. You can leave it empty.",
        filters=[stripped],
        validators=[at_most(600, "The text")],
    )
    listed = RadioField(
        "If you earn a level, may we show you on the public register of employers?",
        choices=[
            SelectChoice("yes", "Yes, show us on the public register"),
            SelectChoice("no", "No, keep us off the list"),
        ],
        validators=[chosen("Choose if we may show you on the public register.")],
        validate_choice=False,
    )
    needs_sign_off = BooleanField(
        "A senior person must approve our answers before we send them",
        description="An owner asks them by a link. They need no account. Leave this empty if nobody needs to.",
    )
    version = HiddenField()

    @classmethod
    def on(cls, content: Content, **values: Any) -> "OrganisationForm":
        """The form with the choices of this version of the charter."""
        form = cls(**values)
        form.county.choices = [SelectChoice(county.code, county.title) for county in content.counties]
        form.district.choices = [
            SelectChoice("", "None of these"),
            *(SelectChoice(name, optgroup=county.title) for county in content.counties for name in county.districts),
        ]
        form.size_band.choices = [SelectChoice(band.code, band.title) for band in content.size_bands]
        form.sector.choices = [
            SelectChoice("", "Choose one"),
            *(SelectChoice(sector.code, sector.label) for sector in content.sectors),
        ]
        if form.district.data and form.district.data not in {choice.value for choice in form.district.choices}:
            form.district.choices.append(SelectChoice(form.district.data, form.district.data))
        form.content = content
        return form

    content: Content

    def validate_website(self, field: Any) -> None:
        """An address of a web page, with or without https://."""
        text = field.data or ""
        if text and "://" not in text:
            text = field.data = f"https://{text}"
        bare = text.removeprefix("https://").removeprefix("http://")
        if text and (bare == text or "." not in bare or any(letter.isspace() or letter in "<>\"'" for letter in text)):
            raise ValidationError("Enter a website address, such as www.example.co.uk.")

    def validate_district(self, field: Any) -> None:
        """A district lies in its county."""
        county = next((county for county in self.content.counties if county.code == self.county.data), None)
        if field.data and county is not None and field.data not in county.districts:
            raise ValidationError(
                f"{field.data} is not a district of {county.title}. Choose another, or “None of these”."
            )

    def details(self) -> Details:
        """The details as the verbs take them. Only after the form was found right."""
        return Details(
            name=self.name.data or "",
            county=self.county.data,
            district=self.district.data or None,
            size_band=self.size_band.data,
            sector=self.sector.data,
            company_number=self.company_number.data,
            charity_number=self.charity_number.data,
            website=self.website.data or None,
            about=self.about.data or None,
            scope=Scope(self.scope.data),
            listed=self.listed.data == "yes",
            needs_sign_off=bool(self.needs_sign_off.data),
        )


class SiteForm(BaseForm):
    """A place where staff work."""

    name = StringField(
        "Name of the place",
        description="For example, Main workshop or Head office.",
        filters=[stripped],
        validators=[needed("Enter a name for the place."), at_most(120, "The name")],
    )
    town = StringField(
        "Town or village",
        filters=[stripped],
        validators=[needed("Enter the town or village."), at_most(80, "The town")],
    )
    postcode = StringField("Postcode", description="You can leave this empty.", filters=[stripped])
    county = SelectField("County", validators=[chosen("Choose the county.")], validate_choice=False)

    def validate_postcode(self, field: Any) -> None:
        """One that could be a postcode, or nothing."""
        try:
            postcode(field.data)
        except Refusal as refusal:
            raise ValidationError(str(refusal)) from refusal


class InviteForm(BaseForm):
    """Whom to invite, and what for."""

    email = EmailField(
        "Email address of your colleague",
        filters=[stripped],
        validators=[needed("Enter an email address."), at_most(254, "The email address")],
    )
    role = RadioField(
        "What may they do?",
        choices=[SelectChoice(role.value, role.label) for role in (MemberRole.CONTRIBUTOR, MemberRole.OWNER)],
        default=MemberRole.CONTRIBUTOR.value,
        validators=[chosen("Choose what they may do.")],
        validate_choice=False,
    )

    def validate_email(self, field: Any) -> None:
        """Something with one @ and a dot after it."""
        name, _, host = (field.data or "").rpartition("@")
        if not name or "." not in host.strip(".") or any(letter.isspace() for letter in field.data) or "@" in name:
            raise ValidationError("Enter an email address in the right form, such as name@example.co.uk.")


def declarations_form(
    content: Content,
    declared: Mapping[str, bool],
    *,
    asked: Collection[str] = (),
    notes: Mapping[str, str] | None = None,
) -> BaseForm:
    """Yes or no for each baseline declaration; none is required, so that a part can be saved.

    Each brings back the mark of what is shown. For those that the assessor asked about there is room for a note.
    """
    fields: dict[str, Any] = {
        f"declaration-{declaration.code}": RadioField(
            declaration.statement,
            description=declaration.help or "",
            choices=[SelectChoice("yes", "Yes"), SelectChoice("no", "No")],
            default="yes" if declared.get(declaration.code) else "no" if declaration.code in declared else None,
            validate_choice=False,
        )
        for declaration in content.declarations
    }
    for declaration in content.declarations:
        seen = declaration_mark(declared.get(declaration.code), (notes or {}).get(declaration.code, ""))
        fields[f"seen-{declaration.code}"] = HiddenField(default=seen)
    for code in asked:
        fields[f"note-{code}"] = TextAreaField(
            "What do you want to tell the assessor?",
            default=(notes or {}).get(code, ""),
            filters=[stripped],
            validators=[at_most(DECLARATION_NOTE_LIMIT, "The note")],
        )
    return _form("DeclarationsForm", fields)


def figures_form(
    fields: Sequence[NumberField],
    metrics: Sequence[Metric],
    *,
    inputs: Mapping[str, str],
    notes: Mapping[str, str],
    unknown: Collection[str],
    period_end: date | None,
    seen_version: int,
    may_be_unknown: Sequence[NumberField | Metric],
) -> BaseForm:
    """The numbers asked for, for each figure a note, the day they end on, and what is not known yet.

    All of it is filled with what is saved, which it brings back: so we can tell what somebody changed from what they
    left as it was.
    """
    made: dict[str, Any] = {
        "period_end": DateParts("Which day do the 12 months end on?", default=period_end),
        "seen_version": HiddenField(default=str(seen_version)),
        "seen": HiddenField(default=figures_seen(inputs, notes, unknown, period_end)),
    }
    for field in fields:
        made[f"number-{field.name}"] = StringField(
            field.label,
            description=field.hint or "",
            default=inputs.get(field.name, ""),
            filters=[stripped],
            validators=[at_most(INPUT_LIMIT, "The number")],
        )
    for one in may_be_unknown:
        made[f"unknown-{one.code}"] = BooleanField("We do not know this yet", default=one.code in unknown)
    for metric in metrics:
        made[f"note-{metric.code}"] = TextAreaField(
            "Tell us why",
            description="You can leave this empty, but a note saves a question later. Do not name anyone.",
            default=notes.get(metric.code, ""),
            filters=[stripped],
            validators=[at_most(NOTE_LIMIT, "The note")],
        )
    return _form("FiguresForm", made)


def figures_seen(
    inputs: Mapping[str, str], notes: Mapping[str, str], unknown: Collection[str], period_end: date | None
) -> str:
    """What a form of figures shows when it is opened, by the names of its fields, for it to bring back."""
    shown: dict[str, object] = {f"number-{name}": text for name, text in inputs.items()}
    shown |= {f"note-{code}": text for code, text in notes.items()} | {f"unknown-{code}": True for code in unknown}
    return json.dumps(shown | ({"period_end": period_end.isoformat()} if period_end else {}))


def left_as_seen(form: BaseForm) -> frozenset[str]:
    """The fields of a form of figures that hold what they held when it was opened; none when it does not say so."""
    try:
        shown = json.loads(form["seen"].data or "")
    except ValueError:
        return frozenset()
    if not isinstance(shown, dict):
        return frozenset()

    def held(field: Any) -> object:
        return field.data.isoformat() if isinstance(field.data, date) else field.data or ""

    plain = [field for field in form if field.name.startswith(("number-", "note-", "unknown-", "period_end"))]
    return frozenset(field.name for field in plain if held(field) == (shown.get(field.name) or ""))


def _form(name: str, fields: Mapping[str, Any]) -> BaseForm:
    made: BaseForm = type(name, (BaseForm,), dict(fields))()
    return made


MAXIMUM = TEXT_LIMIT
"""The most characters of a text; the pages count down to it."""
