"""Employers: look one up with all that belongs to it; check the awards of other schemes that it holds."""

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from flask import abort, current_app, flash, g, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import joinedload

from charter.admin.base import Chosen, RecordView, locked, on
from charter.admin.forms import CheckForm, DeclineForm, TakeBackForm, TurnDownProofForm
from charter.assessment import evidence_files, recognising
from charter.assessment.models import Assessment, PrivacyReason
from charter.award.models import Award
from charter.clock import now, today
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.framework.content import Content
from charter.improvement import reopening
from charter.organisation import interests, queries, recognition
from charter.organisation.models import Organisation, Recognition
from charter.organisation.recognition import CHECK, TAKE_BACK
from charter.permissions import Permission
from charter.review import privacy
from charter.review.models import Review
from charter.web.access import the_user
from charter.web.employer.evidence_files import check_no_interest, download


def content() -> Content:
    """The newest version of the charter, whose words name counties, sizes and sectors; asked for once in a request."""
    if "panel_content" not in g:
        g.panel_content = publishing.current(db.session).content
    found: Content = g.panel_content
    return found


def counties() -> list[tuple[str, str]]:
    """The counties to choose from."""
    return [(county.code, county.title) for county in content().counties]


def sizes() -> list[tuple[str, str]]:
    """The size bands to choose from."""
    return [(band.code, band.title) for band in content().size_bands]


def sectors() -> list[tuple[str, str]]:
    """The sectors to choose from."""
    return [(sector.code, sector.title) for sector in content().sectors]


NAMES: Mapping[str, Callable[[Any], str]] = {
    "county": lambda record: content().county_title(record.county),
    "size_band": lambda record: content().size_title(record.size_band),
    "sector": lambda record: content().sector_title(record.sector),
}


class OrganisationsView(RecordView):
    """Employers, as they describe themselves."""

    permission = Permission.VIEW_ORGANISATIONS
    what = "Every employer that has registered."
    noun = "employer"
    searched = "By name, company number or charity number"
    column_list = ("name", "county", "size_band", "sector", "listed", "registered_at")
    column_labels = {
        "size_band": "Size",
        "listed": "On the public register",
        "registered_at": "Registered",
        "scope": "Answers cover",
    }
    words = NAMES
    column_sortable_list = ("name", "county", "registered_at")
    column_default_sort = "name"
    column_searchable_list = ("name", "company_number", "charity_number")
    column_filters = (
        Chosen(Organisation.county, "County", "county", counties),
        Chosen(Organisation.size_band, "Size", "size", sizes),
        Chosen(Organisation.sector, "Sector", "sector", sectors),
    )
    column_details_list = (
        "county",
        "district",
        "size_band",
        "sector",
        "scope",
        "company_number",
        "charity_number",
        "website",
        "about",
        "listed",
        "registered_at",
    )
    column_export_list = (
        "name",
        "county",
        "district",
        "size_band",
        "sector",
        "company_number",
        "charity_number",
        "listed",
        "registered_at",
    )
    details_template = "admin/records/organisation.html"

    def get_query(self) -> Any:
        """The employers that stand. One that was merged is the other one now."""
        return super().get_query().where(Organisation.merged_into_id.is_(None))

    def get_count_query(self) -> Any:
        """How many there are of those."""
        return super().get_count_query().where(Organisation.merged_into_id.is_(None))

    def get_one(self, id: Any) -> Any:
        """One employer; the address of one that was merged leads on."""
        found = super().get_one(id)
        if found.merged_into_id is not None:
            abort(redirect(url_for(".details_view", id=found.merged_into_id)))
        return found

    def title(self, model: Organisation) -> str:
        """The heading of one employer's page."""
        return model.name

    def render(self, template: str, **values: Any) -> str:
        """A page; that of one employer with all that belongs to it."""
        if template == self.details_template:
            values |= about(values["model"])
        html: str = super().render(template, **values)
        return html

    @expose("/recognitions/<uuid:recognition_id>/check", methods=("GET", "POST"))
    @on(Permission.CHECK_RECOGNITION, Recognition)
    def check_view(self, recognition: Recognition) -> ResponseReturnValue:
        """Keep that an award of another scheme was seen where that scheme lists it, or on its certificate."""
        form = CheckForm(data={"seen_proof": str(recognition.proof_id or "")})
        if form.validate_on_submit():
            try:
                check(recognition, seen=form.seen_proof.data or "", on_list=form.on_list.data)
            except Refusal as refusal:
                if refusal.field is None:
                    raise
                form.refuse(refusal)
                db.session.refresh(recognition)
            else:
                flash("The award is marked as checked. The employer’s owners are told.", "success")
                return redirect(url_for(".details_view", id=recognition.organisation_id))
        page = self.render("admin/records/check.html", form=form, **shown(recognition, CHECK))
        return page, 400 if form.errors else 200

    @expose("/recognitions/<uuid:recognition_id>/decline", methods=("GET", "POST"))
    @on(Permission.CHECK_RECOGNITION, Recognition)
    def decline_view(self, recognition: Recognition) -> ResponseReturnValue:
        """Turn an award of another scheme down, for a reason that the employer reads."""
        form = DeclineForm(data={"seen_proof": str(recognition.proof_id or "")})
        if form.validate_on_submit():
            try:
                decline(recognition, form.reason.data or "", seen=form.seen_proof.data or "")
            except Refusal as refusal:
                seen_again(form, refusal, recognition)
            else:
                flash("The award is turned down. The employer’s owners are told why.", "success")
                return redirect(url_for(".details_view", id=recognition.organisation_id))
        page = self.render("admin/records/decline.html", form=form, **shown(recognition, CHECK))
        return page, 400 if form.errors else 200

    @expose("/recognitions/<uuid:recognition_id>/proof")
    @on(Permission.CHECK_RECOGNITION, Recognition)
    def proof_view(self, recognition: Recognition) -> ResponseReturnValue:
        """The file that shows an award of another scheme, to save."""
        check_no_interest(recognition.organisation_id)
        piece = recognising.proof_of(db.session, recognition)
        return download(piece) if piece is not None else abort(404)

    @expose("/recognitions/<uuid:recognition_id>/turn-down-proof", methods=("GET", "POST"))
    @on(Permission.CHECK_RECOGNITION, Recognition)
    def turn_down_proof_view(self, recognition: Recognition) -> ResponseReturnValue:
        """Turn down the proof of an award for privacy: its content is deleted, and the employer asked for other."""
        form = TurnDownProofForm(data={"seen_proof": str(recognition.proof_id or "")})
        if form.validate_on_submit():
            try:
                turn_down_proof(recognition, form.reason.data or "", seen=form.seen_proof.data or "")
            except Refusal as refusal:
                seen_again(form, refusal, recognition)
            else:
                flash("The proof is turned down and its content deleted. The employer is told.", "success")
                return redirect(url_for(".check_view", recognition_id=recognition.id))
        page = self.render("admin/records/turn_down_proof.html", form=form, **shown(recognition, CHECK))
        return page, 400 if form.errors else 200

    @expose("/recognitions/<uuid:recognition_id>/take-back", methods=("GET", "POST"))
    @on(Permission.TAKE_BACK_RECOGNITION, Recognition)
    def take_back_view(self, recognition: Recognition) -> ResponseReturnValue:
        """Remove an award of another scheme that was stated by mistake."""
        form, employer_id = TakeBackForm(), recognition.organisation_id
        if form.validate_on_submit():
            try:
                take_back(recognition, form.reason.data or "")
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("The award is taken back. The employer’s owners are told why.", "success")
                return redirect(url_for(".details_view", id=employer_id))
        page = self.render("admin/records/take_back.html", form=form, **shown(recognition, TAKE_BACK))
        return page, 400 if form.errors else 200


def shown(stated: Recognition, deed: str) -> dict[str, Any]:
    """What an assessor needs to see of an award of another scheme before `deed` is done to it.

    Who has an interest in the employer sees why they may not, and no proof.
    """
    why_not = interests.why_not(db.session, the_user(), stated.organisation_id, deed)
    passport = content().passport(stated.scheme, stated.level)
    return {
        "recognition": stated,
        "content": content(),
        "passport": passport,
        "strength": content().strength(passport.strength) if passport else None,
        "odd": passport is not None and recognition.looks_odd(passport, stated.reference),
        "proof": recognising.proof_of(db.session, stated) if why_not is None else None,
        "why_not": why_not,
        "stands_in": recognising.by_award(content(), [stated], on=today()).get(stated.id, ()),
    }


def seen_again(form: DeclineForm | TurnDownProofForm, refusal: Refusal, stated: Recognition) -> None:
    """Say why on the form, which is about the award and its proof as they are now."""
    form.refuse(refusal)
    db.session.refresh(stated)
    form.seen_proof.data = str(stated.proof_id or "")


def check(stated: Recognition, *, seen: str, on_list: bool) -> None:
    """Mark an award of another scheme as checked, once, by one person who saw its proof, and tell the employer."""
    with transaction() as session:
        held = locked(session, stated)
        recognition.see(held, proof=seen)
        recognising.check(session, held, on_list=on_list, by=the_user(), at=now())


def decline(stated: Recognition, reason: str, *, seen: str) -> None:
    """Turn an award of another scheme down, once, by one person who saw its proof, and tell the employer why."""
    with transaction() as session:
        held = locked(session, stated)
        recognition.see(held, proof=seen)
        recognising.decline(session, held, reason=reason, by=the_user(), at=now())


def turn_down_proof(stated: Recognition, reason: str, *, seen: str) -> None:
    """Turn the proof of an award down for privacy, once, and take its content out of the store after the commit."""
    why = next((one for one in PrivacyReason if one.value == reason), PrivacyReason.OTHER)
    with transaction() as session:
        gone = privacy.turn_down_proof(session, locked(session, stated), seen=seen, reason=why, by=the_user(), at=now())
    if gone is not None:
        evidence_files.forget(db.session, current_app.extensions["charter_store"], gone)


def take_back(stated: Recognition, reason: str) -> None:
    """Remove an award of another scheme, once, by one person, and tell the employer why and what rested on it."""
    with transaction() as session:
        reopening.take_back(session, locked(session, stated), reason=reason, by=the_user(), at=now(), on=today())


def about(organisation: Organisation) -> dict[str, Any]:
    """What belongs to one employer, in five queries."""
    return {
        "team": queries.team(db.session, organisation),
        "sites": queries.sites(db.session, organisation),
        "recognitions": db.session.scalars(
            sa.select(Recognition)
            .where(Recognition.organisation_id == organisation.id)
            .order_by(Recognition.starts_on, Recognition.id)
        ).all(),
        "reviews": db.session.scalars(
            sa.select(Review)
            .join(Review.assessment)
            .where(Assessment.organisation_id == organisation.id)
            .options(joinedload(Review.assessment).joinedload(Assessment.framework))
            .order_by(Review.waiting_since)
        ).all(),
        "awards": db.session.scalars(
            sa.select(Award)
            .where(Award.organisation_id == organisation.id)
            .options(joinedload(Award.framework))
            .order_by(Award.starts_on)
        ).all(),
        "content": content(),
    }
