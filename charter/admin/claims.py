"""Claims to employers whose owners have gone: which are open, the facts of each, and the scheme's decision."""

from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import joinedload
from wtforms import TextAreaField

from charter.account.models import domain_of
from charter.admin.base import Chosen, RecordView, of_status, on
from charter.clock import day_in_words, local_date, now
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.organisation import interests, queries
from charter.organisation.models import Organisation
from charter.permissions import Permission, allows
from charter.succession import asking, claim_facts, claim_rules, claiming, domains, turns
from charter.succession.models import Claim
from charter.succession.status import OPEN, ClaimStatus
from charter.web.access import the_user
from charter.web.forms import BaseForm, at_most, needed, stripped


class DecideForm(BaseForm):
    """Why a claim is granted or refused."""

    reason = TextAreaField(
        "The reason",
        filters=[stripped],
        validators=[needed("Give the reason."), at_most(turns.TEXT_LENGTH, "The reason")],
    )


class OpenOnly(Chosen):
    """A filter for claims that are not settled."""

    def apply(self, query: Any, value: str, alias: Any = None) -> Any:
        """The query, narrowed."""
        return query.filter(Claim.status.in_(OPEN)) if value else query


def _until(claim: Claim) -> str:
    day = local_date(claim_rules.objections_until(claim.claimed_at))
    return day_in_words(day) if claim.is_open else ""


class ClaimsView(RecordView):
    """Who asks to take over which employer."""

    permission = Permission.VIEW_CLAIMS
    what = "People who ask to take over an employer whose owners have gone. Some are for an administrator to decide."
    noun = "claim"
    searched = "By employer"
    can_export = False  # names and addresses of people have no business in a spreadsheet
    eager = (joinedload(Claim.organisation), joinedload(Claim.user), joinedload(Claim.ended_by))
    column_list = ("claimed_at", "organisation.name", "ground", "until", "status")
    column_labels = {
        "claimed_at": "Claimed",
        "organisation.name": "Employer",
        "ground": "Why",
        "until": "Objections until",
        "user.name": "Who claims",
        "address": "Their address then",
        "message": "They write",
        "ended_at": "Ended",
        "ended_by": "Ended by",
        "reason": "How it ended",
    }
    words = {
        "until": _until,
        "ended_by": lambda claim: claim.ended_by.name if claim.ended_by else "The portal" if claim.ended_at else "",
    }
    column_sortable_list = ("claimed_at",)
    column_default_sort = ("claimed_at", True)
    column_searchable_list = (Organisation.name,)
    column_filters = (
        Chosen(Claim.status, "Status", "status", of_status(ClaimStatus)),
        OpenOnly(Claim.claimed_at, "Open", "open", lambda: [("yes", "Open ones only")]),
    )
    column_details_list = (
        "status",
        "user.name",
        "address",
        "ground",
        "message",
        "claimed_at",
        "until",
        "ended_at",
        "ended_by",
        "reason",
    )
    once_said = frozenset({"until", "ended_at", "ended_by", "reason"})
    list_template = "admin/records/claims.html"
    details_template = "admin/records/claim.html"

    def title(self, model: Claim) -> str:
        """The heading of one claim's page."""
        return f"Claim to {model.organisation.name}"

    def waiting(self) -> int:
        """How many claims wait for the scheme's decision."""
        query = sa.select(sa.func.count()).select_from(Claim).where(Claim.status == ClaimStatus.WITH_SCHEME)
        return db.session.scalar(query) or 0

    def render(self, template: str, **values: Any) -> str:
        """A page; that of one claim with the facts that decide about it."""
        if template == self.details_template:
            values |= about(values["model"])
        html: str = super().render(template, **values)
        return html

    @expose("/<uuid:claim_id>/grant", methods=("GET", "POST"))
    @on(Permission.DECIDE_CLAIM, Claim)
    def grant_view(self, claim: Claim) -> ResponseReturnValue:
        """Make the claimant an owner, with a reason."""
        return self._decide(claim, grants=True)

    @expose("/<uuid:claim_id>/refuse", methods=("GET", "POST"))
    @on(Permission.DECIDE_CLAIM, Claim)
    def refuse_view(self, claim: Claim) -> ResponseReturnValue:
        """Do not make the claimant an owner, with a reason."""
        return self._decide(claim, grants=False)

    def _decide(self, claim: Claim, *, grants: bool) -> ResponseReturnValue:
        form = DecideForm()
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    decide = claiming.grant if grants else claiming.refuse
                    decide(session, claim, reason=form.reason.data or "", by=the_user(), at=now())
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("Decided. The claimant and the employer’s people are told.", "success")
                return redirect(url_for(".details_view", id=claim.id))
        page = self.render(
            "admin/records/decide_claim.html", form=form, claim=claim, grants=grants, why_not=why_not(claim)
        )
        return page, 400 if form.errors else 200


def why_not(claim: Claim) -> str | None:
    """Why the person who looks at a claim may not decide about it because of an interest in the employer, if so."""
    return interests.why_not(db.session, the_user(), claim.organisation_id, claiming.DECIDE)


def about(claim: Claim) -> dict[str, Any]:
    """The facts that decide about a claim, in a fixed number of queries."""
    domain = domain_of(claim.address)
    team = queries.team(db.session, claim.organisation)
    return {
        "domain": domain,
        "own_domains": domains.of(db.session, claim.organisation_id),
        "holders": domains.holders(db.session, domain),
        "team": team,
        "part": next((one for one in team if one.user_id == claim.user_id), None),
        "facts": claim_facts.facts(db.session, claim, at=now()),
        "left_at": queries.left_at(db.session, claim.organisation_id, claim.user_id),
        "asked": asking.latest(db.session, claim.organisation_id, claim.user_id),
        "others": [one for one in claim_facts.of_employer(db.session, claim.organisation_id) if one.id != claim.id],
        "due": claim_rules.is_due(claim.claimed_at, at=now()),
        "until": claim_rules.objections_until(claim.claimed_at),
        "may_decide": allows(the_user(), Permission.DECIDE_CLAIM, claim),
        "why_not": why_not(claim),
    }
