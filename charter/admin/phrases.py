"""The phrases that the team keeps for its feedback: to read, add, change and retire."""

from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import joinedload
from wtforms import HiddenField, SelectField, TextAreaField

from charter.admin.base import Chosen, RecordView, on
from charter.admin.organisations import content
from charter.clock import now
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.permissions import Permission
from charter.review import phrases
from charter.review.phrases import Phrase
from charter.web.access import the_user
from charter.web.forms import BaseForm, EmptyForm, at_most, needed, stripped


class PhraseForm(BaseForm):
    """One phrase: its words, and where it fits."""

    text = TextAreaField(
        "The phrase",
        description="One or two sentences that the employer reads. Whoever uses it makes it fit the case.",
        filters=[stripped],
        validators=[needed("Write the phrase."), at_most(phrases.LONGEST, "The phrase")],
    )
    criterion = SelectField("For which criterion?", validate_choice=False)
    outcome = SelectField("For which finding?", validate_choice=False)
    seen_version = HiddenField()

    @classmethod
    def about(cls, phrase: Phrase | None = None) -> "PhraseForm":
        """The form, filled with what a phrase says now."""
        there = phrase and {"text": phrase.text, "criterion": phrase.criterion, "outcome": phrase.outcome}
        form = cls(data={**(there or {}), "seen_version": str(phrase.version) if phrase else ""})
        form.criterion.choices = [("", "Any"), *criteria()]
        form.outcome.choices = [("", "Any"), *outcomes()]
        return form

    def says(self) -> dict[str, str]:
        """What was typed, for the verbs."""
        fields = {"text": self.text, "criterion": self.criterion, "outcome": self.outcome}
        return {name: field.data or "" for name, field in fields.items()}


def criteria() -> list[tuple[str, str]]:
    """The criteria of the charter today, to choose from."""
    return [(one.code, f"{one.code} {one.title}") for one in content().criteria]


def outcomes() -> list[tuple[str, str]]:
    """The findings of the charter today, to choose from."""
    return [(one.value, one.label) for one in content().outcomes]


class InUse(Chosen):
    """A filter for phrases that may be chosen, or may be no more."""

    def apply(self, query: Any, value: str, alias: Any = None) -> Any:
        """The query, narrowed."""
        if not value:
            return query
        return query.filter(Phrase.retired_at.is_(None) if value == "yes" else Phrase.retired_at.is_not(None))


def _words_of(choices: list[tuple[str, str]], code: str) -> str:
    return dict(choices).get(code, code) or "Any"


class PhrasesView(RecordView):
    """Standard feedback, kept by the team."""

    permission = Permission.KEEP_PHRASES
    what = "Sentences for feedback that employers read. On a case you choose one and make it fit."
    noun = "phrase"
    searched = "In the words"
    eager = (joinedload(Phrase.changed_by),)
    column_list = ("text", "criterion", "outcome", "in_use", "changed_at", "changed_by")
    column_details_list = column_list
    column_labels = {
        "text": "Phrase",
        "outcome": "Finding",
        "in_use": "In use",
        "changed_at": "Changed",
        "changed_by": "Changed by",
    }
    words = {
        "criterion": lambda one: _words_of(criteria(), one.criterion),
        "outcome": lambda one: _words_of(outcomes(), one.outcome),
        "in_use": lambda one: "No" if one.retired_at else "Yes",
        "changed_by": lambda one: one.changed_by.name,
    }
    column_sortable_list = ("text", "criterion", "changed_at")
    column_default_sort = "text"
    column_searchable_list = ("text",)
    column_filters = (
        Chosen(Phrase.criterion, "Criterion", "criterion", criteria),
        Chosen(Phrase.outcome, "Finding", "outcome", outcomes),
        InUse(Phrase.retired_at, "In use", "in_use", lambda: [("yes", "Yes"), ("no", "No")]),
    )
    list_template = "admin/records/phrases.html"
    details_template = "admin/records/phrase.html"

    def title(self, model: Phrase) -> str:
        """The heading of one phrase's page."""
        return model.short

    @expose("/add", methods=("GET", "POST"))
    @on(Permission.KEEP_PHRASES)
    def add_view(self) -> ResponseReturnValue:
        """Add a phrase."""
        form = PhraseForm.about()
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    phrases.add(session, content(), **form.says(), by=the_user(), at=now())
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("The phrase is in the list.", "success")
                return redirect(url_for(".index_view"))
        return self.render("admin/records/phrase_form.html", form=form, phrase=None), 400 if form.errors else 200

    @expose("/<uuid:phrase_id>/change", methods=("GET", "POST"))
    @on(Permission.KEEP_PHRASES, Phrase)
    def change_view(self, phrase: Phrase) -> ResponseReturnValue:
        """Change a phrase."""
        form = PhraseForm.about(phrase)
        theirs: Phrase | None = None
        if form.validate_on_submit():
            seen = form.seen_version.data or ""
            try:
                with transaction() as session:
                    phrases.change(
                        session,
                        content(),
                        phrase,
                        **form.says(),
                        seen_version=int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 9 else 0,
                        by=the_user(),
                        at=now(),
                    )
            except Stale:
                theirs = db.session.get_one(Phrase, phrase.id, populate_existing=True)
                form.seen_version.data = str(theirs.version)
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("The phrase is changed. What was written with it before stays as it is.", "success")
                return redirect(url_for(".details_view", id=phrase.id))
        page = self.render(
            "admin/records/phrase_form.html",
            form=form,
            phrase=phrase,
            theirs=theirs,
            says=[(self.column_labels.get(name, name.capitalize()), self.value(theirs, name)) for name in SAID]
            if theirs
            else [],
            why_not=phrases.RETIRED if phrase.retired_at else None,
        )
        return page, 409 if theirs else 400 if form.errors else 200

    @expose("/<uuid:phrase_id>/retire", methods=("GET", "POST"))
    @on(Permission.KEEP_PHRASES, Phrase)
    def retire_view(self, phrase: Phrase) -> ResponseReturnValue:
        """Offer a phrase no more."""
        form = EmptyForm()
        if form.validate_on_submit():
            with transaction() as session:
                phrases.retire(session, phrase, by=the_user(), at=now())
            flash("The phrase is out of use.", "success")
            return redirect(url_for(".details_view", id=phrase.id))
        why_not = phrases.RETIRED if phrase.retired_at else None
        return self.render("admin/records/phrase_retire.html", form=form, phrase=phrase, why_not=why_not)


SAID = ("text", "criterion", "outcome", "changed_at", "changed_by")
