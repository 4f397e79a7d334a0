"""Turn down a piece of evidence for privacy: its content goes, the fact stays, and the employer is asked for another.

It counts neither for nor against the criterion: no finding is made or changed here.
"""

from copy import deepcopy
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, undefer

from charter import audit
from charter.account.models import User
from charter.assessment import snapshot
from charter.assessment.models import (
    Assessment,
    Evidence,
    EvidenceKind,
    EvidenceUse,
    PrivacyReason,
    SignOff,
    Submission,
)
from charter.clock import local_date
from charter.errors import Refusal
from charter.framework import publishing
from charter.notification import emails, outbox
from charter.organisation import interests, recognition
from charter.organisation import queries as organisations
from charter.organisation.models import Organisation, Recognition
from charter.review import submitted
from charter.review.handing_out.allocation import check_holds, locked
from charter.review.models import Review
from charter.review.record import explanation

_SHOWN = ("title", "filename", "url", "text")
"""What of a piece could itself say what must not be said. So could where to look in it, which goes too."""


def turn_down(
    session: Session, review: Review, evidence: Evidence, *, reason: PrivacyReason, by: User, at: datetime
) -> str | None:
    """Take away the content of a piece of a case, also where it was copied, and ask the employer for another.

    It is copied in what was submitted, in what a senior person decided on (`SignOff.content`), and in emails that name
    the piece; comments, plans and the trail never hold it.

    Returns the hash of the content that no piece of this employer names now: after the commit, hand it to
    `evidence_files.forget`. Raises Refusal when the case is somebody else's or closed, the piece is no part of it, or
    it was turned down before. What a submission or an approval says of the piece is the one thing that ever changes in
    one: the trail names each hash, before and after.
    """
    review = locked(session, review)
    check_holds(session, by, review)
    if not review.is_open:
        raise Refusal("This case is closed, so nothing in it can be turned down.")
    session.refresh(evidence, with_for_update=True)
    said = submitted.latest(session, review.assessment)
    known = _with_older(session, evidence)
    criteria = [code for code, pieces in said.evidence.items() if any(piece.id in known for piece in pieces)]
    if evidence.organisation_id != review.assessment.organisation_id or not criteria:
        raise Refusal("This evidence is not part of the case.")
    if evidence.removed_at is not None:
        raise Refusal("This was turned down already.")
    content = review.assessment.framework.content
    return _take_away(
        session,
        evidence,
        reason=reason,
        criteria=criteria,
        supports=[found.title if (found := content.criterion(code)) else code for code in criteria],
        case=review.assessment_id,
        by=by,
        at=at,
    )


def turn_down_proof(
    session: Session, stated: Recognition, *, seen: str, reason: PrivacyReason, by: User, at: datetime
) -> str | None:
    """The same for the proof of an award of another scheme, `seen` by its id. The award itself stays as it is.

    One that is not checked waits for other proof; one that is needs none. Raises Refusal when the award was taken back
    or has no proof, when the employer gave other proof meanwhile, when it was turned down before, or when `by` has a
    part or an interest in the employer. Returns what `turn_down` does.
    """
    held = sa.select(Recognition.id).where(Recognition.id == stated.id).with_for_update()
    if session.scalars(held).first() is None:
        raise Refusal("This award was taken back already.")
    session.refresh(stated)
    interests.check_none(session, by, stated.organisation_id, recognition.CHECK)
    recognition.see(stated, proof=seen)
    if stated.proof_id is None:
        raise Refusal("The employer gave no proof of this award.")
    evidence = session.get_one(Evidence, stated.proof_id)
    session.refresh(evidence, with_for_update=True)
    if evidence.removed_at is not None:
        raise Refusal("This was turned down already.")
    content = publishing.current(session).content
    shows = session.scalars(
        sa.select(Recognition).where(Recognition.proof_id == evidence.id).order_by(Recognition.stated_at)
    ).all()
    uses = sa.select(EvidenceUse.criterion).where(EvidenceUse.evidence_id == evidence.id).distinct()
    criteria = sorted(session.scalars(uses))
    waiting = next((one for one in (stated, *shows) if one.checked_at is None), None)
    return _take_away(
        session,
        evidence,
        reason=reason,
        criteria=criteria,
        supports=[
            *(content.passport_title(one.scheme, one.level) for one in shows),
            *(found.title if (found := content.criterion(code)) else code for code in criteria),
        ],
        award=stated.id,
        proves=waiting.id if waiting else None,
        needed=bool(waiting or criteria),
        by=by,
        at=at,
    )


def _take_away(
    session: Session,
    evidence: Evidence,
    *,
    reason: PrivacyReason,
    criteria: list[str],
    supports: list[str],
    case: UUID | None = None,
    award: UUID | None = None,
    proves: UUID | None = None,
    needed: bool = True,
    by: User,
    at: datetime,
) -> str | None:
    """Take away the content of a piece wherever it is, note it, and ask for another; its hash when it is a file.

    `supports` are what it was given for, in words. `proves` is the award for which other proof is asked, and `needed`
    whether anything still waits for another.
    """
    gone = evidence.sha256 if evidence.kind is EvidenceKind.FILE else None
    named = (evidence.title, evidence.filename)
    evidence.removed_at, evidence.removed_by_id, evidence.removed_for = at, by.id, reason
    evidence.title = f"{evidence.kind.label} removed for privacy"
    evidence.filename = None
    evidence.url = "" if evidence.url is not None else None
    evidence.text = "" if evidence.text is not None else None
    session.execute(sa.update(EvidenceUse).where(EvidenceUse.evidence_id == evidence.id).values(place=""))
    submissions, approvals = _redact_submissions(session, evidence), _redact_approvals(session, evidence)
    _redact_emails(session, evidence, *named)
    explanation.take_out(session, evidence, at=at)
    audit.record(
        session,
        "evidence:turn-down",
        evidence,
        by=by.id,
        at=at,
        case=case,
        award=str(award) if award else None,
        kind=evidence.kind.value,
        reason=reason.value,
        criteria=criteria,
        sha256=evidence.sha256,
        submissions=submissions,
        approvals=approvals,
    )
    organisation = session.get_one(Organisation, evidence.organisation_id)
    emails.evidence_turned_down(
        session,
        to=[membership.user for membership in organisations.team(session, organisation)],
        organisation_name=organisation.name,
        added_on=local_date(evidence.added_at),
        what=evidence.kind.label.lower(),
        reason=reason.label,
        supports=supports,
        organisation_id=evidence.organisation_id,
        evidence_id=evidence.id,
        recognition_id=proves,
        needed=needed,
        event_key=f"evidence:{evidence.id}:turned-down",
        at=at,
    )
    return gone


def _with_older(session: Session, evidence: Evidence) -> set[UUID]:
    """The ids of a piece and of those turned down before it, in whose place it was given."""
    found, older = {evidence.id}, evidence.replaces_id
    while older is not None and (before := session.get(Evidence, older)) is not None and before.removed_at is not None:
        found.add(before.id)
        older = before.replaces_id
    return found


def _redact_submissions(session: Session, evidence: Evidence) -> list[dict[str, str]]:
    """Take what a piece says out of every submission that holds it; the hash of each, before and after."""
    changed = []
    for submission in session.scalars(
        sa.select(Submission)
        .join(Assessment, Assessment.id == Submission.assessment_id)
        .where(snapshot.names(Submission.snapshot, evidence))
        .options(undefer(Submission.snapshot))
        .order_by(Submission.id)
    ):
        said = _without(submission.snapshot, evidence)
        before, submission.snapshot, submission.snapshot_hash = submission.snapshot_hash, said, snapshot.digest(said)
        changed.append({"submission": str(submission.id), "before": before, "after": submission.snapshot_hash})
    return changed


def _redact_approvals(session: Session, evidence: Evidence) -> list[dict[str, str | None]]:
    """The same for what senior people decided on. What was sent back keeps no hash, so it has none in the trail."""
    changed: list[dict[str, str | None]] = []
    for asked in session.scalars(
        sa.select(SignOff)
        .join(Assessment, Assessment.id == SignOff.assessment_id)
        .where(snapshot.names(SignOff.content, evidence))
        .options(undefer(SignOff.content))
        .order_by(SignOff.id)
    ):
        if asked.content is None:
            continue
        before, asked.content = asked.content_hash, _without(asked.content, evidence)
        asked.content_hash = snapshot.digest(asked.content) if before is not None else None
        changed.append({"sign_off": str(asked.id), "before": before, "after": asked.content_hash})
    return changed


def _without(frozen: dict[str, Any], evidence: Evidence) -> dict[str, Any]:
    """A frozen text that says of the piece only what is left of it."""
    said = deepcopy(frozen)
    for item in said["evidence"]:
        if item["id"] == str(evidence.id):
            item.update({name: getattr(evidence, name) for name in _SHOWN}, removed=True, places={})
    return said


def _redact_emails(session: Session, evidence: Evidence, title: str, filename: str | None) -> None:
    """Take the name of the piece out of our copies of emails about it, and out of those that have not left."""
    named, gone = outbox.one_line(title), evidence.title
    words = {f"- {named}: in date until": f"- {gone}: in date until", f"\n  {named}": f"\n  {gone}"}
    if filename:
        words[f"({outbox.one_line(filename)})"] = ""
    outbox.reword(session, naming=f"/evidence/{evidence.id}", words=words)
