"""The forms of evidence: what to add in one of four ways, and where in a piece to look."""

from collections.abc import Sequence

from flask_wtf.file import FileField
from wtforms import (
    Field,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    URLField,
)

from charter.assessment import evidence, evidence_kinds
from charter.assessment.evidence_dates import Dates
from charter.assessment.models import Evidence, EvidenceKind
from charter.framework.content import Criterion, EvidenceRules
from charter.web.forms import BaseForm, DateParts, at_most, stripped

FILE, LINK, ACCOUNT, LIBRARY = "file", "link", "account", "library"
KINDS = {
    FILE: "Upload a file",
    LINK: "Give a link to a web page",
    ACCOUNT: "Write a few sentences in your own words",
    LIBRARY: "Use evidence you gave before",
}
DATED = frozenset({"type", *Dates.__dataclass_fields__})
"""The kind of a document, and its dates."""
USED = {
    FILE: {"file", "place", "title"} | DATED,
    LINK: {"url", "place", "title"} | DATED,
    ACCOUNT: {"text", "title"},
    LIBRARY: {"library"},
}
"""The parts of the form that count for each thing that can be added."""


def place_field() -> StringField:
    """Where in a piece of evidence to look."""
    return StringField(
        "Where should the assessor look?",
        description="For example, pages 4 to 6, section 3.2. You can leave this empty.",
        filters=[stripped],
        validators=[at_most(evidence.PLACE_LIMIT, "Where to look")],
    )


class EvidenceForm(BaseForm):
    """A file, a link, a written account, or something given before; and what it is evidence for."""

    kind = RadioField("What do you want to add?", validate_choice=False)
    file = FileField("Choose a file")
    url = URLField(
        "Address of the web page",
        description="Anyone must be able to open it without signing in.",
        filters=[stripped],
    )
    text = TextAreaField("Your written account", filters=[stripped])
    library = SelectMultipleField("Evidence you gave before", validate_choice=False)
    find = StringField("Find in what you gave before", filters=[stripped])
    place = place_field()
    title = StringField(
        "Title",
        description="A short name for it, such as Sick leave policy. You can leave this empty.",
        filters=[stripped],
        validators=[at_most(evidence_kinds.TITLE_LIMIT, "The title")],
    )
    type = SelectField("What kind of document is it?", validate_choice=False)
    dated_on = DateParts("Date on the document", description="For example, 27 3 2026. You can leave this empty.")
    effective_from = DateParts("In use from", description="A policy or a guide needs this: the day it took effect.")
    period_from = DateParts("First day that it covers", description="For example, of a survey or of figures.")
    period_to = DateParts("Last day that it covers")
    valid_until = DateParts("Valid until", description="The last day, when the document says one.")
    criteria = SelectMultipleField("Tick every other question that it supports", validate_choice=False)

    @property
    def dates(self) -> Dates:
        """The dates that were typed."""
        return Dates(**{name: self[name].data for name in Dates.__dataclass_fields__})

    def offer_types(self, rules: EvidenceRules, criterion: Criterion) -> None:
        """Offer the kinds of document, those that are fit for the question first.

        A kind that is called like another way to give evidence is none of a file or a link.
        """
        ways = tuple(one.label for one in EvidenceKind if one is EvidenceKind.ACCOUNT)
        fit = [one for one in rules.types if not one.title.startswith(ways)]
        groups = {
            "For this question": [one for one in fit if one.code in criterion.evidence_types],
            "Other kinds": [one for one in fit if one.code not in criterion.evidence_types],
        }
        self.type.choices = {
            "": [("", "Choose one")],
            **{
                name: [
                    (one.code, one.title, {"data-dates": " ".join(date.value for date in one.dates)}) for one in kinds
                ]
                for name, kinds in groups.items()
                if kinds
            },
        }

    @property
    def chosen(self) -> str:
        """What is being added. Who filled in one part and forgot to say so means that part."""
        if self.kind.data:
            return str(self.kind.data)
        filled = [
            kind
            for kind, field in ((FILE, self.file), (LINK, self.url), (ACCOUNT, self.text), (LIBRARY, self.library))
            if field.data
        ]
        return filled[0] if len(filled) == 1 else ""

    @classmethod
    def offering(cls, pieces: Sequence[Evidence]) -> "EvidenceForm":
        """The form, with what can be used again and a box for where to look in each of it."""
        made = {place_of(piece): place_field() for piece in pieces if piece.kind is not EvidenceKind.ACCOUNT}
        form: EvidenceForm = type("OfferingForm", (cls,), made)()
        form.library.choices = [(str(piece.id), piece.title) for piece in pieces]
        return form

    def left_over(self) -> bool:
        """Whether something was filled in that does not count for what is being added. Says so beside each of it."""
        kind = self.chosen
        if kind not in USED:
            return False
        found = False
        for field in self:
            if field.name in {"kind", "find", "criteria", "csrf_token"} or not self._is_filled(field):
                continue
            if field.name.startswith(PLACE_OF):
                ticked = field.name.removeprefix(PLACE_OF) in (self.library.data or ())
                said = "" if kind == LIBRARY and ticked else "Tick this evidence, or clear where to look in it."
            else:
                said = "" if field.name in USED[kind] else _LEFT_OVER[field.name].format(KINDS[kind])
            if said:
                field.errors = [said]
                found = True
        return found

    @staticmethod
    def _is_filled(field: Field) -> bool:
        return any(field.parts) if isinstance(field, DateParts) else bool(field.data)


PLACE_OF = "place-"
_CLEAR = "does not go with “{}”. Clear it, or choose something else to add."
_LEFT_OVER = {
    "file": "You also chose a file, but said “{}”. Add that first, then come back to add the file.",
    "url": f"A web address {_CLEAR}",
    "text": f"A written account {_CLEAR}",
    "place": f"Where to look {_CLEAR}",
    "title": f"A title {_CLEAR}",
    "type": f"A kind of document {_CLEAR}",
    **dict.fromkeys(Dates.__dataclass_fields__, f"A date {_CLEAR}"),
    "library": "You also ticked evidence you gave before, but said “{}”. Untick it, or choose something else to add.",
}


def place_of(piece: Evidence) -> str:
    """The name of the box for where to look in a piece that is used again."""
    return f"{PLACE_OF}{piece.id}"


class PlaceForm(BaseForm):
    """Where in a piece of evidence to look for one criterion."""

    place = place_field()
    seen = HiddenField()
