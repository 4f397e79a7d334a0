"""The forms for editing the crosswalk. Each asks why, and where we have it from."""

from typing import Any, ClassVar

from wtforms import BooleanField, HiddenField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from charter.framework import crosswalk_changes as changes
from charter.framework.content import Content
from charter.framework.crosswalk import STATUSES, Item, Scheme
from charter.framework.crosswalk_changes import Details, Why
from charter.web.forms import BaseForm, at_most, needed, stripped

NOWHERE = ""
"""What the list of levels says for an item that belongs to none."""


class WhyForm(BaseForm):
    """Why something is edited, and the version of it that the person saw."""

    source = StringField(
        "Where do we have it from?",
        description="Such as a page of the scheme, or its form of a year. Employers read this. Name no person.",
        filters=[stripped],
        validators=[needed("Say where we have it from."), at_most(changes.SOURCE_LENGTH, "What you type")],
    )
    reason = TextAreaField(
        "Why do you do this?",
        description="Only people who work for the charter read this.",
        filters=[stripped],
        validators=[needed("Say why you do this."), at_most(changes.REASON_LENGTH, "The reason")],
    )
    seen_version = HiddenField()
    asked_first: ClassVar[tuple[str, ...]] = ()
    """What the page asks before where and why, so that errors are listed in its order."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = dict(self._fields)
        self._fields: dict[str, Any] = {name: fields[name] for name in self.asked_first} | fields

    @property
    def seen(self) -> int:
        """The version of the item that the person saw."""
        typed = str(self.seen_version.data or "")
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else -1

    @property
    def why(self) -> Why:
        """Why, as the verbs take it."""
        return Why(self.reason.data or "", self.source.data or "")


class TakeOutForm(WhyForm):
    """That an item counts no more."""

    asked_first: ClassVar[tuple[str, ...]] = ("status",)
    status = RadioField(
        "How sure are we that the scheme does not ask for it?",
        choices=[SelectChoice(code, words) for code, words in STATUSES.items()],
        validate_choice=False,
        validators=[needed("Choose how sure we are.")],
    )


class ItemForm(WhyForm):
    """What an item of another scheme is, what it stands beside, and how sure we are."""

    asked_first: ClassVar[tuple[str, ...]] = ("label", "group", "criteria", "no_criteria", "status", "source", "note")
    label = StringField(
        "What is it?",
        description="In our words, as employers read it.",
        filters=[stripped],
        validators=[needed("Enter what the item is."), at_most(changes.LABEL_LENGTH, "What you type")],
    )
    group = SelectField("Which level of the scheme asks for it?", validate_choice=False)
    status = RadioField("How sure are we?", validate_choice=False, validators=[needed("Choose how sure we are.")])
    note = TextAreaField(
        "Note for employers",
        description="You can leave this empty.",
        filters=[stripped],
        validators=[at_most(changes.NOTE_LENGTH, "The note")],
    )
    criteria = SelectMultipleField("Which criteria does it stand beside?", validate_choice=False)
    no_criteria = BooleanField("No question of ours stands beside it, so no employer can have it done")

    def offer(self, scheme: Scheme, content: Content) -> None:
        """Fill the lists that one chooses from."""
        self.criteria.choices = [(one.code, f"{one.code} {one.title}") for one in content.criteria]
        self.status.choices = [SelectChoice(code, words) for code, words in STATUSES.items()]
        groups = [(group.code, f"{level.title}: {group.title}") for level, group in scheme.groups]
        self.group.choices = [(NOWHERE, "None that we know of"), *groups]

    @classmethod
    def about(cls, scheme: Scheme, item: Item, content: Content) -> "ItemForm":
        """The form, with what is said of an item now."""
        form = cls(
            data={
                "label": item.label,
                "group": item.group if scheme.group(item.group) else NOWHERE,
                "criteria": list(item.criteria),
                "no_criteria": not item.criteria,
                "status": item.status,
                "note": item.note,
                "source": item.source,
                "seen_version": str(item.version),
            }
        )
        form.offer(scheme, content)
        return form

    @property
    def details(self) -> Details:
        """What was typed, as the verbs take it."""
        return Details(
            label=self.label.data or "",
            group=self.group.data or None,
            criteria=tuple(self.criteria.data or ()),
            status=self.status.data or "",
            note=self.note.data or "",
            no_criteria=bool(self.no_criteria.data),
        )


class AddForm(ItemForm):
    """An item that is not in the list yet."""

    asked_first: ClassVar[tuple[str, ...]] = ("code", *ItemForm.asked_first)
    code = StringField(
        "Code",
        description="Such as the number that the scheme gives it. You cannot change it later.",
        filters=[stripped],
        validators=[needed("Enter a code.")],
    )

    @classmethod
    def within(cls, scheme: Scheme, content: Content) -> "AddForm":
        """The form, empty."""
        form = cls()
        form.offer(scheme, content)
        return form
