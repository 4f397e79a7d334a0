"""Who may answer for an employer: its email domains, handing over, and claims when its owners have gone."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from charter.account.models import domain_of
from charter.clock import local_date, now
from charter.errors import Refusal
from charter.extensions import csrf, db, transaction
from charter.organisation import queries
from charter.organisation.models import MemberRole, Membership, Organisation
from charter.permissions import Permission
from charter.succession import asking, claim_facts, claim_rules, claiming, domains, transferring
from charter.succession.models import Afterwards, Claim, Transfer
from charter.succession.status import TransferStatus
from charter.web.access import is_about, public, requires, the_user, unkept
from charter.web.account.profile import prove_again
from charter.web.employer import blueprint
from charter.web.employer.succession_forms import ClaimForm, HandOverForm
from charter.web.forms import EmptyForm, WithoutToken


def people_come_and_go(organisation: Organisation, team: Sequence[Membership]) -> dict[str, Any]:
    """What the team page shows of it, in a fixed number of queries."""
    able = [one for one in team if one.role is MemberRole.OWNER and one.user.can_sign_in]
    named = domains.of(db.session, organisation.id)
    return {
        "one_owner": len(able) == 1,
        "asking": asking.waiting(db.session, organisation.id),
        "handing_over": transferring.current(db.session, organisation.id, at=now()),
        "claim": claim_facts.open_one(db.session, organisation.id),
        "domains": named,
        "may_name": domain_of(the_user().email) if not named and domains.may_name(the_user()) else None,
    }


# Domains -------------------------------------------------------------------------------------------------------------


@blueprint.route("/organisations/<uuid:organisation_id>/team/domains", methods=["GET", "POST"])
@requires(Permission.MANAGE_TEAM, Organisation)
def edit_domains(organisation: Organisation) -> ResponseReturnValue:
    """Say that the domain of one's own address is the employer's, and take domains away."""
    form = EmptyForm()
    mine = domain_of(the_user().email)
    if form.validate_on_submit():
        removing = request.form.get("remove")
        with transaction() as session:
            if removing:
                domains.remove(session, organisation, removing, by=the_user(), at=now())
                message = f"{removing} is no longer kept as yours."
            else:
                domains.add(session, organisation, by=the_user(), at=now())
                message = f"{mine} is kept as your own."
        flash(message, "success")
        return redirect(url_for(".edit_domains", organisation_id=organisation.id), 303)
    found = domains.of(db.session, organisation.id)
    asked = request.args.get("remove")
    if any(one.domain == asked for one in found):
        return render_template(
            "employer/succession/remove_domain.html", form=form, organisation=organisation, domain=asked, mine=mine
        )
    return render_template(
        "employer/succession/domains.html",
        form=form,
        organisation=organisation,
        domains=found,
        mine=mine,
        why_not=domains.why_not(mine),
        has_mine=any(one.domain == mine for one in found),
        shared=domains.shared_with_others(db.session, organisation.id),
    )


# Handing over --------------------------------------------------------------------------------------------------------


@blueprint.route("/organisations/<uuid:organisation_id>/team/hand-over", methods=["GET", "POST"])
@requires(Permission.HAND_OVER, Organisation)
def hand_over(organisation: Organisation) -> ResponseReturnValue:
    """Offer one's own part to somebody else. The password is asked for, since it may end one's own access."""
    others = [one for one in queries.team(db.session, organisation) if one.role is not MemberRole.OWNER]
    form = HandOverForm.among(others)
    if form.validate_on_submit():
        try:
            prove_again(form.current.data or "")
            with transaction() as session:
                made = transferring.offer(
                    session,
                    organisation,
                    to=form.address(),
                    afterwards=Afterwards(form.afterwards.data),
                    by=the_user(),
                    at=now(),
                )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(f"We have asked {made.to_email}. Nothing changes until they accept.", "success")
            return redirect(url_for(".show_transfer", transfer_id=made.id), 303)
    page = render_template("employer/succession/hand_over.html", form=form, organisation=organisation, others=others)
    return page, 400 if form.errors else 200


@blueprint.route("/transfers/<uuid:transfer_id>", methods=["GET", "POST"])
@requires(Permission.SEE_TRANSFER, Transfer)
def show_transfer(transfer: Transfer) -> ResponseReturnValue:
    """How it stands with handing over; each side sees the buttons that are theirs."""
    form = EmptyForm()
    home = url_for(".show_transfer", transfer_id=transfer.id)
    name = transfer.organisation.name
    if form.validate_on_submit():
        do = request.form.get("do")
        with transaction() as session:
            if do == "accept":
                transferring.accept(session, transfer, by=the_user(), at=now())
                message = f"You are now an owner of {name}."
            elif do == "decline":
                transferring.decline(session, transfer, by=the_user(), at=now())
                message, home = "You have declined. We have told the owners.", url_for(".dashboard")
            elif do == "withdraw":
                transferring.withdraw(session, transfer, by=the_user(), at=now())
                message, home = "The offer is withdrawn.", _team_or_home(transfer)
            else:
                return redirect(home, 303)
        flash(message, "success")
        return redirect(home, 303)
    mine = transferring.is_for(transfer, the_user())
    waits = transfer.status is TransferStatus.OFFERED and now() - transfer.offered_at < transferring.LASTS
    if mine and waits and "decline" in request.args:
        return render_template("employer/succession/decline.html", form=form, transfer=transfer)
    return render_template(
        "employer/succession/transfer.html",
        form=form,
        transfer=transfer,
        mine=mine,
        waits=waits,
        until=transfer.offered_at + transferring.LASTS,
        may_undo=transferring.why_not_undo(db.session, transfer, by=the_user(), at=now()) is None,
        undo_until=transfer.ended_at + transferring.UNDONE_WITHIN if transfer.ended_at else None,
    )


@blueprint.route("/transfers/<uuid:transfer_id>/undo", methods=["GET", "POST"])
@requires(Permission.SEE_TRANSFER, Transfer)
def undo_transfer(transfer: Transfer) -> ResponseReturnValue:
    """Put both back, within a week."""
    form = EmptyForm()
    if form.validate_on_submit():
        with transaction() as session:
            transferring.undo(session, transfer, by=the_user(), at=now())
        flash("It is undone.", "success")
        return redirect(url_for(".show_transfer", transfer_id=transfer.id), 303)
    return render_template(
        "employer/succession/undo.html",
        form=form,
        transfer=transfer,
        why_not=transferring.why_not_undo(db.session, transfer, by=the_user(), at=now()),
    )


def _team_or_home(transfer: Transfer) -> str:
    return url_for(".show_team", organisation_id=transfer.organisation_id)


# Claims --------------------------------------------------------------------------------------------------------------


@blueprint.route("/organisations/<uuid:organisation_id>/claim", methods=["GET", "POST"])
@requires(Permission.CLAIM_ORGANISATION)
def claim_organisation(organisation_id: UUID) -> ResponseReturnValue:
    """Ask to become the owner of an employer whose owners have gone."""
    organisation = db.session.get(Organisation, organisation_id)
    if organisation is None or not claim_facts.knows(db.session, organisation.id, the_user()):
        abort(404)  # a stranger learns nothing, not even that it is here
    is_about(organisation)
    form = ClaimForm()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                made = claiming.claim(
                    session,
                    organisation,
                    message=form.message.data or "",
                    by=the_user(),
                    at=now(),
                )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(url_for(".show_claim", claim_id=made.id), 303)
    page = render_template(
        "employer/succession/claim.html",
        form=form,
        organisation=organisation,
        ground=claim_facts.ground_for(db.session, organisation.id, the_user(), at=now()),
        scheme_decides=claim_facts.scheme_decides(db.session, organisation.id, the_user()),
        until=local_date(now() + claim_rules.NOTICE),
    )
    return page, 400 if form.errors else 200


@blueprint.route("/claims/<uuid:claim_id>/mail-again", methods=["GET", "POST"])
@requires(Permission.MAIL_CLAIMANT, Claim)
def mail_proof_again(claim: Claim) -> ResponseReturnValue:
    """Have the button that shows whose mailbox it is mailed once more."""
    form = EmptyForm()
    if form.validate_on_submit():
        with transaction() as session:
            claiming.mail_proof_again(session, claim, by=the_user(), at=now())
        flash(f"We have emailed {claim.address}.", "success")
        return redirect(url_for(".show_claim", claim_id=claim.id), 303)
    return render_template("employer/succession/mail_again.html", form=form, claim=claim)


@blueprint.route("/claims/<uuid:claim_id>", methods=["GET", "POST"])
@requires(Permission.SEE_CLAIM, Claim)
def show_claim(claim: Claim) -> ResponseReturnValue:
    """How it stands with a claim: the claimant can withdraw it, the employer's people can stop it."""
    form = EmptyForm()
    mine = claim.user_id == the_user().id
    if form.validate_on_submit():
        with transaction() as session:
            if mine:
                claiming.withdraw(session, claim, by=the_user(), at=now())
            else:
                claiming.stop(session, claim, by=the_user(), at=now())
        flash("Your claim is withdrawn." if mine else "Thank you. The claim is stopped.", "success")
        return redirect(url_for(".show_claim", claim_id=claim.id), 303)
    return render_template(
        "employer/succession/claimed.html",
        form=form,
        claim=claim,
        mine=mine,
        until=claim_rules.objections_until(claim.claimed_at),
    )


@blueprint.route("/claims/my-mailbox/<token>", methods=["GET", "POST"])
@csrf.exempt
@public
def my_mailbox(token: str) -> ResponseReturnValue:
    """A button, for mail scanners open every link they see; pressing it shows that a claimant's mailbox is theirs."""
    claim = claim_facts.with_proof(db.session, token)
    if claim is None:
        return _no_longer()
    form = WithoutToken()
    if form.validate_on_submit() and claim.is_open:
        with transaction() as session:
            claiming.prove(session, token, at=now())
        return unkept(redirect(url_for(".my_mailbox", token=token), 303), 303)
    page = render_template(
        "employer/succession/my_mailbox.html",
        token=token,
        claim=claim,
        until=claim_rules.objections_until(claim.claimed_at),
    )
    return unkept(page)


@blueprint.route("/claims/still-here/<token>", methods=["GET", "POST"])
@csrf.exempt
@public
def still_here(token: str) -> ResponseReturnValue:
    """A button, for mail scanners open every link they see; pressing it stops a claim, without signing in."""
    notice = claim_facts.noticed(db.session, token)
    if notice is None:
        return _no_longer()
    form = WithoutToken()
    claim = notice.claim
    member = queries.part_of(db.session, claim.organisation_id, notice.user_id) is not None
    may = claim_rules.may_object(notice.user_id, claimant=claim.user_id, member=member)
    if form.validate_on_submit() and claim.is_open and may:
        with transaction() as session:
            claiming.stop(session, claim, by=notice.user, at=now())
        return unkept(redirect(url_for(".still_here", token=token), 303), 303)
    return unkept(render_template("employer/succession/still_here.html", token=token, claim=claim, may=may))


def _no_longer() -> ResponseReturnValue:
    """A kind word for whoever comes by a link that is not, or no longer, good for anything."""
    return unkept(render_template("employer/succession/no_longer.html"), 404)
