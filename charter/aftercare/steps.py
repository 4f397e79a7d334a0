"""Suspending and revoking an award: proposed by one, the employer heard, decided by another."""

from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.aftercare import words
from charter.aftercare.models import AwardStep, Concern
from charter.aftercare.status import CARRY_OUT, DROP, Deed, StepStatus
from charter.award import issuing
from charter.award.models import Award
from charter.award.status import REVOKE, SUSPEND
from charter.errors import Refusal, Stale
from charter.notification import emails
from charter.organisation import interests
from charter.orm import locked

STEPS = {Deed.SUSPEND: SUSPEND, Deed.REVOKE: REVOKE}


def propose(
    session: Session,
    award: Award,
    *,
    deed: Deed,
    reasons: str,
    at_once: str = "",
    concern: Concern | None = None,
    by: User,
    at: datetime,
    on: date,
) -> AwardStep:
    """Say that the scheme means to suspend or revoke an award. The employer's owners are told why, and may reply.

    `at_once` says why a suspension cannot wait for the reply; the employer then hears when it is carried out.
    Raises `Refusal` on "reasons" or "at_once", when the award has ended, when such a step is open already, and when
    `by` has an interest in the employer.
    """
    reasons = words.needed(reasons, "Give the reasons. The employer reads them.", "reasons")
    at_once = words.at_most(at_once, "at_once")
    interests.check_none(session, by, award.organisation_id, issuing.JUDGE)
    session.execute(sa.select(Award.id).where(Award.id == award.id).with_for_update())
    session.refresh(award)
    if not award.can(STEPS[deed]):
        raise Refusal(f"You cannot {deed.value} an award that is {award.status.label.lower()}.")
    if award.ends_on < on:
        raise Refusal("This award has run out already.")
    if at_once and deed is not Deed.SUSPEND:
        raise Refusal("Only a suspension can be at once. Revoke it after the employer could reply.", field="at_once")
    if concern is not None and concern.organisation_id != award.organisation_id:
        raise Refusal("This concern is about another employer.")
    if open_step(session, award) is not None:
        raise Refusal("Somebody has proposed a step about this award already. Decide that one first.")
    days = award.framework.content.after_award.reply_days
    step = AwardStep(
        organisation_id=award.organisation_id,
        organisation=award.organisation,
        award_id=award.id,
        award=award,
        concern_id=concern.id if concern else None,
        deed=deed,
        status=StepStatus.PROPOSED,
        reasons=reasons,
        at_once=at_once,
        reply_by=on + timedelta(days=days),
        proposed_at=at,
        proposed_by_id=by.id,
        proposed_by=by,
        replied_at=None,
        replied_by_id=None,
        reply_is_all=False,
        decided_at=None,
        decided_by_id=None,
    )
    session.add(step)
    audit.record(
        session,
        "step:propose",
        step,
        by=by.id,
        at=at,
        case=award.assessment_id,
        award=award.number,
        deed=deed.value,
        at_once=bool(at_once),
        reply_by=step.reply_by.isoformat(),
    )
    if not at_once:
        emails.award_step_meant(session, **_told(session, step, "meant", at), reasons=reasons, reply_by=step.reply_by)
    return step


def reply(
    session: Session, step: AwardStep, *, text: str, is_all: bool, seen_version: int, by: User, at: datetime, on: date
) -> None:
    """The employer replies; until its day it may change what it said. `is_all` says that nothing more will come.

    Raises `Refusal` on "text" without words, and after the day; `Stale` when a colleague replied meanwhile.
    """
    step = locked(session, step)
    text = words.needed(text, "Write your reply.", "text")
    if not step.takes_reply_on(on):
        raise Refusal("The time to reply is over, or this was decided meanwhile. You can still appeal against it.")
    if step.reply == text and step.reply_is_all == is_all:
        return  # the same form, sent twice
    if step.version != seen_version:
        raise Stale("A colleague has replied meanwhile.", current=step)
    step.reply, step.replied_at, step.replied_by_id, step.reply_is_all = text, at, by.id, is_all
    audit.record(session, "step:reply", step, by=by.id, at=at, case=step.award.assessment_id, is_all=is_all)
    emails.award_step_reply(session, **_told(session, step, f"reply:{at.isoformat()}", at))


def carry_out(
    session: Session,
    step: AwardStep,
    *,
    reasons: str = "",
    reply_read: bool,
    seen_version: int,
    by: User,
    at: datetime,
    on: date,
) -> None:
    """Suspend or revoke the award, after the employer's day and with its reply read. `reasons` default to those of the
    proposal.

    Raises `Refusal` when `by` proposed it, or has an interest in the employer, before the day, and on "reply_read";
    `Stale` when a reply came in while the page was open.
    """
    step = _for_decision(session, step, by)
    waits = step.why_wait(on)
    if waits is not None:
        raise Refusal(waits)
    if step.version != seen_version:
        raise Stale("The employer replied after you opened this page. Read the reply first.", current=step)
    if step.replied_at is not None and not reply_read:
        raise Refusal("Read the employer’s reply, and say that you did.", field="reply_read")
    reasons = words.at_most(reasons, "reasons") or step.reasons
    step.move(CARRY_OUT)
    step.decision, step.decided_at, step.decided_by_id = reasons, at, by.id
    audit.record(
        session,
        "step:carry-out",
        step,
        by=by.id,
        at=at,
        case=step.award.assessment_id,
        award=step.award.number,
        deed=step.deed.value,
    )
    if step.deed is Deed.SUSPEND:
        issuing.suspend(session, step.award, reason=reasons, by=by, at=at, on=on)
        emails.award_suspended(
            session,
            **_told(session, step, "suspended", at),
            reason=reasons,
            at_once=bool(step.at_once),
            reply_by=step.reply_by if step.takes_reply_on(on) else None,
            appeal_by=on + timedelta(days=step.award.framework.content.after_award.appeal_days),
        )
    else:
        issuing.revoke(session, step.award, reason=reasons, by=by, at=at, on=on)


def drop(session: Session, step: AwardStep, *, reasons: str, by: User, at: datetime) -> None:
    """Do nothing to the award after all; any time, also before the employer's day. Whoever proposed it may, too.

    Raises `Refusal` on "reasons" without any, and when `by` has an interest in the employer.
    """
    step = locked(session, step)
    interests.check_none(session, by, step.organisation_id, issuing.JUDGE)
    if step.status is not StepStatus.PROPOSED:
        raise Refusal("This has been decided already.")
    reasons = words.needed(reasons, "Give the reasons. The employer reads them.", "reasons")
    step.move(DROP)
    step.decision, step.decided_at = reasons, at
    step.decided_by_id = by.id if by.id != step.proposed_by_id else None
    audit.record(session, "step:drop", step, by=by.id, at=at, case=step.award.assessment_id, award=step.award.number)
    if not step.at_once:
        emails.award_step_dropped(session, **_told(session, step, "dropped", at), reasons=reasons)


def open_step(session: Session, award: Award) -> AwardStep | None:
    """What the scheme means to do with this award, if it means to do anything."""
    query = sa.select(AwardStep).where(AwardStep.award_id == award.id, AwardStep.status == StepStatus.PROPOSED)
    return session.scalars(query).first()


def why_not(session: Session, step: AwardStep, user: User) -> str | None:
    """Why `user` may not carry this out, in a sentence; None when they may, once it is time."""
    if user.id == step.proposed_by_id:
        return "You proposed this, so somebody else must decide it."
    return interests.why_not(session, user, step.organisation_id, issuing.JUDGE)


def _for_decision(session: Session, step: AwardStep, by: User) -> AwardStep:
    step = locked(session, step)
    if step.status is not StepStatus.PROPOSED:
        raise Refusal("This has been decided already.")
    why = why_not(session, step, by)
    if why is not None:
        raise Refusal(why)
    return step


def _told(session: Session, step: AwardStep, event: str, at: datetime) -> dict[str, Any]:
    if step.id is None:
        session.flush()  # for its id
    return {
        "to": issuing.owners(session, step.organisation_id),
        "organisation_name": step.award.name,
        "level_title": step.award.framework.content.level_title(step.award.level),
        "number": step.award.number,
        "deed": step.deed.value,
        "step_id": step.id,
        "organisation_id": step.organisation_id,
        "event_key": f"step:{step.id}:{event}",
        "at": at,
    }
