"""The awards of other schemes that an employer holds: tell of one with proof, give other proof, take one back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField
from wtforms import SelectField, StringField, URLField
from wtforms.fields.choices import SelectChoice

from charter.assessment import evidence_kinds, file_checks, recognising
from charter.assessment.evidence_kinds import Given
from charter.assessment.models import EvidenceKind
from charter.clock import now, today
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.framework.content import Content, Passport
from charter.organisation import queries, recognition
from charter.organisation.models import Organisation, Recognition
from charter.permissions import Permission
from charter.web.access import requires, the_user
from charter.web.employer import blueprint
from charter.web.employer.forms import chosen
from charter.web.employer.uploading import CHOOSE_AGAIN, keep, upload_limit
from charter.web.forms import BaseForm, DateParts, EmptyForm, needed, stripped

ONE_PROOF = "Choose the certificate as a file, or give the address of a list that names you."
NOT_BOTH = "Give a file or an address, not both."


def _file() -> FileField:
    return FileField("The certificate, as a file")


def _url() -> URLField:
    return URLField(
        "Or the address of the scheme’s public list that names you",
        description="Anyone must be able to open it without signing in.",
        filters=[stripped],
    )


class ProofForm(BaseForm):
    """What shows an award: a file or the address of a page."""

    file = _file()
    url = _url()

    def check_proof(self) -> None:
        """Say beside the fields when there is no proof, or more than one."""
        if not self.file.data and not self.url.data:
            self.file.errors = [ONE_PROOF]
        elif self.file.data and self.url.data:
            self.file.errors = [NOT_BOTH]
        elif self.errors and self.file.data and not self.file.errors:
            self.file.errors = [CHOOSE_AGAIN]


class RecognitionForm(ProofForm):
    """An award of another scheme, as its certificate says."""

    scheme = SelectField(
        "What do you hold?", validators=[chosen("Choose a scheme from the list.")], validate_choice=False
    )
    reference = StringField(
        "Number on the certificate", description="You can leave this empty if it has none.", filters=[stripped]
    )
    county = SelectField(
        "Which county is it for?",
        validators=[chosen("Choose the county that the award is for.")],
        validate_choice=False,
    )
    starts_on = DateParts("When did it start?", validators=[needed("Enter the day the award started.")])
    ends_on = DateParts("What is the last day on the certificate?")
    file = _file()  # again, so that the proof is named last where all that is wrong is listed, as it stands on the page
    url = _url()

    @classmethod
    def on(cls, content: Content, **values: Any) -> "RecognitionForm":
        """The form, with the awards that stand in for criteria in this version of the charter."""
        form = cls(**values)
        form.scheme.choices = [
            SelectChoice("", "Choose one"),
            *(SelectChoice(str(place), one.title) for place, one in enumerate(content.passports)),
        ]
        form.county.choices = [SelectChoice(county.code, county.title) for county in content.counties]
        return form

    def passport(self, content: Content) -> Passport | None:
        """The award that was chosen; None while none is."""
        if self.scheme.data not in {choice.value for choice in self.scheme.choices if choice.value}:
            return None
        return content.passports[int(self.scheme.data)]


@blueprint.get("/organisations/<uuid:organisation_id>/recognitions")
@requires(Permission.VIEW_ORGANISATION, Organisation)
def show_recognitions(organisation: Organisation) -> ResponseReturnValue:
    """The awards of other schemes that the employer holds, and what each stands in for."""
    content = publishing.current(db.session).content
    stated = queries.recognitions(db.session, organisation)
    return render_template(
        "employer/organisation/recognitions.html",
        content=content,
        organisation=organisation,
        recognitions=stated,
        proofs=recognising.proofs(db.session, stated),
        stand_ins=recognising.by_award(content, stated, on=today()),
        ending=recognising.ending(stated, on=today()),
    )


@blueprint.route("/organisations/<uuid:organisation_id>/recognitions/new", methods=["GET", "POST"])
@requires(Permission.EDIT_ORGANISATION, Organisation)
def add_recognition(organisation: Organisation) -> ResponseReturnValue:
    """Tell us of an award of another scheme, so that nobody asks again for what that scheme checked."""
    content = publishing.current(db.session).content
    form = RecognitionForm.on(content, data={"county": organisation.county})
    if form.is_submitted():
        chosen_one = _validated(form, content)
        if chosen_one is not None:
            try:
                _state(organisation, form, chosen_one)
            except Refusal as refusal:
                form.refuse(refusal)
                form.check_proof()
            else:
                flash(f"{chosen_one.title} is added. We will check it.", "success")
                if recognition.looks_odd(chosen_one, form.reference.data):
                    flash(
                        f"Numbers of this scheme look like {chosen_one.number_example}. "
                        f"Yours is {form.reference.data}. If that is a mistake, take the award back and add it again.",
                        "notice",
                    )
                return redirect(url_for(".show_recognitions", organisation_id=organisation.id), 303)
    page = render_template(
        "employer/organisation/add_recognition.html",
        form=form,
        content=content,
        organisation=organisation,
        accept=file_checks.ACCEPT,
        kinds=file_checks.KINDS_SAID,
        limit=upload_limit(),
    )
    return page, 400 if form.errors else 200


def _validated(form: RecognitionForm, content: Content) -> Passport | None:
    """The award that was chosen, when nothing typed is wrong. All that is wrong is said at once."""
    form.validate_on_submit()
    passport = form.passport(content)
    if passport is not None:
        said = {"reference": form.reference.data, "starts_on": form.starts_on.data, "ends_on": form.ends_on.data}
        for fault in recognition.faults(passport, **said, on=today()):
            if fault.field is not None and not form[fault.field].errors:
                form.refuse(fault)
    form.check_proof()
    return None if form.errors else passport


def _state(organisation: Organisation, form: RecognitionForm, passport: Passport) -> None:
    assert form.starts_on.data is not None, "the form needs it"
    with _given(form, organisation) as (kind, given), transaction() as session:
        stated = recognition.state(
            session,
            organisation,
            scheme=passport.scheme,
            level=passport.level,
            reference=form.reference.data,
            county=form.county.data,
            starts_on=form.starts_on.data,
            ends_on=form.ends_on.data,
            by=the_user(),
            at=now(),
        )
        session.flush()  # the proof is of something
        recognising.prove(session, stated, kind, given, by=the_user(), at=now())


@contextmanager
def _given(form: ProofForm, organisation: Organisation) -> Iterator[tuple[EvidenceKind, Given]]:
    """The proof, checked and stored before the block that names it. Raises Refusal on the field that is wrong."""
    if form.file.data:
        with keep(form.file.data, organisation) as stored:
            yield EvidenceKind.FILE, stored.given
    else:
        yield EvidenceKind.LINK, evidence_kinds.of_link(form.url.data or "")


@blueprint.route(
    "/organisations/<uuid:organisation_id>/recognitions/<uuid:recognition_id>/proof", methods=["GET", "POST"]
)
@requires(Permission.EDIT_ORGANISATION, Organisation)
def prove_recognition(organisation: Organisation, recognition_id: UUID) -> ResponseReturnValue:
    """Give proof of an award, or other proof when the first was turned down."""
    stated = _stated(organisation, recognition_id)
    form, content = ProofForm(), publishing.current(db.session).content
    home = url_for(".show_recognitions", organisation_id=organisation.id)
    if stated.checked_at is not None and request.method == "GET":
        flash("We have checked this award already, so it needs no other proof.")
        return redirect(home, 303)
    if form.is_submitted():
        form.validate_on_submit()
        form.check_proof()
        if not form.errors:
            try:
                with _given(form, organisation) as (kind, given), transaction() as session:
                    recognising.prove(session, stated, kind, given, by=the_user(), at=now())
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("Thank you. We will look at it.", "success")
                return redirect(home, 303)
    page = render_template(
        "employer/organisation/proof.html",
        form=form,
        organisation=organisation,
        content=content,
        recognition=stated,
        proof=recognising.proof_of(db.session, stated),
        title=content.passport_title(stated.scheme, stated.level),
        accept=file_checks.ACCEPT,
        kinds=file_checks.KINDS_SAID,
        limit=upload_limit(),
    )
    return page, 400 if form.errors else 200


@blueprint.route(
    "/organisations/<uuid:organisation_id>/recognitions/<uuid:recognition_id>/take-back", methods=["GET", "POST"]
)
@requires(Permission.EDIT_ORGANISATION, Organisation)
def take_back_recognition(organisation: Organisation, recognition_id: UUID) -> ResponseReturnValue:
    """Take back an award of another scheme that was told by mistake."""
    if queries.recognition(db.session, organisation, recognition_id) is None and request.method == "POST":
        flash("This award was taken back already.")  # the button was pressed twice
        return redirect(url_for(".show_recognitions", organisation_id=organisation.id), 303)
    stated = _stated(organisation, recognition_id)
    form, content = EmptyForm(), publishing.current(db.session).content
    title = content.passport_title(stated.scheme, stated.level)
    if form.validate_on_submit():
        with transaction() as session:
            recognition.take_back(session, stated, by=the_user(), at=now())
        flash(f"{title} is taken back.", "success")
        return redirect(url_for(".show_recognitions", organisation_id=organisation.id), 303)
    return render_template(
        "employer/organisation/take_back.html", form=form, organisation=organisation, recognition=stated, title=title
    )


def _stated(organisation: Organisation, recognition_id: UUID) -> Recognition:
    found = queries.recognition(db.session, organisation, recognition_id)
    if found is None:
        abort(404)
    return found
