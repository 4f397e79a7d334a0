"""A case on an assessor's desk, what is found in it, and what is decided."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from charter.account.models import User
from charter.assessment.models import Assessment
from charter.lifecycle import HasStatus, Status, Transition
from charter.orm import Base
from charter.review.private import NO_NOTE, PrivateNote, PrivateText
from charter.review.status import OPEN, ReviewStatus
from charter.review.timing.turns import Turn, begun

_open = sa.text("status IN ({})".format(", ".join(f"'{status.value}'" for status in sorted(OPEN))))


class Review(HasStatus, Base):
    """The scheme's work on one assessment, through all its rounds."""

    __tablename__ = "review"
    __table_args__ = (
        sa.UniqueConstraint("assessment_id"),
        sa.CheckConstraint("(status = 'decided') = (decided_at IS NOT NULL)", name="decided_has_date"),
        sa.CheckConstraint("status IN ('waiting', 'closed') OR assessor_id IS NOT NULL", name="someone_has_it"),
        sa.CheckConstraint(
            "status NOT IN ('recommended', 'with_panel', 'decided') OR recommended_level IS NOT NULL",
            name="recommended_has_level",
        ),
        sa.CheckConstraint("decided_by_id IS NULL OR decided_by_id <> recommended_by_id", name="two_people"),
        sa.Index(  # in the queue's order, with what the panel counts
            "ix_review_queue",
            *("waiting_since", "id", "status", "assessor_id", "due_on"),
            sqlite_where=_open,
            postgresql_where=_open,
        ),
        sa.Index(  # the same by the day a decision is due, for who takes the next one
            "ix_review_due",
            *("due_on", "waiting_since", "id", "status", "assessor_id"),
            sqlite_where=_open,
            postgresql_where=_open,
        ),
        sa.Index("ix_review_assessor_id", "assessor_id"),
    )

    assessment_id: Mapped[UUID] = mapped_column(sa.ForeignKey("assessment.id"))
    status: Mapped[ReviewStatus]
    waiting_since: Mapped[datetime]
    """When the first round was submitted: the queue is in order of this."""
    due_on: Mapped[date]
    """The day by which the employer was told to expect a decision."""
    assessor_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id"))
    claimed_at: Mapped[datetime | None]
    recommended_level: Mapped[int | None]
    recommended_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id"))
    recommended_at: Mapped[datetime | None]
    recommendation: Mapped[str] = mapped_column(sa.Text, default="")
    """The assessor's reasons, for the moderator."""
    decided_level: Mapped[int | None]
    decided_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id"))
    decided_at: Mapped[datetime | None]
    reasons: Mapped[str] = mapped_column(sa.Text, default="")
    """The reasons of the decision, as the employer reads them."""
    version: Mapped[int] = mapped_column()

    assessment: Mapped[Assessment] = relationship()
    assessor: Mapped[User | None] = relationship(foreign_keys=assessor_id)
    turns: Mapped[list[Turn]] = relationship(order_by=Turn.number, cascade="all, delete-orphan", passive_deletes=True)
    """Whose turn it was when, from the first day: written by `begin` and `move` alone."""

    def begin(self, at: datetime) -> None:
        """A case that has just come in: the first turn is of its status."""
        self._next_turn(self.turns, at)

    def move(self, step: Transition, *, at: datetime) -> None:  # type: ignore[override]  # a turn has its moment
        """Take the step, and keep when: `charter.review.timing.clock` counts both sides' days from it."""
        before = self.turns  # read first: reading flushes, and half a step is no row
        super().move(step)
        self._next_turn(before, at)

    def _next_turn(self, turns: list[Turn], at: datetime) -> None:
        turn = begun(turns, self.status, at)
        if turn is not None:
            turns.append(turn)

    @property
    def is_open(self) -> bool:
        """Whether it still waits for somebody."""
        return self.status in OPEN

    __mapper_args__ = {"version_id_col": version}


def still_open() -> sa.ColumnElement[bool]:
    """The open cases, in the very words of the queue's index: with parameters SQLite would not see that it fits."""
    return Review.status.in_(sa.bindparam("open", sorted(OPEN), expanding=True, literal_execute=True))


class Finding(Base):
    """What the assessor found on one criterion in one round. Feedback is for the employer; the note never is."""

    __tablename__ = "finding"
    __table_args__ = (sa.UniqueConstraint("review_id", "round", "criterion"),)

    review_id: Mapped[UUID] = mapped_column(sa.ForeignKey("review.id", ondelete="CASCADE"))
    round: Mapped[int]
    criterion: Mapped[str] = mapped_column(sa.String(32))
    outcome: Mapped[str | None] = mapped_column(sa.String(32))
    """One of the framework's assessor outcomes."""
    feedback: Mapped[str] = mapped_column(sa.Text, default="")
    private_note: Mapped[PrivateNote] = mapped_column(PrivateText, default=NO_NOTE)
    checked: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    """What the assessor saw in the evidence: those of the criterion's `checks` that were ticked, in their own words."""
    found_at: Mapped[datetime]
    found_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class About(Status):
    """What a question to an employer is about."""

    CRITERION = "criterion"
    DECLARATION = "declaration"
    FIGURE = "figure"


@dataclass(frozen=True)
class Subject:
    """One thing that an employer can be asked about: a criterion, a declaration or a figure, by its code."""

    about: About
    code: str

    @property
    def key(self) -> str:
        """Both in one word, for the name of a field."""
        return f"{self.about.value}-{self.code}"


class InformationRequest(Base):
    """One thing asked of the employer on one criterion, declaration or figure, at the end of one round."""

    __tablename__ = "information_request"
    __table_args__ = (sa.UniqueConstraint("review_id", "round", "about", "code"),)

    review_id: Mapped[UUID] = mapped_column(sa.ForeignKey("review.id", ondelete="CASCADE"))
    round: Mapped[int]
    about: Mapped[About] = mapped_column(server_default=About.CRITERION.value)
    code: Mapped[str] = mapped_column(sa.String(32))
    """Of the criterion, declaration or figure."""
    question: Mapped[str] = mapped_column(sa.Text)
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))
    answer_by: Mapped[date]

    @property
    def subject(self) -> Subject:
        """What it is about."""
        return Subject(self.about, self.code)


class ModerationOutcome(Status):
    """What a moderator made of a recommendation."""

    AGREED = "agreed"
    CHANGED = "changed"
    SENT_BACK = "sent_back"


class Moderation(Base):
    """A second person's look at a recommendation."""

    __tablename__ = "moderation"

    review_id: Mapped[UUID] = mapped_column(sa.ForeignKey("review.id", ondelete="CASCADE"), index=True)
    moderator_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))
    outcome: Mapped[ModerationOutcome]
    recommended_level: Mapped[int]
    level: Mapped[int | None]
    reasons: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[datetime]
