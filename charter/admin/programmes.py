"""The directory of services: add, change, check again, retire; and who asked for what."""

from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import joinedload
from wtforms import (
    EmailField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    URLField,
)
from wtforms.validators import Optional

from charter.admin.base import Chosen, ChosenRow, RecordView, of_status, on, shown
from charter.admin.organisations import content, counties
from charter.clock import day_in_words, now, today
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework.content import Content
from charter.improvement import programmes
from charter.improvement.models import Programme, ProgrammeRequest, ProgrammeStatus
from charter.improvement.programmes import Details
from charter.permissions import Permission
from charter.web.access import the_user
from charter.web.employer.differing import Difference, differing
from charter.web.employer.forms import number_in
from charter.web.forms import BaseForm, DateParts, EmptyForm, at_most, needed, stripped


class WholeNumber(IntegerField):
    """A number of people. What is none is said so in our words."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was typed; commas are fine, and nothing is no number."""
        typed = (valuelist[0] if valuelist else "").replace(",", "").strip()
        self.data = None
        if typed:
            if not (typed.isascii() and typed.isdigit() and len(typed) < 10):
                raise ValueError("The number of people must be a whole number, such as 250.")
            self.data = int(typed)


def _text(label: str, length: int, missing: str = "", hint: str = "", kind: Any = StringField) -> Any:
    validators = [needed(missing)] if missing else []
    return kind(label, description=hint, filters=[stripped], validators=[*validators, at_most(length, "What you type")])


class ProgrammeForm(BaseForm):
    """What the directory says of a programme."""

    name = _text("Name", 160, "Enter the name.")
    provider = _text("Who runs it?", 160, "Say who runs it.")
    offers = _text(
        "What does it offer?", 1000, "Say what it offers.", "In words that an employer understands.", TextAreaField
    )
    for_whom = _text("For whom?", 300, "Say for whom it is.")
    county = SelectField("Where?", validate_choice=False)
    size_min = WholeNumber(
        "Fewest people an employer may have",
        description="Leave it empty if there is no limit.",
        validators=[Optional()],
    )
    size_max = WholeNumber(
        "Most people an employer may have", description="Leave it empty if there is no limit.", validators=[Optional()]
    )
    themes = SelectMultipleField("What does it help with?", validate_choice=False)
    criteria = SelectMultipleField(
        "Does it help with some criteria only?",
        description="If you tick any, plans of employers point to it for these alone.",
        validate_choice=False,
    )
    how_to_start = _text("How does an employer start?", 1000, "Say how to start.", kind=TextAreaField)
    contact_email = _text(
        "Who is told when an employer asks?",
        254,
        hint="An email address. Leave it empty and we are told instead.",
        kind=EmailField,
    )
    website = _text("Website", 300, hint="The whole address, beginning with https://", kind=URLField)
    source = _text("Where do we have this from?", 300, "Say where we have this from.")
    review_by = DateParts("When must we check it again?", validators=[needed("Enter the day to check it again.")])
    seen_version = HiddenField()

    @classmethod
    def on(cls, charter: Content, **data: Any) -> "ProgrammeForm":
        """The form with the choices that the charter offers."""
        form = cls(data=data)
        form.county.choices = [("", "Every county"), *((one.code, one.title) for one in charter.counties)]
        form.themes.choices = [(one.code, one.title) for one in charter.themes]
        form.criteria.choices = [(one.code, f"{one.code} {one.title}") for one in charter.criteria]
        return form

    def details(self) -> Details:
        """What was typed. Only for a form that is sound."""
        assert self.review_by.data is not None, "the form needs it"
        return Details(
            name=self.name.data,
            provider=self.provider.data,
            county=self.county.data or None,
            for_whom=self.for_whom.data,
            offers=self.offers.data,
            themes=tuple(self.themes.data or ()),
            criteria=tuple(self.criteria.data or ()),
            size_min=self.size_min.data,
            size_max=self.size_max.data,
            how_to_start=self.how_to_start.data,
            contact_email=self.contact_email.data or None,
            website=self.website.data or None,
            source=self.source.data,
            review_by=self.review_by.data,
        )

    def sound(self, charter: Content) -> bool:
        """Whether it was sent and may be kept; says all that is wrong at once."""
        if not self.is_submitted():
            return False
        good: bool = self.validate()
        if self.review_by.data is not None:
            for fault in programmes.faults(self.details(), charter, on=today()):
                self.refuse(fault)
        return good and not self.errors


class ConfirmForm(BaseForm):
    """That a programme was checked."""

    review_by = DateParts("When must we check it again?", validators=[needed("Enter the day to check it again.")])
    seen_version = HiddenField()


def _again(programme: Programme) -> Programme:
    """The programme as it is saved now."""
    return db.session.get_one(Programme, programme.id, populate_existing=True)


def _differences(theirs: Programme, form: ProgrammeForm) -> list[Difference]:
    """Where what is saved of a programme and what was typed are not the same, under the questions of the form."""
    mine = dict(_says(form.details()))
    return differing([(label, said, mine[label]) for label, said in _says(theirs)])


def _says(of: Programme | Details) -> list[tuple[str, object]]:
    """All that the directory says of a programme, in words, under the questions of the form."""
    charter = content()
    titles = {one.code: one.title for one in charter.themes} | {one.code: one.title for one in charter.criteria}
    words = {
        "county": charter.county_title(of.county) if of.county else "Every county",
        "themes": ", ".join(titles.get(code, code) for code in sorted(of.themes)),
        "criteria": ", ".join(f"{code} {titles.get(code, '')}".strip() for code in sorted(of.criteria)),
        "size_min": of.size_min or "",
        "size_max": of.size_max or "",
    }
    form = ProgrammeForm()
    names = Details.__dataclass_fields__
    return [(form[name].label.text, words[name] if name in words else getattr(of, name)) for name in names]


class PastReview(Chosen):
    """A filter for programmes whose day to be checked again has passed."""

    def apply(self, query: Any, value: str, alias: Any = None) -> Any:
        """The query, narrowed to open programmes that wait."""
        if not value:
            return query
        return query.filter(self.get_column(alias) < today(), Programme.status == ProgrammeStatus.OPEN)


def _themes(record: Programme) -> str:
    return "; ".join(theme.title for theme in content().themes if theme.code in record.themes)


def _criteria(record: Programme) -> str:
    return "; ".join(f"{one.code} {one.title}" for one in content().criteria if one.code in record.criteria)


def _review(record: Programme) -> str:
    late = record.status is ProgrammeStatus.OPEN and record.review_by < today()
    said = day_in_words(record.review_by)
    return f"{said} (past)" if late else said


class ProgrammesView(RecordView):
    """The directory of services."""

    permission = Permission.KEEP_PROGRAMMES
    what = "The services that employers find under “Find help”. Each has a day by which we check it again."
    noun = "service"
    searched = "By name or who runs it"
    column_list = ("name", "provider", "county", "contact_email", "review_by", "status")
    column_labels = {
        "provider": "Run by",
        "for_whom": "For whom",
        "how_to_start": "How to start",
        "contact_email": "Contact",
        "review_by": "Check again by",
        "offers": "What it offers",
        "themes": "Helps with",
        "size_min": "Fewest people",
        "size_max": "Most people",
        "changed_at": "Last checked by us",
    }
    words = {
        "county": lambda record: content().county_title(record.county) if record.county else "Every county",
        "themes": _themes,
        "size_min": lambda record: shown(record.size_min) or "No limit",
        "size_max": lambda record: shown(record.size_max) or "No limit",
        "changed_at": lambda record: shown(record.changed_at) or "Never",
        "criteria": _criteria,
        "review_by": _review,
    }
    exported = {"review_by": lambda record: record.review_by.isoformat()}
    column_sortable_list = ("name", "provider", "review_by")
    column_default_sort = "name"
    column_searchable_list = ("name", "provider")
    column_filters = (
        Chosen(Programme.status, "Status", "status", of_status(ProgrammeStatus)),
        Chosen(Programme.county, "County", "county", counties),
        PastReview(Programme.review_by, "To be checked", "past", lambda: [("yes", "Past its day")]),
    )
    column_details_list = (
        "status",
        "offers",
        "for_whom",
        "provider",
        "county",
        "size_min",
        "size_max",
        "themes",
        "criteria",
        "how_to_start",
        "contact_email",
        "website",
        "source",
        "review_by",
        "changed_at",
    )
    list_template = "admin/records/programmes.html"
    details_template = "admin/records/programme.html"

    def title(self, model: Programme) -> str:
        """The heading of one programme's page."""
        return model.name

    def waiting(self) -> int:
        """How many programmes should have been checked before today."""
        return programmes.to_review(db.session, on=today())

    @expose("/add", methods=("GET", "POST"))
    @on(Permission.KEEP_PROGRAMMES)
    def add_view(self) -> ResponseReturnValue:
        """Add a programme."""
        charter = content()
        form = ProgrammeForm.on(charter)
        if form.sound(charter):
            try:
                with transaction() as session:
                    made = programmes.add(session, form.details(), charter, by=the_user(), at=now(), on=today())
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash(f"{made.name} is in the directory.", "success")
                return redirect(url_for(".details_view", id=made.id))
        return self.render("admin/records/programme_form.html", form=form, programme=None), 400 if form.errors else 200

    @expose("/<uuid:programme_id>/change", methods=("GET", "POST"))
    @on(Permission.KEEP_PROGRAMMES, Programme)
    def change_view(self, programme: Programme) -> ResponseReturnValue:
        """Change what the directory says of a programme."""
        charter = content()
        columns = {name: getattr(programme, name) for name in Details.__dataclass_fields__}
        form = ProgrammeForm.on(charter, **{**columns, "seen_version": str(programme.version)})
        theirs: Programme | None = None
        differences: list[Difference] = []
        if form.sound(charter):
            try:
                with transaction() as session:
                    programmes.change(
                        session,
                        programme,
                        form.details(),
                        charter,
                        seen_version=number_in(form.seen_version),
                        by=the_user(),
                        at=now(),
                        on=today(),
                    )
            except Stale:
                theirs = _again(programme)
                form.seen_version.data = str(theirs.version)
                differences = _differences(theirs, form)
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("The service is changed.", "success")
                return redirect(url_for(".details_view", id=programme.id))
        page = self.render(
            "admin/records/programme_form.html", form=form, programme=programme, theirs=theirs, differences=differences
        )
        return page, 409 if theirs else 400 if form.errors else 200

    @expose("/<uuid:programme_id>/confirm", methods=("GET", "POST"))
    @on(Permission.KEEP_PROGRAMMES, Programme)
    def confirm_view(self, programme: Programme) -> ResponseReturnValue:
        """Keep that all of it is still so."""
        form = ConfirmForm(data={"seen_version": str(programme.version)})
        theirs: Programme | None = None
        if form.validate_on_submit():
            assert form.review_by.data is not None, "the form needs it"
            try:
                with transaction() as session:
                    programmes.confirm(
                        session,
                        programme,
                        review_by=form.review_by.data,
                        seen_version=number_in(form.seen_version),
                        by=the_user(),
                        at=now(),
                        on=today(),
                    )
            except Stale:
                theirs = _again(programme)
                form.seen_version.data = str(theirs.version)
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("Kept: it is checked.", "success")
                return redirect(url_for(".details_view", id=programme.id))
        page = self.render(
            "admin/records/programme_confirm.html",
            form=form,
            programme=programme,
            theirs=theirs,
            says=_says(theirs or programme),
        )
        return page, 409 if theirs else 400 if form.errors else 200

    @expose("/<uuid:programme_id>/retire", methods=("GET", "POST"))
    @on(Permission.KEEP_PROGRAMMES, Programme)
    def retire_view(self, programme: Programme) -> ResponseReturnValue:
        """Take a programme out of the directory, or put it back."""
        form = EmptyForm()
        if form.validate_on_submit():
            out = programme.status is ProgrammeStatus.OPEN
            with transaction() as session:
                (programmes.retire if out else programmes.reopen)(session, programme, by=the_user(), at=now())
            flash(
                "The service is out of the directory." if out else "The service is in the directory again.", "success"
            )
            return redirect(url_for(".details_view", id=programme.id))
        return self.render("admin/records/programme_retire.html", form=form, programme=programme)


def services() -> list[tuple[str, str]]:
    """Every service by name, those that were retired among them: somebody may have asked for one."""
    found = db.session.execute(sa.select(Programme.id, Programme.name).order_by(Programme.name, Programme.id))
    return [(str(row.id), row.name) for row in found]


class RequestsView(RecordView):
    """Who asked for what."""

    permission = Permission.KEEP_PROGRAMMES
    what = "Employers that asked for a service. Each was sent to the service’s contact, or to us where it has none."
    noun = "request"
    searched = "By employer or service"
    can_export = False  # names and addresses of people have no business in a spreadsheet
    eager = (
        joinedload(ProgrammeRequest.programme),
        joinedload(ProgrammeRequest.organisation),
        joinedload(ProgrammeRequest.asked_by),
    )
    column_list = ("asked_at", "organisation.name", "programme.name", "programme.contact_email")
    column_labels = {
        "asked_at": "Asked",
        "organisation.name": "Employer",
        "programme.name": "Service",
        "programme.contact_email": "Sent to",
        "asked_by.name": "Who asked",
        "asked_by.email": "Their address",
    }
    words = {"programme.contact_email": lambda record: record.programme.contact_email or "Us, to pass on"}
    column_sortable_list = ("asked_at",)
    column_default_sort = ("asked_at", True)
    column_searchable_list = ("organisation.name", "programme.name")
    column_filters = (ChosenRow(ProgrammeRequest.programme_id, "Service", "service", services),)
    column_details_list = (
        "organisation.name",
        "programme.name",
        "asked_at",
        "asked_by.name",
        "asked_by.email",
        "message",
        "programme.contact_email",
    )

    def title(self, model: ProgrammeRequest) -> str:
        """The heading of one request's page."""
        return f"{model.organisation.name}: {model.programme.name}"
