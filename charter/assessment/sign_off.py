"""A senior person approves what an assessment says before it is sent, by a link and without an account.

It is the employer's own choice (`Organisation.needs_sign_off` makes it a rule there). An approval holds the hash of
what was approved, as the submission will freeze it but for what is only there for comparison: after any change it no
longer counts. See docs/adr/0020.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from charter import audit
from charter.account.models import User
from charter.account.sessions import hashed
from charter.assessment import metric_values, progress, queries, snapshot
from charter.assessment.models import APPROVE, SEND_BACK, TAKE_BACK, Assessment, SignOff, SignOffStatus
from charter.assessment.queries import Material
from charter.assessment.status import AssessmentStatus
from charter.errors import Refusal, Stale
from charter.lifecycle import Status

LASTS = timedelta(days=30)
REMIND_AFTER = timedelta(hours=20)
"""How long after one email the next may be sent."""
ADDRESS_KEPT = timedelta(days=90)
"""How long the address of who was asked is kept after their link ended."""
SAME_CLICK = timedelta(minutes=1)
WORDS_LIMIT = 2_000
NAME_LIMIT = 120

ENDED = "This link no longer works. Ask the person who sent it to you for a new one."
NEEDED = (
    "Your employer’s details say that a senior person must approve the answers before they are sent. Nobody has "
    "approved them as they are now. Ask for an approval, or have an owner change the details."
)
CHANGED = "The answers changed while you were reading. Nothing is approved. Read them again, then decide."


class State(Status):
    """How the approval of an assessment stands."""

    NOBODY = "nobody"
    WAITING = "waiting"
    LAPSED = "lapsed"
    APPROVED = "approved"
    SENT_BACK = "sent_back"
    OUT_OF_DATE = "out_of_date"


@dataclass(frozen=True)
class Standing:
    """How the approval of what an assessment says now stands."""

    state: State
    asked: SignOff | None
    """The newest time that somebody was asked about this round; none when nobody was."""
    content: dict[str, Any]
    """What would be sent now, as far as it is approved."""
    content_hash: str

    @property
    def approval(self) -> SignOff | None:
        """The approval of exactly this, if there is one."""
        return self.asked if self.state is State.APPROVED else None


def coming_round(assessment: Assessment) -> int:
    """The number of the submission that is to be sent next."""
    return assessment.round + (assessment.status is AssessmentStatus.MORE_INFORMATION)


def frozen(session: Session, said: Material, *, on: date, round: int) -> dict[str, Any]:
    """What the submission of a round freezes (one query)."""
    return snapshot.build(said, on=on, before=metric_values.last_time(session, said), round=round)


def standing(session: Session, said: Material, *, at: datetime, on: date) -> Standing:
    """How the approval stands of what the employer says now (two queries)."""
    coming = coming_round(said.assessment)
    content = snapshot.to_approve(frozen(session, said, on=on, round=coming))
    digest = snapshot.digest(content)
    asked = _newest(session, said.assessment, coming)
    return Standing(_state(asked, digest, at), asked, content, digest)


def _state(asked: SignOff | None, digest: str, at: datetime) -> State:
    if asked is None:
        return State.NOBODY
    if asked.status is SignOffStatus.WAITING:
        return State.WAITING if asked.works_at(at) else State.LAPSED
    if asked.status is SignOffStatus.SENT_BACK:
        return State.SENT_BACK
    return State.APPROVED if asked.content_hash == digest else State.OUT_OF_DATE


def ask(
    session: Session, assessment: Assessment, *, name: str, role: str, email: str, by: User, at: datetime, on: date
) -> tuple[SignOff, str | None]:
    """Ask a senior person to approve the assessment; gives the token of their link, which only the email holds.

    There is no token when the same person was asked a moment ago: their email is on its way. Raises Refusal when the
    answers are not complete or cannot be sent now, when somebody is asked already, when this was approved as it is,
    and (on its field) when a part is missing or the address is that of the person who asks.
    """
    author = by.id
    session.refresh(assessment, with_for_update=True)
    name, role, email = " ".join(name.split()), " ".join(role.split()), email.strip().lower()
    for field, text, sentence in (("name", name, "Enter their full name."), ("role", role, "Enter their job.")):
        if not text or len(text) > NAME_LIMIT:
            raise Refusal(sentence, field=field)
    if email == by.email:
        raise Refusal("This is your own address. Ask somebody else, or send the answers yourself.", field="email")
    said = _complete(session, assessment, on)
    now = standing(session, said, at=at, on=on)
    if now.asked is not None and now.state is State.WAITING:
        if now.asked.email == email:
            return now.asked, None
        raise Refusal(f"You have asked {now.asked.name} already. Take that back before you ask somebody else.")
    if now.approval is not None:
        raise Refusal(f"{now.approval.name} has approved the answers as they are. You can send them.")
    end(session, assessment, by=by, at=at)  # one whose link is too old
    token = secrets.token_urlsafe(32)
    asked = SignOff(
        assessment=assessment,
        assessment_id=assessment.id,
        round=coming_round(assessment),
        name=name,
        role=role,
        email=email,
        token_hash=hashed(token),
        earlier_token_hash=None,
        status=SignOffStatus.WAITING,
        asked_at=at,
        asked_by_id=author,
        reminded_at=None,
        expires_at=at + LASTS,
        decided_at=None,
        signed_as="",
        words="",
        content=None,
        content_hash=None,
    )
    session.add(asked)
    audit.record(session, "sign-off:ask", asked, by=author, at=at, case=assessment.id, round=asked.round)
    return asked, token


def remind(session: Session, asked: SignOff, *, by: User, at: datetime) -> str | None:
    """Send the person a new link, as its token. None when that was done a moment ago.

    The link before stays good beside it until they decide: they may be reading at this moment. (A visit to the new one
    does not end it: programs that look through mail visit every link they see.)

    Raises Refusal when they decided already, when the answers were sent or withdrawn, so that the new link would lead
    nowhere, or when the last email is less than a day old.
    """
    author = by.id
    session.refresh(asked.assessment, with_for_update=True)
    session.refresh(asked, with_for_update={"of": SignOff})
    if asked.status is not SignOffStatus.WAITING:
        raise Refusal("There is nothing to remind anybody of: it is decided or taken back.")
    if not asked.assessment.is_editable:
        raise Refusal("These answers were sent or withdrawn. There is nothing to approve now.")
    if asked.reminded_at is not None and at - asked.reminded_at < SAME_CLICK:
        return None
    if at - (asked.reminded_at or asked.asked_at) < REMIND_AFTER:
        raise Refusal(f"{asked.name} got an email less than a day ago. You can remind them tomorrow.")
    token = secrets.token_urlsafe(32)
    asked.earlier_token_hash = asked.token_hash
    asked.token_hash, asked.reminded_at, asked.expires_at = hashed(token), at, at + LASTS
    audit.record(session, "sign-off:remind", asked, by=author, at=at, case=asked.assessment_id)
    return token


def take_back(session: Session, asked: SignOff, *, by: User, at: datetime) -> None:
    """Let the link stop working. Nothing happens when it was taken back before; Refusal when they decided."""
    author = by.id
    session.refresh(asked, with_for_update=True)
    if asked.status is SignOffStatus.WITHDRAWN:
        return
    asked.move(TAKE_BACK)
    audit.record(session, "sign-off:take-back", asked, by=author, at=at, case=asked.assessment_id)


def forget_addresses(session: Session, on: date, at: datetime) -> int:
    """Erase the address of each person whose link ended `ADDRESS_KEPT` ago, and say how many. A job of the day.

    Who was asked and what they decided stays. A question that nobody answered in all that time is taken back.
    """
    old = session.scalars(
        sa.select(SignOff)
        .where(SignOff.expires_at < at - ADDRESS_KEPT, SignOff.email != "")
        .order_by(SignOff.id)
        .with_for_update()
    ).all()
    for asked in old:
        asked.email = ""
        if asked.status is SignOffStatus.WAITING:
            asked.move(TAKE_BACK)
            audit.record(session, "sign-off:take-back", asked, by=None, at=at, case=asked.assessment_id)
    return len(old)


def end(session: Session, assessment: Assessment, *, by: User, at: datetime) -> None:
    """Ask nobody any longer about this assessment: each link that waits stops working. The assessment is locked."""
    author = by.id
    for asked in _take_back_all(session, assessment):
        audit.record(session, "sign-off:take-back", asked, by=author, at=at, case=assessment.id)


def find(session: Session, token: str) -> SignOff | None:
    """What a link is about, whether or not it still works."""
    return session.scalars(
        sa.select(SignOff)
        .where(sa.or_(SignOff.token_hash == hashed(token), SignOff.earlier_token_hash == hashed(token)))
        .options(joinedload(SignOff.assessment))
    ).first()


def approve(
    session: Session, token: str, *, seen: str, signed_as: str, agreed: bool, at: datetime, on: date
) -> SignOff:
    """The person approves what they read, whose hash is `seen`. Sent twice, it is approved once.

    Raises Refusal when the link no longer works or a part is missing (on its field), and Stale when what would be sent
    is no longer what they read.
    """
    asked = _decidable(session, token, at=at)
    if asked.decided_at is not None:  # one decision: another button pressed later changes nothing
        return asked
    signed_as = " ".join(signed_as.split())
    if not signed_as or len(signed_as) > NAME_LIMIT:
        raise Refusal("Enter your full name.", field="signed_as")
    if not agreed:
        raise Refusal("Tick the box to say that the answers are true as far as you know.", field="agreed")
    now = standing(session, _complete(session, asked.assessment, on), at=at, on=on)
    if now.content_hash != seen:
        raise Stale(CHANGED, current=asked)
    asked.move(APPROVE)
    asked.decided_at, asked.signed_as = at, signed_as
    asked.content, asked.content_hash = now.content, now.content_hash
    audit.record(session, "sign-off:approve", asked, by=None, at=at, case=asked.assessment_id, content=now.content_hash)
    return asked


def send_back(session: Session, token: str, *, seen: str, words: str, at: datetime, on: date) -> SignOff:
    """The person sends it back with words. Sent twice, it goes back once. Refusal as `approve`, on "words" without."""
    asked = _decidable(session, token, at=at)
    if asked.decided_at is not None:
        return asked
    words = words.strip()
    if not words:
        raise Refusal("Say what should change.", field="words")
    if len(words) > WORDS_LIMIT:
        raise Refusal(f"It must be {WORDS_LIMIT:,} characters or fewer. It has {len(words):,}.", field="words")
    now = standing(session, queries.material(session, asked.assessment), at=at, on=on)
    asked.move(SEND_BACK)
    asked.decided_at, asked.words = at, words
    asked.content = now.content if now.content_hash == seen else None  # only what they read themselves
    audit.record(session, "sign-off:send-back", asked, by=None, at=at, case=asked.assessment_id)
    return asked


def last_asked(session: Session, assessment: Assessment) -> SignOff | None:
    """Whoever was asked last and not let off, to be asked again with a press of the button."""
    return session.scalars(
        sa.select(SignOff)
        .where(SignOff.assessment_id == assessment.id, SignOff.status != SignOffStatus.WITHDRAWN)
        .order_by(SignOff.asked_at.desc(), SignOff.id.desc())
        .limit(1)
    ).first()


def approved_as_it_is(session: Session, assessment: Assessment, *, at: datetime, on: date) -> SignOff | None:
    """The approval of what the answers say now, which any change ends (one query when there is none)."""
    asked = _newest(session, assessment, coming_round(assessment))
    if asked is None or asked.status is not SignOffStatus.APPROVED or not assessment.is_editable:
        return None
    return standing(session, queries.material(session, assessment), at=at, on=on).approval


def read_before(session: Session, asked: SignOff) -> SignOff | None:
    """The last time that the same person decided on this assessment, with what they read then."""
    return session.scalars(
        sa.select(SignOff)
        .where(
            SignOff.assessment_id == asked.assessment_id,
            SignOff.email == asked.email,
            SignOff.id != asked.id,
            SignOff.decided_at.is_not(None),
        )
        .order_by(SignOff.decided_at.desc())
        .limit(1)
    ).first()


def settle(session: Session, assessment: Assessment, *, content: Mapping[str, Any], needed: bool) -> SignOff | None:
    """What a submission of `assessment` with this content rests on; whoever is still asked is asked no longer.

    Raises Refusal when an approval is `needed` and there is none of exactly this content. The assessment is locked, and
    its round is that of the submission.
    """
    newest = _newest(session, assessment, assessment.round)
    digest = snapshot.digest(snapshot.to_approve(content))
    approved = newest is not None and newest.status is SignOffStatus.APPROVED and newest.content_hash == digest
    if needed and not approved:
        raise Refusal(NEEDED)
    _take_back_all(session, assessment)
    return newest if approved else None


def _newest(session: Session, assessment: Assessment, coming: int) -> SignOff | None:
    return session.scalars(
        sa.select(SignOff)
        .where(
            SignOff.assessment_id == assessment.id, SignOff.round == coming, SignOff.status != SignOffStatus.WITHDRAWN
        )
        .order_by(SignOff.asked_at.desc(), SignOff.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).first()


def _take_back_all(session: Session, assessment: Assessment) -> Sequence[SignOff]:
    query = sa.select(SignOff).where(SignOff.assessment_id == assessment.id, SignOff.status == SignOffStatus.WAITING)
    waiting = session.scalars(query.with_for_update().execution_options(populate_existing=True)).all()
    for one in waiting:
        one.move(TAKE_BACK)
    session.flush()  # before another one waits
    return waiting


def _complete(session: Session, assessment: Assessment, on: date) -> Material:
    if not assessment.is_editable:
        raise Refusal("These answers were sent or withdrawn. There is nothing to approve now.")
    said = queries.material(session, assessment)
    if progress.progress(said, on=on, before=metric_values.last_time(session, said)).gaps:
        raise Refusal("The answers are not complete yet. They can be approved once nothing is missing.")
    return said


def _decidable(session: Session, token: str, *, at: datetime) -> SignOff:
    """What a link is about, with the assessment locked first, as whoever saves an answer locks it."""
    asked = find(session, token)
    if asked is None:
        raise Refusal(ENDED)
    session.refresh(asked.assessment, with_for_update=True)
    session.refresh(asked, with_for_update={"of": SignOff})
    if asked.status in {SignOffStatus.APPROVED, SignOffStatus.SENT_BACK}:
        return asked
    if (
        not asked.works_at(at)
        or not asked.assessment.is_editable
        or hashed(token)
        not in {
            asked.token_hash,
            asked.earlier_token_hash,
        }
    ):
        raise Refusal(ENDED)
    return asked
