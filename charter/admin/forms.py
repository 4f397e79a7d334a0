"""The forms of the panel's pages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice

from charter.account.models import STAFF, Role
from charter.assessment.models import PrivacyReason
from charter.errors import Refusal, Stale
from charter.framework.content import Content, Criterion
from charter.organisation.interests import REASON_LENGTH
from charter.review import more_information
from charter.review.findings import Given
from charter.review.models import About, Subject
from charter.review.private import NO_NOTE, PrivateNote
from charter.review.queries import Case, CriterionCase
from charter.review.recommendation import LONGEST as LONGEST_REASONS
from charter.review.second.sampling import LONGEST_DOUBT
from charter.review.seen import News, Now
from charter.web.forms import BaseForm, DateParts, at_most, needed, stripped

NO_AWARD = "No award"


# Findings: one form for the whole case, so that it saves all at once without JavaScript -----------------------------


@dataclass(frozen=True)
class Entry:
    """The finding boxes of one criterion: what they hold, and what was wrong with it."""

    given: Given
    refusal: Refusal | None = None
    is_unsaved: bool = False
    """Whether it holds what was typed and is not saved."""

    @property
    def error(self) -> str | None:
        """What was wrong, in a sentence."""
        return str(self.refusal) if self.refusal else None

    @property
    def theirs(self) -> Any:
        """What somebody else saved meanwhile, when that was what was wrong."""
        return self.refusal.current if isinstance(self.refusal, Stale) else None


def entry_of(one: CriterionCase) -> Given:
    """The boxes as the finding that stands fills them."""
    finding = one.finding
    return Given(
        criterion=one.criterion.code,
        outcome=finding.outcome if finding else None,
        feedback=finding.feedback if finding else "",
        private_note=finding.private_note if finding else NO_NOTE,
        seen_version=one.seen_version,
        checked=tuple(finding.checked) if finding else (),
    )


def given_in(typed: MultiDict[str, str], criteria: Iterable[Criterion]) -> list[Given]:
    """The findings typed on a page. A criterion whose boxes were not sent is left alone."""
    return [
        Given(
            criterion=(code := criterion.code),
            outcome=typed.get(f"outcome-{code}") or None,
            feedback=stripped(typed.get(f"feedback-{code}")) or "",
            private_note=PrivateNote(stripped(typed.get(f"note-{code}")) or ""),
            seen_version=_whole(typed.get(f"seen-{code}")),
            checked=_ticked(criterion, typed.getlist(f"check-{code}")),
        )
        for criterion in criteria
        if f"seen-{criterion.code}" in typed
    ]


def _ticked(criterion: Criterion, numbers: list[str]) -> tuple[str, ...]:
    return tuple(check for number, check in enumerate(criterion.checks, 1) if str(number) in numbers)


def _whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def entries(case: Case, typed: Any, refused: Mapping[str, Refusal]) -> dict[str, Entry]:
    """The boxes of the whole case: as typed when they were, else as saved."""
    criteria = [one.criterion for theme in case.themes for one in theme.criteria]
    sent = {given.criterion: given for given in given_in(typed or MultiDict(), criteria)}
    return {
        one.criterion.code: _entry(one, sent.get(one.criterion.code), refused.get(one.criterion.code))
        for theme in case.themes
        for one in theme.criteria
    }


def _entry(one: CriterionCase, sent: Given | None, refusal: Refusal | None) -> Entry:
    kept = entry_of(one)
    unsaved = sent is not None and replace(sent, seen_version=kept.seen_version) != kept
    return Entry(sent or kept, refusal, is_unsaved=unsaved or refusal is not None)


# Steps of a case ---------------------------------------------------------------------------------------------------


class ConflictForm(BaseForm):
    """What somebody's interest in an employer is."""

    reason = TextAreaField(
        "What is your interest in this employer?",
        description="For example: I worked there until last year, or a relative works there. Do not name other people.",
        filters=[stripped],
        validators=[needed("Say what your interest in this employer is."), at_most(REASON_LENGTH, "The reason")],
    )


class TurnDownForm(BaseForm):
    """Why a piece of evidence is turned down for privacy."""

    reason = RadioField(
        "What is in it that should not be?",
        choices=[SelectChoice(reason.value, reason.label) for reason in PrivacyReason],
        validate_choice=False,
        validators=[needed("Choose what is in it that should not be.")],
    )


class AskForm(BaseForm):
    """What to ask the employer: what is ticked, a question on each, and a day to answer by."""

    questions = SelectMultipleField("What do you ask about?", validate_choice=False)
    answer_by = DateParts(
        "When should they answer by?",
        description="Two weeks is usual. Give longer if holidays are near.",
        validators=[needed("Enter the day to answer by.")],
    )
    subjects: Mapping[Subject, str]
    """All that may be asked about, with its words, in the order of the page."""
    groups: Sequence[tuple[str, Sequence[tuple[Subject, str]]]]
    """The same, under a heading each: theme by theme, then declarations, then figures."""

    @classmethod
    def about(cls, case: Case, **data: Any) -> "AskForm":
        """The form for one case, with a box for a question on each thing that may be asked about."""
        subjects = more_information.subjects(case.assessment, case.said)
        boxes = {
            f"question-{subject.key}": TextAreaField(
                "Your question to the employer",
                filters=[stripped],
                validators=[at_most(more_information.LONGEST, "The question")],
            )
            for subject in subjects
        }
        form: AskForm = type("AskFormOfCase", (cls,), boxes)(data=data)
        form.questions.choices = [(subject.key, title) for subject, title in subjects.items()]
        form.subjects, form.groups = subjects, _in_groups(case, subjects)
        return form

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether it can be sent. What is wrong with each question is said beside it, all at once."""
        good = super().validate(extra_validators)
        asked = self.asked()
        if not self.questions.data:
            self.questions.errors = [more_information.NOTHING_CHOSEN]
        for subject, question in asked.items():
            field = self[f"question-{subject.key}"]
            wrong = more_information.fault(question, self.subjects[subject])
            if wrong:
                field.errors = [wrong]
        return good and not self.errors

    def asked(self) -> dict[Subject, str]:
        """The questions on what is ticked."""
        ticked = self.questions.data or ()
        return {
            subject: self[f"question-{subject.key}"].data or "" for subject in self.subjects if subject.key in ticked
        }


def _in_groups(case: Case, subjects: Mapping[Subject, str]) -> list[tuple[str, list[tuple[Subject, str]]]]:
    themes = {one.criterion.code: theme.theme.title for theme in case.themes for one in theme.criteria}
    headings = {About.DECLARATION: "Declarations", About.FIGURE: "Figures"}
    groups: dict[str, list[tuple[Subject, str]]] = {}
    for subject, title in subjects.items():
        heading = headings.get(subject.about) or themes.get(subject.code, "")
        groups.setdefault(heading, []).append((subject, title))
    return list(groups.items())


def levels(content: Content, highest: int) -> list[tuple[str, str]]:
    """The levels to choose from, up to one, and no award."""
    ranked = sorted((level for level in content.levels if level.rank <= highest), key=lambda level: -level.rank)
    return [*((str(level.rank), level.title) for level in ranked), ("0", NO_AWARD)]


def level_in(field: Any) -> int:
    """The level chosen; -1, which no level has, for what is none of them."""
    text = str(field.data or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else -1


class RecommendForm(BaseForm):
    """The level an assessor recommends."""

    level = RadioField(
        "Which level do you recommend?", validate_choice=False, validators=[needed("Choose a level, or no award.")]
    )
    reasons = TextAreaField(
        "Your reasons",
        description="The moderator reads them. If they agree, the employer reads them too.",
        filters=[stripped],
        validators=[at_most(LONGEST_REASONS, "The reasons")],
    )
    unsure = BooleanField("I am not sure about this case")
    doubt = TextAreaField(
        "What are you not sure about?",
        description="Only staff read this.",
        filters=[stripped],
        validators=[at_most(LONGEST_DOUBT, "This")],
    )

    def validate_doubt(self, field: TextAreaField) -> None:
        """Who is not sure says what of, and hears so together with all else that is missing."""
        if self.unsure.data and not field.data:
            raise ValidationError("Say what you are not sure about.")


DEEDS = [
    ("agree", "Agree with the recommendation"),
    ("change", "Decide on another level"),
    ("send_back", "Send the case back to the assessor"),
]


class SeenCaseForm(BaseForm):
    """A form that decides about a case as it was seen when the page was opened (`charter.review.seen`)."""

    seen_case = HiddenField()

    def refuse_unseen(self, refusal: Refusal) -> tuple[News, ...]:
        """Show what the rules said. When they said that the case is other than it was seen, what is new is returned,
        and counts as seen once it is shown."""
        self.refuse(refusal)
        if not isinstance(refusal, Stale) or not isinstance(refusal.current, Now):
            return ()
        self.seen_case.data = refusal.current.mark
        return refusal.current.news


class ModerateForm(SeenCaseForm):
    """What a moderator makes of a recommendation."""

    deed = RadioField("What do you decide?", validate_choice=False, validators=[needed("Choose what you decide.")])
    level = RadioField("Which level?", validate_choice=False)
    reasons = TextAreaField(
        "Your reasons",
        filters=[stripped],
        validators=[at_most(LONGEST_REASONS, "The reasons")],
    )


# Records -----------------------------------------------------------------------------------------------------------


class SeenForm(BaseForm):
    """That what shows an award of another scheme was seen."""

    seen_proof = HiddenField()


class CheckForm(SeenForm):
    """That an award of another scheme was seen, and where."""

    on_list = BooleanField("I saw it in the scheme’s own list, with these dates")


class DeclineForm(SeenForm):
    """Why an award of another scheme is turned down."""

    reason = TextAreaField("The reason", filters=[stripped], validators=[needed("Give the reason.")])


class TurnDownProofForm(TurnDownForm, SeenForm):
    """Why the proof of an award of another scheme is turned down for privacy."""


class TakeBackForm(BaseForm):
    """Why an award of another scheme is taken back."""

    reason = TextAreaField("The reason", filters=[stripped], validators=[needed("Give the reason.")])


def staff_roles() -> list[tuple[str, str]]:
    """The roles of the scheme's staff, with their words."""
    return [(role.value, role.label) for role in Role if role in STAFF]


class InviteForm(BaseForm):
    """Somebody new on the scheme's staff."""

    name = StringField(
        "Full name", filters=[stripped], validators=[needed("Enter their full name."), at_most(120, "The name")]
    )
    email = EmailField(
        "Work email address",
        description="We send a link there to choose a password.",
        filters=[stripped],
        validators=[needed("Enter their email address."), at_most(254, "The email address")],
    )
    role = RadioField("What will they do?", validate_choice=False, validators=[needed("Choose a role.")])


class RoleForm(BaseForm):
    """Another role for somebody."""

    role = RadioField("Role", validate_choice=False, validators=[needed("Choose a role.")])


class ReturnForm(BaseForm):
    """A value reported for a measure."""

    measure = SelectField("Measure", validate_choice=False, validators=[needed("Choose a measure.")])
    value = StringField(
        "Value",
        description="A number, such as 1,250 or 81.5.",
        filters=[stripped],
        validators=[needed("Enter the value.")],
    )
    as_at = DateParts(
        "What day is the value for?",
        description="For example, 31 3 2026.",
        validators=[needed("Enter the day the value is for.")],
    )
    source = StringField(
        "Where does it come from?",
        description="Name the publication, or the organisation that reported it.",
        filters=[stripped],
        validators=[needed("Say where the value comes from."), at_most(300, "The source")],
    )
