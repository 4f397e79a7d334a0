"""Which cases a second person looks at question by question: always, by lot, or because the assessor is not sure.

The lot is drawn once, when a case is first recommended, whatever comes after: sending it back and recommending it
again draws nothing. Anybody can work it out again: the SHA-256 of the seed, a colon and the id of the case, as a whole
number, modulo 10,000, is below a hundred times the share. The seed is new for each case, so that nobody knows it
beforehand.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from charter import audit
from charter.account.models import User
from charter.assessment.models import Assessment
from charter.errors import Refusal
from charter.framework.content import Content, Moderated, ReviewRule
from charter.organisation.models import Organisation
from charter.review.models import Review
from charter.review.second.second_models import Doubt, SampleDraw, SampleShare

Narrowed = TypeVar("Narrowed", bound=sa.Select[*tuple[Any, ...]])
OF = 10_000
LONGEST_DOUBT = 2000
"""The most characters of what an assessor is not sure about."""


def rule(review: Review) -> ReviewRule:
    """How a case is worked on: what the level aimed at says, in the version of the charter that it is on."""
    return rule_of(review.assessment.framework.content, review.assessment.target_level)


def rule_of(content: Content, level: int) -> ReviewRule:
    """How cases for a level are worked on."""
    found = content.level(level)
    return found.review if found else ReviewRule()


# The share ---------------------------------------------------------------------------------------------------------


def share(session: Session, *, at: datetime) -> int:
    """Out of a hundred cases, how many were drawn at a moment; none where nobody had said so before."""
    newest = sa.select(SampleShare.percent).where(SampleShare.set_at <= at)
    return session.scalar(newest.order_by(SampleShare.set_at.desc(), SampleShare.id.desc()).limit(1)) or 0


def history(session: Session) -> Sequence[SampleShare]:
    """Every share there was, the newest first, with who set it."""
    ordered = sa.select(SampleShare).order_by(SampleShare.set_at.desc(), SampleShare.id.desc())
    return session.scalars(ordered.options(joinedload(SampleShare.set_by))).all()


def set_share(session: Session, percent: int, *, by: User, at: datetime) -> SampleShare:
    """From now on draw this share of the cases. Those drawn before stay as they are."""
    if not 0 <= percent <= 100:
        raise Refusal("Enter a whole number from 0 to 100.", field="percent")
    before = share(session, at=at)
    if session.scalar(sa.select(sa.func.count(SampleShare.id))) and percent == before:
        raise Refusal(f"The share is {percent} in 100 already.", field="percent")
    kept = SampleShare(percent=percent, set_at=at, set_by_id=by.id)
    session.add(kept)
    audit.record(session, "sample:set-share", kept, by=by.id, at=at, before=before, percent=percent)
    return kept


# The lot -----------------------------------------------------------------------------------------------------------


def value(seed: str, review_id: UUID) -> int:
    """The number that a case draws: 0 to 9,999, each as likely as the others."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{review_id}".encode()).digest()) % OF


def is_drawn(number: int, percent: int) -> bool:
    """Whether a case with this number is among so many in a hundred."""
    return number * 100 < percent * OF


def draw(session: Session, review: Review, *, by: User, at: datetime, seed: str | None = None) -> SampleDraw | None:
    """Draw the lot of a case that is held (`allocation.locked`), unless it was drawn before.

    None for a case whose level always gets a second look: there is nothing to draw. `seed` is for tests and the demo.
    """
    if rule(review).moderation is Moderated.ALWAYS:
        return None
    before = session.scalars(sa.select(SampleDraw).where(SampleDraw.review_id == review.id)).first()
    if before is not None:
        return before
    seed, percent = seed or token_hex(16), share(session, at=at)
    number = value(seed, review.id)
    drawn = SampleDraw(
        review_id=review.id, seed=seed, percent=percent, value=number, drawn=is_drawn(number, percent), at=at
    )
    session.add(drawn)
    audit.record(
        session,
        "case:draw",
        review,
        by=by.id,
        at=at,
        case=review.assessment_id,
        seed=seed,
        percent=percent,
        value=number,
        drawn=drawn.drawn,
    )
    return drawn


def doubt(session: Session, review: Review, reason: str, *, by: User, at: datetime) -> Doubt:
    """Keep that the assessor who recommends is not sure. Raises `Refusal` on "doubt" without a reason."""
    reason = reason.strip()
    if not reason:
        raise Refusal("Say what you are not sure about.", field="doubt")
    if len(reason) > LONGEST_DOUBT:
        raise Refusal(f"Say it in {LONGEST_DOUBT:,} characters or fewer. It has {len(reason):,}.", field="doubt")
    kept = Doubt(review_id=review.id, by_id=by.id, reason=reason, at=at)
    session.add(kept)
    audit.record(session, "case:doubt", review, by=by.id, at=at, case=review.assessment_id)
    return kept


# Why ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Why:
    """Why a case gets a second look, question by question; nothing true means a plain sign-off by a second person."""

    always: bool
    drawn: bool
    unsure: bool

    def __bool__(self) -> bool:
        return self.always or self.drawn or self.unsure

    @property
    def words(self) -> tuple[str, ...]:
        """The reasons, in a few words each."""
        said = ((self.always, "every case for this level"), (self.drawn, "drawn by lot"), (self.unsure, "not sure"))
        return tuple(words for true, words in said if true)


def said_of(review_id: Any) -> tuple[sa.Exists, sa.Exists]:
    """Whether the lot fell on a case, and whether its assessor is not sure, for the columns of a query.

    `review_id` is an id, or the column of a query that has one.
    """
    drawn = sa.exists().where(SampleDraw.review_id == review_id, SampleDraw.drawn)
    return drawn.correlate(Review), sa.exists().where(Doubt.review_id == review_id).correlate(Review)


def why(session: Session, review: Review) -> Why:
    """Why a case gets a second look (one query)."""
    drawn, unsure = session.execute(sa.select(*said_of(review.id))).one()
    return Why(rule(review).moderation is Moderated.ALWAYS, drawn, unsure)


@dataclass(frozen=True)
class Drawn:
    """One lot, with the employer whose case it was."""

    draw: SampleDraw
    employer: str


@dataclass(frozen=True)
class Asked:
    """Which lots to list: those of employers whose name holds `search`, drawn or not drawn, and not `hidden`."""

    search: str = ""
    drawn: bool | None = None
    hidden: frozenset[UUID] = frozenset()
    """Employers that whoever looks has an interest in."""


EVERY = Asked()
LISTED = 50
"""How many of the newest lots a page shows."""


def draws(session: Session, asked: Asked = EVERY, *, page: int = 1) -> tuple[Sequence[Drawn], int]:
    """A page of the lots that were drawn, the newest first, and how many there are in all (two queries)."""
    total = session.scalar(_narrowed(sa.select(sa.func.count(SampleDraw.id)), asked)) or 0
    rows = session.execute(
        _narrowed(sa.select(SampleDraw, Organisation.name), asked)
        .order_by(SampleDraw.at.desc(), SampleDraw.id.desc())
        .limit(LISTED)
        .offset((max(1, page) - 1) * LISTED)
    )
    return [Drawn(lot, name) for lot, name in rows], total


def all_draws(session: Session, asked: Asked = EVERY) -> Sequence[SampleDraw]:
    """Every lot, the oldest first, for a file."""
    return session.scalars(_narrowed(sa.select(SampleDraw), asked).order_by(SampleDraw.at, SampleDraw.id)).all()


def _narrowed(query: Narrowed, asked: Asked) -> Narrowed:
    query = (
        query.join(Review, Review.id == SampleDraw.review_id)
        .join(Assessment, Assessment.id == Review.assessment_id)
        .join(Organisation, Organisation.id == Assessment.organisation_id)
    )
    if asked.search:
        query = query.where(Organisation.name.icontains(asked.search, autoescape=True))
    if asked.drawn is not None:
        query = query.where(SampleDraw.drawn.is_(asked.drawn))
    return query.where(Organisation.id.not_in(asked.hidden)) if asked.hidden else query
