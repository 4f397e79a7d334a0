"""What an employer's people say to each other about a criterion. No assessor and nobody outside ever reads it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from charter import audit
from charter.account.models import User
from charter.assessment.models import Assessment
from charter.assessment.sharing import Holder
from charter.assessment.teamwork import Assignment, Comment
from charter.errors import Refusal, Stale
from charter.notification import emails
from charter.organisation.models import Membership
from charter.organisation.naming import FORMER

TEXT_LIMIT = 2_000
CLOSED = "This assessment is closed. You can read the comments, and not add to them."
NOT_YOURS = "You can change only your own comments."


@dataclass(frozen=True)
class Said:
    """One comment as the thread shows it."""

    comment: Comment
    author: str
    """The name, while the author is in the team."""


@dataclass(frozen=True)
class Talk:
    """Whose a criterion is, and what was said about it, the oldest first."""

    holder: Holder | None
    comments: Sequence[Said]
    people: int = 0
    """How many of the team can sign in."""

    @property
    def is_shared(self) -> bool:
        """Whether there is somebody to talk to, or something was said or given before."""
        return self.people > 1 or self.holder is not None or bool(self.comments)


def about(session: Session, assessment: Assessment, criterion: str) -> Talk:
    """Whose a criterion is, and the comments on it (one query)."""
    rows = session.execute(_about(), {"assessment": assessment.id, "criterion": criterion}).all()
    first = rows[0]
    return Talk(
        Holder(first[2], first[3]) if first[2] else None,
        [Said(comment, name or FORMER) for comment, name, *_ in rows if comment is not None],
        first[4],
    )


@cache
def _about() -> sa.Select[*tuple[Any, ...]]:
    """The query, put together once: each question asks it, and putting it together takes longer than asking it."""
    assessment_id = sa.bindparam("assessment", type_=Assessment.id.type)
    criterion = sa.bindparam("criterion", type_=Comment.criterion.type)
    team = (
        sa.select(sa.func.count())
        .select_from(Membership)
        .join(User, sa.and_(User.id == Membership.user_id, User.disabled_at.is_(None)))
        .where(Membership.organisation_id == Assessment.organisation_id)
        .correlate(Assessment)
        .scalar_subquery()
    )
    has, author, holding, writing = aliased(User), aliased(User), aliased(Membership), aliased(Membership)
    return (
        sa.select(Comment, author.name, has.id, has.name, team)
        .select_from(Assessment)
        .outerjoin(Assignment, sa.and_(Assignment.assessment_id == Assessment.id, Assignment.task == criterion))
        .outerjoin(
            holding,
            sa.and_(holding.organisation_id == Assessment.organisation_id, holding.user_id == Assignment.person_id),
        )
        .outerjoin(has, sa.and_(has.id == holding.user_id, has.disabled_at.is_(None)))
        .outerjoin(Comment, sa.and_(Comment.assessment_id == Assessment.id, Comment.criterion == criterion))
        .outerjoin(
            writing,
            sa.and_(writing.organisation_id == Assessment.organisation_id, writing.user_id == Comment.author_id),
        )
        .outerjoin(author, author.id == writing.user_id)
        .where(Assessment.id == assessment_id)
        .order_by(Comment.written_at, Comment.id)
    )


def add(
    session: Session, assessment: Assessment, *, criterion: str, text: str, sent_as: str, by: User, at: datetime
) -> Comment:
    """Say something about a criterion to one's colleagues.

    `sent_as` names the form: the same words sent with it again are the comment that is there. Whose the criterion is
    and who said something about it before are told, each in one email, but not the author. Raises Refusal when the
    assessment is closed or has no such criterion, and on "comment" when there are no words or too many.
    """
    author, author_name = by.id, by.name  # read now: a query later would store a half-filled row
    session.refresh(assessment, with_for_update=True)
    asked = assessment.framework.content.criterion(criterion)
    if asked is None:
        raise Refusal("This is not one of the questions of your assessment.")
    if not assessment.is_open:
        raise Refusal(CLOSED)
    text = _fit(text)
    key = hashlib.sha256(f"{sent_as}\n{criterion}\n{text}".encode()).hexdigest()
    there = session.scalars(
        sa.select(Comment).where(
            Comment.assessment_id == assessment.id, Comment.author_id == author, Comment.sent_as == key
        )
    ).first()
    if there is not None:
        return there
    told = _to_tell(session, assessment, criterion, but=author)
    comment = Comment(
        assessment_id=assessment.id,
        criterion=criterion,
        author_id=author,
        text=text,
        sent_as=key,
        written_at=at,
        changed_at=None,
        deleted_at=None,
    )
    session.add(comment)
    session.flush()  # for its id, which the emails name
    audit.record(session, "comment:add", comment, by=author, at=at, case=assessment.id, criterion=criterion)
    emails.comment_added(
        session,
        to=told,
        said_by=author_name,
        organisation_name=assessment.organisation.name,
        criterion_title=asked.title,
        path=f"/assessments/{assessment.id}/criteria/{criterion}#comments",
        event_key=f"comment:{comment.id}",
        at=at,
    )
    return comment


def change(session: Session, comment: Comment, *, text: str, seen_version: int, by: User, at: datetime) -> None:
    """Put other words into one's own comment. Nobody is told again.

    Raises Refusal for somebody else's or a deleted one, once the assessment is closed, and on "comment" when there are
    no words or too many; Stale when one changed it oneself meanwhile, in another window.
    """
    author = by.id  # read now: a query later would store a half-filled row
    assessment = session.get_one(Assessment, comment.assessment_id)
    _own(session, comment, author)
    if not assessment.is_open:
        raise Refusal(CLOSED)
    if comment.deleted_at is not None:
        raise Refusal("This comment was deleted.")
    text = _fit(text)
    if text == comment.text:
        return
    if comment.version != seen_version:
        raise Stale("You changed this comment in another window meanwhile.", current=comment)
    comment.text, comment.changed_at = text, at
    audit.record(session, "comment:change", comment, by=author, at=at, case=assessment.id, criterion=comment.criterion)


def delete(session: Session, comment: Comment, *, by: User, at: datetime) -> None:
    """Take the words of one's own comment away, at any time; that there was one stays. Doing so twice changes nothing.

    Raises Refusal for somebody else's.
    """
    author = by.id  # read now: a query later would store a half-filled row
    _own(session, comment, author)
    if comment.deleted_at is not None:
        return
    comment.text, comment.deleted_at = "", at
    audit.record(
        session, "comment:delete", comment, by=author, at=at, case=comment.assessment_id, criterion=comment.criterion
    )


def one(session: Session, assessment: Assessment, criterion: str, comment_id: UUID) -> Comment | None:
    """One comment on this criterion of this assessment."""
    return session.scalars(
        sa.select(Comment).where(
            Comment.id == comment_id, Comment.assessment_id == assessment.id, Comment.criterion == criterion
        )
    ).one_or_none()


def _own(session: Session, comment: Comment, author: UUID) -> None:
    session.refresh(comment, with_for_update=True)
    if comment.author_id != author:
        raise Refusal(NOT_YOURS)


def _fit(text: str) -> str:
    text = text.strip()
    if not text:
        raise Refusal("Write your comment.", field="comment")
    if len(text) > TEXT_LIMIT:
        raise Refusal(f"A comment must be {TEXT_LIMIT:,} characters or fewer. It has {len(text):,}.", field="comment")
    return text


def _to_tell(session: Session, assessment: Assessment, criterion: str, *, but: UUID) -> Sequence[User]:
    """Whose the criterion is, and who said something that stands, while they are in the team (one query)."""
    holders = sa.select(Assignment.person_id).where(
        Assignment.assessment_id == assessment.id, Assignment.task == criterion
    )
    authors = sa.select(Comment.author_id).where(
        Comment.assessment_id == assessment.id, Comment.criterion == criterion, Comment.deleted_at.is_(None)
    )
    return session.scalars(
        sa.select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(
            Membership.organisation_id == assessment.organisation_id,
            User.id != but,
            sa.or_(User.id.in_(holders), User.id.in_(authors)),
        )
        .order_by(User.id)
    ).all()
