"""An employer appeals against a decision, and somebody who had no part in it looks at it again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from charter import audit
from charter.account.models import Role, User
from charter.aftercare import words
from charter.aftercare.models import Appeal, AwardStep, Concern
from charter.aftercare.status import GIVE_BACK, OVERTURN, STAND_BY, TAKE_APPEAL, AppealStatus, Deed, StepStatus
from charter.award import issuing
from charter.award.issuing import owners
from charter.award.status import RESTORE
from charter.clock import day_in_words, local_date
from charter.errors import Refusal
from charter.framework.content import AfterAward
from charter.lifecycle import Transition
from charter.notification import emails
from charter.organisation import interests
from charter.organisation.models import Organisation
from charter.orm import locked
from charter.panel import recording
from charter.review import reopening
from charter.review.models import Review
from charter.review.record import explanation
from charter.review.status import ReviewStatus
from charter.review.timing import working_days

DEED = "look at this appeal"
"""What somebody without an interest in the employer must do instead."""
HANDLERS = frozenset({Role.MODERATOR, Role.ADMINISTRATOR})
"""Roles that look at appeals."""
Decision = Review | AwardStep


@dataclass(frozen=True)
class Way:
    """How a decision stands to an appeal: until when the employer may make one, and the one that it made."""

    decided_at: datetime
    until: date
    appeal: Appeal | None

    def is_open(self, on: date) -> bool:
        """Whether the employer may appeal that day."""
        return self.appeal is None and on <= self.until


def open_until(decision: Decision) -> date | None:
    """The last day to appeal against a decision; None when there is nothing to appeal against."""
    decided_at = _decided_at(decision)
    return None if decided_at is None else _until(decision, decided_at)


def way(session: Session, decision: Decision) -> Way | None:
    """How a decision stands to an appeal (one query); None when there is nothing to appeal against."""
    decided_at = _decided_at(decision)
    if decided_at is None:
        return None
    return Way(decided_at, _until(decision, decided_at), _made(session, decision, decided_at))


def appeal(session: Session, decision: Decision, *, grounds: str, by: User, at: datetime, on: date) -> Appeal:
    """Appeal against the decision on an assessment, or against a suspension or revocation; and acknowledge it.

    The same appeal sent twice is one. Raises `Refusal` on "grounds" without any, when there is no such decision, when
    the time is over, and when there is an appeal already.
    """
    grounds = words.needed(grounds, "Say why you think that the decision is wrong.", "grounds")
    session.execute(sa.select(type(decision).id).where(type(decision).id == decision.id).with_for_update())
    session.refresh(decision)
    decided_at = _decided_at(decision)
    if decided_at is None:
        raise Refusal("There is no decision to appeal against.")
    made = _made(session, decision, decided_at)
    if made is not None:
        if made.grounds == grounds:
            return made
        raise Refusal("There is an appeal against this decision already. There can be one.")
    until = _until(decision, decided_at)
    if on > until:
        raise Refusal(f"You could appeal until {day_in_words(until)}. That day has passed.")
    rules = _rules(decision)
    found = Appeal(
        organisation_id=_employer(decision).id,
        organisation=_employer(decision),
        review_id=decision.id if isinstance(decision, Review) else None,
        award_step_id=decision.id if isinstance(decision, AwardStep) else None,
        decision_at=decided_at,
        decision_said=_said(decision),
        decided_level=decision.decided_level if isinstance(decision, Review) else None,
        status=AppealStatus.WAITING,
        grounds=grounds,
        raised_at=at,
        raised_by_id=by.id,
        due_on=working_days.after(on, rules.appeal_working_days),
        handler_id=None,
        decided_at=None,
    )
    session.add(found)
    session.flush()  # for its id
    audit.record(session, "appeal:make", found, by=by.id, at=at, case=_case(decision), due_on=found.due_on.isoformat())
    emails.appeal_received(session, **_told(session, found, "received", at), due_on=found.due_on)
    return found


def took_part(session: Session, found: Appeal) -> frozenset[UUID]:
    """Everybody of the scheme who had a part in what the appeal is about, and so may not handle it."""
    if found.review is not None:
        return reopening.took_part(session, found.review)
    step = found.award_step
    assert step is not None
    people = {step.proposed_by_id, step.decided_by_id}
    if step.concern_id is not None:
        concern = session.get_one(Concern, step.concern_id)
        people |= {concern.holder_id, concern.asked_by_id, concern.decided_by_id}
    acted = sa.select(audit.AuditEvent.actor_id).where(audit.AuditEvent.subject_id.in_([step.id, step.award_id]))
    looked = ("step:propose", "step:carry-out", "award:review")
    people.update(session.scalars(acted.where(audit.AuditEvent.action.in_(looked))))
    return frozenset(one for one in people if one is not None)


def why_not(session: Session, found: Appeal, user: User, part: Collection[UUID] | None = None) -> str | None:
    """Why `user` may not handle this appeal, in a sentence; None when they may."""
    if user.id in (took_part(session, found) if part is None else part):
        return "You had a part in the decision that this appeal is about, so somebody else must look at it."
    return interests.why_not(session, user, found.organisation_id, DEED)


def take(session: Session, found: Appeal, *, by: User, at: datetime) -> None:
    """`by`, who had no part in the decision, takes an appeal that is free (`is_free`)."""
    found = locked(session, found)
    why = why_not(session, found, by)
    if why is not None:
        raise Refusal(why)
    if not may_have(by):
        raise Refusal("You do not look at appeals any more. Ask an administrator.")
    if found.handler_id == by.id and found.status is AppealStatus.IN_HAND:
        raise Refusal("You already have this appeal.")
    if found.handler is not None and not (found.status is AppealStatus.IN_HAND and is_free(session, found)):
        raise Refusal(f"{found.handler} has taken this appeal.")
    if found.handler_id is None:
        found.move(TAKE_APPEAL)
    found.handler_id = by.id
    audit.record(session, "appeal:take", found, by=by.id, at=at, case=_case(_decision(found)))


def give_back(session: Session, found: Appeal, *, by: User, at: datetime) -> None:
    """Whoever has the appeal gives it back, for somebody else to take."""
    found = _held(session, found, by)
    found.move(GIVE_BACK)
    found.handler_id = None
    audit.record(session, "appeal:give-back", found, by=by.id, at=at, case=_case(_decision(found)))


def hand_back(session: Session, holder: User, *, about: UUID | None = None, by: User, at: datetime) -> int:
    """`holder` looks at no more appeals, or at none `about` one employer: they wait for somebody else; how many."""
    given = 0
    for one in in_hand(session, holder):
        if about is not None and one.organisation_id != about:
            continue
        found = locked(session, one)
        if found.handler_id == holder.id and found.status is AppealStatus.IN_HAND:  # as it is now
            found.move(GIVE_BACK)
            found.handler_id = None
            audit.record(
                session, "appeal:give-back", found, by=by.id, at=at, case=_case(_decision(found)), holder=str(holder.id)
            )
            given += 1
    return given


def in_hand(session: Session, user: User) -> Sequence[Appeal]:
    """The appeals that `user` looks at, in the order in which they are locked."""
    return session.scalars(
        sa.select(Appeal)
        .where(Appeal.handler_id == user.id, Appeal.status == AppealStatus.IN_HAND)
        .options(joinedload(Appeal.organisation))
        .order_by(Appeal.id)
    ).all()


def may_have(user: User) -> bool:
    """Whether somebody looks at appeals: their role says so, and their account is open."""
    return user.role in HANDLERS and user.disabled_at is None


def is_free(session: Session, found: Appeal) -> bool:
    """Whether somebody can take an appeal: nobody has it, or whoever has it has left or has an interest by now."""
    handler = found.handler
    if handler is None or not may_have(handler):
        return True
    return interests.why_not(session, handler, found.organisation_id, DEED) is not None


def free() -> sa.ColumnElement[bool]:
    """`is_free`, for a query of open appeals."""
    able = sa.and_(User.role.in_(HANDLERS), User.disabled_at.is_(None))
    return sa.or_(
        Appeal.handler_id.is_(None),
        ~Appeal.handler.has(able),
        interests.has_one(Appeal.handler_id, Appeal.organisation_id),
    )


def stands(session: Session, found: Appeal, *, reasons: str, by: User, at: datetime) -> None:
    """The decision stands, for reasons that the employer reads."""
    found = _held(session, found, by)
    reasons = words.needed(reasons, "Give the reasons. The employer reads them.", "reasons")
    _close(session, found, STAND_BY, reasons, what="", by=by, at=at)


def overturn(session: Session, found: Appeal, *, reasons: str, by: User, at: datetime, on: date) -> None:
    """The decision was wrong: a case is opened again for a new decision by other people, an award counts again.

    Raises `Refusal` on "reasons" without any, and when that cannot be done now (`reopening.open_again`).
    """
    found = _held(session, found, by)
    reasons = words.needed(reasons, "Give the reasons. The employer reads them.", "reasons")
    if found.review is not None:
        apart = took_part(session, found) | {by.id}
        explanation.keep_that_of_before(session, found.review, at, recording.decided_in)
        reopening.open_again(session, found.review, apart=apart, by=by, at=at, on=on)
        what = "again"
    else:
        assert found.award_step is not None
        what = _restore(session, found.award_step, by=by, at=at, on=on)
    _close(session, found, OVERTURN, reasons, what=what, by=by, at=at)


def _restore(session: Session, step: AwardStep, *, by: User, at: datetime, on: date) -> str:
    """Let the award count again, unless something else happened to it since; says which of the two."""
    award = step.award
    session.refresh(award)
    is_so = award.can(RESTORE) and award.ends_on >= on and award.status.value == step.deed.done
    if not is_so or (step.deed is Deed.REVOKE and issuing.in_its_place(session, award) is not None):
        return "nothing"
    issuing.restore(session, award, reason="An appeal changed the decision.", by=by, at=at, on=on)
    return "restored"


def _close(
    session: Session, found: Appeal, step: Transition, reasons: str, *, what: str, by: User, at: datetime
) -> None:
    found.move(step)
    found.reasons, found.decided_at = reasons, at
    audit.record(
        session,
        "appeal:decide",
        found,
        by=by.id,
        at=at,
        case=_case(_decision(found)),
        outcome=found.status.value,
        followed_by=what,
    )
    changed = found.status is AppealStatus.CHANGED
    emails.appeal_decided(
        session, **_told(session, found, "decided", at), changed=changed, followed_by=what, reasons=reasons
    )


def _decision(found: Appeal) -> Decision:
    decision = found.review or found.award_step
    assert decision is not None
    return decision


def _decided_at(decision: Decision) -> datetime | None:
    """When it was decided; None while it is not, or when nothing was done to the award."""
    if isinstance(decision, Review):
        return decision.decided_at if decision.status is ReviewStatus.DECIDED else None
    return decision.decided_at if decision.status is StepStatus.CARRIED_OUT else None


def _made(session: Session, decision: Decision, decided_at: datetime) -> Appeal | None:
    query = sa.select(Appeal)
    if isinstance(decision, Review):
        query = query.where(Appeal.review_id == decision.id, Appeal.decision_at == decided_at)
    else:
        query = query.where(Appeal.award_step_id == decision.id)
    return session.scalars(query).first()


def _rules(decision: Decision) -> AfterAward:
    framework = decision.assessment.framework if isinstance(decision, Review) else decision.award.framework
    return framework.content.after_award


def _until(decision: Decision, decided_at: datetime) -> date:
    return local_date(decided_at) + timedelta(days=_rules(decision).appeal_days)


def _employer(decision: Decision) -> Organisation:
    return decision.assessment.organisation if isinstance(decision, Review) else decision.organisation


def _case(decision: Decision) -> UUID:
    return decision.assessment_id if isinstance(decision, Review) else decision.award.assessment_id


def _said(decision: Decision) -> str:
    """The decision in words, kept with the appeal."""
    if isinstance(decision, AwardStep):
        return f"The award was {decision.deed.done}.\n\n{decision.decision}"
    title = decision.assessment.framework.content.level_title(decision.decided_level)
    return f"{title}\n\n{decision.reasons}".strip()


def _held(session: Session, found: Appeal, by: User) -> Appeal:
    found = locked(session, found)
    if found.decided_at is not None:
        raise Refusal("This appeal has been decided already.")
    if found.handler_id is None:
        raise Refusal("Take this appeal before you work on it.")
    if found.handler_id != by.id:
        raise Refusal(f"{found.handler} has this appeal. Only whoever has it can do this.")
    why = why_not(session, found, by)
    if why is not None:
        raise Refusal(why)
    return found


def _told(session: Session, found: Appeal, event: str, at: datetime) -> dict[str, Any]:
    return {
        "to": owners(session, found.organisation_id),
        "organisation_name": found.organisation.name,
        "organisation_id": found.organisation_id,
        "about": found.about[0].lower() + found.about[1:],
        "event_key": f"appeal:{found.id}:{event}",
        "at": at,
    }
