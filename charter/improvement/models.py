"""The programmes that help employers, who asked for which, and the actions of an employer's plan."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from charter.account.models import User
from charter.lifecycle import HasStatus, Status, Transition
from charter.organisation.models import Membership, Organisation
from charter.orm import Base


class ProgrammeStatus(Status):
    """Whether the directory shows a programme."""

    OPEN = "open"
    RETIRED = "retired"


class Programme(Base):
    """Something that helps employers or their staff. Codes (county, theme, criterion) are those of the framework."""

    __tablename__ = "programme"
    __table_args__ = (
        sa.UniqueConstraint("code"),
        sa.CheckConstraint("size_min IS NULL OR size_max IS NULL OR size_min <= size_max", name="sizes_in_order"),
        sa.CheckConstraint("(changed_at IS NULL) = (changed_by_id IS NULL)", name="changed_by_someone"),
        sa.Index("ix_programme_status_name", "status", "name"),
    )

    code: Mapped[str] = mapped_column(sa.String(64))
    """Names it in addresses; never changes."""
    name: Mapped[str] = mapped_column(sa.String(160))
    provider: Mapped[str] = mapped_column(sa.String(160))
    county: Mapped[str | None] = mapped_column(sa.String(32))
    """Where it is offered; empty when in every county of the scheme."""
    for_whom: Mapped[str] = mapped_column(sa.String(300))
    offers: Mapped[str] = mapped_column(sa.String(1000))
    themes: Mapped[list[Any]]
    """Codes of the themes it helps with."""
    criteria: Mapped[list[Any]]
    """Codes of the criteria it helps with, where that is known more finely than by theme."""
    size_min: Mapped[int | None]
    """The fewest people an employer may have."""
    size_max: Mapped[int | None]
    """The most people an employer may have."""
    how_to_start: Mapped[str] = mapped_column(sa.String(1000))
    contact_email: Mapped[str | None] = mapped_column(sa.String(254))
    """Who is told when an employer asks; the scheme itself when nobody is named."""
    website: Mapped[str | None] = mapped_column(sa.String(300))
    source: Mapped[str] = mapped_column(sa.String(300))
    """Where the scheme has this from."""
    review_by: Mapped[date]
    """The day by which somebody should check that all of this is still so."""
    status: Mapped[ProgrammeStatus]
    added_at: Mapped[datetime]
    changed_at: Mapped[datetime | None]
    """When a person last changed or confirmed it; loading a table leaves it alone from then on."""
    changed_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id"))
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}

    def __str__(self) -> str:
        return self.name

    def suits(self, *, fewest: int | None, most: int | None) -> bool:
        """Whether an employer with between `fewest` and `most` people may take part.

        Nothing known of the fewest means one; of the most, no limit: who may be too large is not promised help.
        """
        if fewest is None and self.size_max is not None and (most is None or most > self.size_max):
            return False
        too_large = self.size_max is not None and fewest is not None and fewest > self.size_max
        too_small = self.size_min is not None and most is not None and most < self.size_min
        return not too_large and not too_small


class ProgrammeRequest(Base):
    """An employer asked for a programme on a day. Asked twice on one day, it is one request."""

    __tablename__ = "programme_request"
    __table_args__ = (
        sa.UniqueConstraint("organisation_id", "programme_id", "asked_on"),
        sa.Index("ix_programme_request_programme_id", "programme_id"),
        sa.Index("ix_programme_request_asked_at", "asked_at"),
    )

    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organisation.id", ondelete="CASCADE"))
    programme_id: Mapped[UUID] = mapped_column(sa.ForeignKey("programme.id"))
    asked_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))
    asked_at: Mapped[datetime]
    asked_on: Mapped[date]
    message: Mapped[str] = mapped_column(sa.Text)
    """What the employer wants to say to the programme; may be empty. Of two employers that were merged, both."""
    action_id: Mapped[UUID | None]
    """The action of the employer's plan that it is meant to move on."""

    organisation: Mapped[Organisation] = relationship()
    programme: Mapped[Programme] = relationship()
    asked_by: Mapped[User] = relationship()


# The improvement plan -------------------------------------------------------------------------------------------------


class ActionStatus(Status):
    """How far an action is."""

    TO_DO = "to_do"
    DONE = "done"
    DROPPED = "dropped"


FINISH = Transition("finish", frozenset({ActionStatus.TO_DO}), ActionStatus.DONE)
DROP = Transition("drop", frozenset({ActionStatus.TO_DO}), ActionStatus.DROPPED)
OPEN_AGAIN = Transition("open again", frozenset({ActionStatus.DONE, ActionStatus.DROPPED}), ActionStatus.TO_DO)


class ActionSource(Status):
    """Why an action is in the plan."""

    PLANNED = "planned"
    GAP = "gap"
    FEEDBACK = "feedback"
    OWN = "own"

    @property
    def label(self) -> str:
        """The source as the plan says it."""
        return {
            "planned": "You planned this in your answers",
            "gap": "It stands before the next level",
            "feedback": "It stands before the next level, as the assessor found",
            "own": "You added this",
        }[self.value]


FIGURES_KEY = "figures:"
"""How the keys of actions begin that ask for a level's figures."""


class Action(HasStatus, Base):
    """One thing that an employer means to do. `version` counts its changes: a change names the one it saw."""

    __tablename__ = "action"
    __table_args__ = (
        sa.UniqueConstraint("organisation_id", "key"),
        sa.CheckConstraint("(status = 'to_do') = (closed_at IS NULL)", name="closed_has_date"),
        sa.CheckConstraint("(source = 'own') = (key IS NULL)", name="built_has_key"),
        sa.Index("ix_action_status_due_on", "status", "due_on"),
        sa.Index("ix_action_owner_id", "owner_id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organisation.id", ondelete="CASCADE"))
    assessment_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("assessment.id", ondelete="SET NULL"), index=True)
    """The assessment that last asked for it; none for an action of the employer's own."""
    key: Mapped[str | None] = mapped_column(sa.String(100))
    """What it is about, so that building the plan again makes nothing twice; none for one of the employer's own."""
    criterion: Mapped[str | None] = mapped_column(sa.String(32))
    """The code of the criterion that it moves on, if it is about one."""
    level: Mapped[int | None]
    """The rank of the level that it helps to reach."""
    source: Mapped[ActionSource]
    title: Mapped[str] = mapped_column(sa.String(200))
    detail: Mapped[str] = mapped_column(sa.Text)
    """What the employer will do, in its own words; may be empty."""
    why: Mapped[str] = mapped_column(sa.Text)
    """What is needed, or why it opened again; written when the plan is built, never by a person."""
    feedback: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    """What the assessor said about it; may be empty."""
    effort: Mapped[int]
    """How much work it is: the place among the efforts of the charter, 0 for the smallest."""
    owner_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    """The colleague who does it, and is reminded; they may have left the team since: `owner` knows."""
    owner_name: Mapped[str] = mapped_column(sa.String(120))
    """Who does it, when that is nobody with an account; may be empty."""
    due_on: Mapped[date | None]
    status: Mapped[ActionStatus]
    seems_done_at: Mapped[datetime | None]
    """Since when the answers or the findings say that it is in place; it waits for a person to say so."""
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    closing_note: Mapped[str] = mapped_column(sa.Text)
    """What shows that it is done, or why it was dropped."""
    created_at: Mapped[datetime]
    created_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    changed_at: Mapped[datetime]
    """When anything about it last changed."""
    written_at: Mapped[datetime]
    """When a person last wrote what is to be done, by whom and by when."""
    reminded_for: Mapped[date | None]
    """The due date that somebody was reminded of before it came; another date is reminded of anew."""
    overdue_told_for: Mapped[date | None]
    """The due date whose passing somebody was told of."""
    version: Mapped[int] = mapped_column()

    organisation: Mapped[Organisation] = relationship()
    owner: Mapped[User | None] = relationship(
        secondary=Membership.__table__,
        primaryjoin=sa.and_(Membership.organisation_id == organisation_id, Membership.user_id == owner_id),
        secondaryjoin=sa.and_(Membership.user_id == User.id, User.disabled_at.is_(None)),
        viewonly=True,
        uselist=False,
    )
    """Whoever of `owner_id` is still in the team: read through it, so that no way of leaving can be forgotten."""

    __mapper_args__ = {"version_id_col": version}

    def __str__(self) -> str:
        return self.title

    @property
    def doer(self) -> str:
        """Who does it; empty when nobody is named."""
        return self.owner.name if self.owner else self.owner_name

    @property
    def is_about_figures(self) -> bool:
        """Whether it asks for figures: giving them is what gets it done."""
        return (self.key or "").startswith(FIGURES_KEY)

    def is_overdue(self, on: date) -> bool:
        """Whether its day is past and it is not done."""
        return self.status is ActionStatus.TO_DO and self.due_on is not None and self.due_on < on
