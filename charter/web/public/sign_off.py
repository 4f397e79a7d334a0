"""A senior person reads what is to be sent, and approves it or sends it back. No account, no cookie.

The address holds the secret, which is the whole right to decide; so its pages are kept by nobody, listed nowhere, and
tell no other site where their reader comes from.
"""

from collections.abc import Callable

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import BooleanField, HiddenField, StringField, TextAreaField

from charter.assessment import metric_values, progress, queries, sign_off
from charter.assessment.evidence_to_mend import to_mend
from charter.assessment.models import SignOff, SignOffStatus
from charter.clock import local_date, now, today
from charter.errors import Refusal, Stale
from charter.extensions import csrf, db, transaction
from charter.notification import emails
from charter.organisation import queries as organisations
from charter.review import differences, submitted
from charter.web.access import public, unkept
from charter.web.forms import BaseForm, WithoutToken, stripped
from charter.web.public import blueprint


class ApproveForm(WithoutToken):
    """That it is true, and who says so. The verb says what is missing."""

    signed_as = StringField("Your full name", filters=[stripped])
    agreed = BooleanField("As far as I know, everything in it is true")
    seen = HiddenField()
    """The hash of what the person read."""


class SendBackForm(WithoutToken):
    """What should change."""

    words = TextAreaField(
        "What should change?", description="The owners of the employer read this.", filters=[stripped]
    )
    seen = HiddenField()


@blueprint.get("/sign-off/<token>")
@csrf.exempt
@public
def show_sign_off(token: str) -> ResponseReturnValue:
    """Everything that would be sent, to read and to print; afterwards, what was decided."""
    asked = sign_off.find(db.session, token)
    if asked is None or not _can_be_decided(asked):
        return _no_longer(asked)
    said = queries.material(db.session, asked.assessment)
    standing = sign_off.standing(db.session, said, at=now(), on=today())
    before = sign_off.read_before(db.session, asked)
    changed = None
    if before is not None and before.content is not None:
        changed = differences.between(said.content, submitted.read(before.content), submitted.read(standing.content))
    page = render_template(
        "public/sign_off/read.html",
        token=token,
        asked=asked,
        assessment=asked.assessment,
        content=said.content,
        said=said,
        progress=progress.progress(said, on=today(), before=metric_values.last_time(db.session, said)),
        to_mend=to_mend(said.evidence, on=today()),
        seen=standing.content_hash,
        before=before,
        changed=changed,
    )
    return unkept(page)


@blueprint.route("/sign-off/<token>/approve", methods=["GET", "POST"])
@csrf.exempt
@public
def approve_sign_off(token: str) -> ResponseReturnValue:
    """Approve what was read."""
    found = sign_off.find(db.session, token)
    form = ApproveForm(data={"seen": _read(), "signed_as": found.name if found else ""})

    def approve(session: Session) -> SignOff:
        return sign_off.approve(
            session,
            token,
            seen=form.seen.data or "",
            signed_as=form.signed_as.data or "",
            agreed=bool(form.agreed.data),
            at=now(),
            on=today(),
        )

    return _decide(token, form, approve, "public/sign_off/approve.html")


@blueprint.route("/sign-off/<token>/send-back", methods=["GET", "POST"])
@csrf.exempt
@public
def send_back_sign_off(token: str) -> ResponseReturnValue:
    """Send it back, with words."""
    form = SendBackForm(data={"seen": _read()})

    def send_back(session: Session) -> SignOff:
        return sign_off.send_back(
            session, token, seen=form.seen.data or "", words=form.words.data or "", at=now(), on=today()
        )

    return _decide(token, form, send_back, "public/sign_off/send_back.html")


def _decide(token: str, form: BaseForm, decide: Callable[[Session], SignOff], template: str) -> ResponseReturnValue:
    """The page of one of the two decisions. Sent, it is taken and the owners are told; else the page says why not."""
    asked = sign_off.find(db.session, token)
    if asked is None or not _can_be_decided(asked):
        return _no_longer(asked, form)
    overtaken = None
    if form.is_submitted():
        try:
            with transaction() as session:
                asked = decide(session)
                _tell(session, asked)
        except Stale as stale:
            overtaken = str(stale)
        except Refusal as refusal:
            again = sign_off.find(db.session, token)
            if again is None or not _can_be_decided(again):
                return _no_longer(again, form)
            form.refuse(refusal)
        else:
            if _lost(asked, form):  # it was decided in another way a moment earlier
                return _no_longer(asked, form)
            return unkept(redirect(url_for(".show_sign_off", token=token), 303), 303)
    page = render_template(
        template,
        token=token,
        form=form,
        asked=asked,
        assessment=queries.with_its_own(db.session, asked.assessment),
        overtaken=overtaken,
    )
    return unkept(page, 400 if form.errors or form.form_errors else 409 if overtaken else 200)


def _read() -> str:
    """The hash of what the person read, which the page before this one gives on."""
    return request.args.get("read", "")[:64]


def _can_be_decided(asked: SignOff) -> bool:
    return asked.works_at(now()) and asked.assessment.is_editable


def _lost(asked: SignOff | None, form: BaseForm) -> dict[str, str]:
    """What was typed and sent and is not kept, with what it is: so that whoever typed it can copy it."""
    if not form.is_submitted():
        return {}
    typed = {"words": "What you wrote", "signed_as": "The name that you typed"}
    kept = {asked.words, asked.signed_as} if asked is not None else set()
    return {
        label: form[name].data
        for name, label in typed.items()
        if name in form
        and form[name].data
        and " ".join(form[name].data.split()) not in {" ".join(one.split()) for one in kept}
    }


def _no_longer(asked: SignOff | None, form: BaseForm | None = None) -> Response:
    """What became of it; a kind word when the link is not, or no longer, good for anything.

    What was sent with `form` and is not kept is shown, for its sender to copy.
    """
    decided = asked is not None and asked.status in {SignOffStatus.APPROVED, SignOffStatus.SENT_BACK}
    assessment = queries.with_its_own(db.session, asked.assessment) if asked else None
    lost = _lost(asked, form) if form is not None else {}
    page = render_template(
        "public/sign_off/no_longer.html",
        asked=asked,
        assessment=assessment,
        decided=decided,
        lost=lost,
        Status=SignOffStatus,
    )
    return unkept(page, 409 if decided and lost else 200 if decided else 410 if asked else 404)


def _tell(session: Session, asked: SignOff) -> None:
    """Tell the owners, once however often the button was pressed."""
    organisation_id = asked.assessment.organisation_id
    emails.sign_off_decided(
        session,
        to=organisations.owners(session, [organisation_id]).get(organisation_id, ()),
        organisation_name=asked.assessment.organisation.name,
        who=asked.signature,
        signed_as=asked.signed_as if asked.is_signed_by_another else "",
        asked_of=f"{asked.name} ({asked.role})",
        approved=asked.status is SignOffStatus.APPROVED,
        words=asked.words,
        assessment_id=asked.assessment_id,
        event_key=f"sign-off-decided:{asked.id}",
        at=now(),
    )
    if asked.status is SignOffStatus.APPROVED and asked.decided_at is not None:
        assessment = asked.assessment
        emails.sign_off_copy(
            session,
            to=asked.email,
            organisation_name=assessment.organisation.name,
            level_title=assessment.framework.content.level_title(assessment.target_level),
            who=asked.signature,
            decided_on=local_date(asked.decided_at),
            event_key=f"sign-off-copy:{asked.id}",
            at=now(),
        )
