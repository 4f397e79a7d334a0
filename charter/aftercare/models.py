"""What the public told us, what the scheme means to do with an award, and appeals against what was decided."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from charter.account.models import User
from charter.aftercare.status import OPEN_CONCERNS, AppealStatus, ConcernStatus, Deed, StepStatus
from charter.award.models import Award
from charter.clock import day_in_words
from charter.lifecycle import HasStatus
from charter.organisation.models import Organisation
from charter.orm import Base
from charter.review.models import Review

_open = "status IN ({})".format(", ".join(f"'{one.value}'" for one in sorted(OPEN_CONCERNS)))


class Concern(HasStatus, Base):
    """Something that somebody told the scheme about an employer. Who they are, the employer never learns."""

    __tablename__ = "concern"
    __table_args__ = (
        sa.UniqueConstraint("reference"),
        sa.UniqueConstraint("sent_as"),
        sa.CheckConstraint(f"({_open}) = (decided_at IS NULL)", name="decided_has_date"),
        sa.CheckConstraint("status = 'new' OR holder_id IS NOT NULL", name="someone_has_it"),
        sa.CheckConstraint("(asked_at IS NULL) = (answer_by IS NULL)", name="asked_until"),
        sa.Index("ix_concern_organisation_id", "organisation_id"),
        sa.Index("ix_concern_status_raised_at", "status", "raised_at"),
    )

    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organisation.id", ondelete="CASCADE"))
    certificate: Mapped[str] = mapped_column(sa.String(32))
    """The number of the certificate it was raised on."""
    reference: Mapped[str] = mapped_column(sa.String(16))
    """What whoever raised it was given: with it they can see how it went, and only that."""
    status: Mapped[ConcernStatus]
    what: Mapped[str] = mapped_column(sa.Text)
    happened: Mapped[str] = mapped_column(sa.String(200))
    """When, in their words."""
    known_by: Mapped[str] = mapped_column(sa.Text)
    """How they know."""
    links: Mapped[int]
    """How many links there are in their words: many are a sign of advertising."""
    raised_by: Mapped[str] = mapped_column(sa.String(120))
    """Their name, if they gave it; erased after a time."""
    email: Mapped[str] = mapped_column(sa.String(254))
    """Their address, if they gave it; erased after a time."""
    raised_at: Mapped[datetime]
    sent_as: Mapped[str] = mapped_column(sa.String(64))
    """Of the page it was sent from, so that a form sent twice makes one concern."""
    forgotten_at: Mapped[datetime | None]
    """When what they wrote and who they are was erased."""
    holder_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id"))
    substance: Mapped[str] = mapped_column(sa.Text, default="")
    """What the employer is told of it, in the scheme's words."""
    asked_at: Mapped[datetime | None]
    asked_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id"))
    answer_by: Mapped[date | None]
    answer: Mapped[str] = mapped_column(sa.Text, default="")
    """The employer's side."""
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    reasons: Mapped[str] = mapped_column(sa.Text, default="")
    """Of the outcome: for whoever raised it, and for the employer if it was asked."""
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id"))
    version: Mapped[int] = mapped_column()

    organisation: Mapped[Organisation] = relationship()
    holder: Mapped[User | None] = relationship(foreign_keys=holder_id)

    __mapper_args__ = {"version_id_col": version}

    @property
    def is_open(self) -> bool:
        """Whether it is still to be settled."""
        return self.status in OPEN_CONCERNS


class ConcernNote(Base):
    """What somebody of the scheme noted while looking into a concern. Only the scheme reads it."""

    __tablename__ = "concern_note"

    concern_id: Mapped[UUID] = mapped_column(sa.ForeignKey("concern.id", ondelete="CASCADE"), index=True)
    text: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[datetime]
    by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))

    by: Mapped[User] = relationship()


class AwardStep(HasStatus, Base):
    """That the scheme means to suspend or revoke an award: proposed by one, decided by another, the employer heard."""

    __tablename__ = "award_step"
    __table_args__ = (
        sa.CheckConstraint("(status = 'proposed') = (decided_at IS NULL)", name="decided_has_date"),
        sa.CheckConstraint("decided_by_id IS NULL OR decided_by_id <> proposed_by_id", name="two_people"),
        sa.CheckConstraint("at_once = '' OR deed = 'suspend'", name="only_suspended_at_once"),
        sa.Index("ix_award_step_organisation_id", "organisation_id"),
        sa.Index("ix_award_step_status", "status", "reply_by"),
        sa.Index(
            "uq_award_step_one_open",
            "award_id",
            unique=True,
            sqlite_where=sa.text("status = 'proposed'"),
            postgresql_where=sa.text("status = 'proposed'"),
        ),
    )

    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organisation.id"))
    award_id: Mapped[UUID] = mapped_column(sa.ForeignKey("award.id"))
    concern_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("concern.id", ondelete="SET NULL"))
    """The concern that led to it, if one did. Not for the employer."""
    deed: Mapped[Deed]
    status: Mapped[StepStatus]
    reasons: Mapped[str] = mapped_column(sa.Text)
    """As the employer reads them."""
    at_once: Mapped[str] = mapped_column(sa.Text, default="")
    """Why it cannot wait for the employer's reply; empty when it waits."""
    reply_by: Mapped[date]
    """The last day for the employer's reply."""
    proposed_at: Mapped[datetime]
    proposed_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))
    reply: Mapped[str] = mapped_column(sa.Text, default="")
    replied_at: Mapped[datetime | None]
    replied_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    reply_is_all: Mapped[bool] = mapped_column(default=False)
    """The employer said that nothing more will come, so that nobody has to wait for the day."""
    decision: Mapped[str] = mapped_column(sa.Text, default="")
    """The reasons of the decision, as the employer reads them."""
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id"))
    version: Mapped[int] = mapped_column()

    organisation: Mapped[Organisation] = relationship()
    award: Mapped[Award] = relationship()
    proposed_by: Mapped[User] = relationship(foreign_keys=proposed_by_id)
    decided_by: Mapped[User | None] = relationship(foreign_keys=decided_by_id)

    __mapper_args__ = {"version_id_col": version}

    def takes_reply_on(self, day: date) -> bool:
        """Whether the employer may still reply that day. To what was done at once, it may reply afterwards too."""
        return day <= self.reply_by and (self.status is StepStatus.PROPOSED or bool(self.at_once))

    def why_wait(self, day: date) -> str | None:
        """Why it cannot be carried out that day yet, in a sentence; None when it can."""
        if self.at_once or day > self.reply_by or (self.replied_at is not None and self.reply_is_all):
            return None
        return (
            f"The employer may reply until {day_in_words(self.reply_by)}. You can carry this out after "
            "that day, or earlier if the employer says that it has nothing to add."
        )


class Appeal(HasStatus, Base):
    """An employer asks that somebody else looks at a decision: on its assessment, or on its award."""

    __tablename__ = "appeal"
    __table_args__ = (
        sa.UniqueConstraint("review_id", "decision_at"),
        sa.UniqueConstraint("award_step_id"),
        sa.CheckConstraint("(review_id IS NULL) <> (award_step_id IS NULL)", name="about_one_decision"),
        sa.CheckConstraint("(status IN ('stands', 'changed')) = (decided_at IS NOT NULL)", name="decided_has_date"),
        sa.CheckConstraint("status = 'waiting' OR handler_id IS NOT NULL", name="someone_has_it"),
        sa.Index("ix_appeal_organisation_id", "organisation_id"),
        sa.Index("ix_appeal_status_due_on", "status", "due_on"),
    )

    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organisation.id"))
    review_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("review.id"))
    award_step_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("award_step.id"))
    decision_at: Mapped[datetime]
    """When the decision that it is about was taken."""
    decision_said: Mapped[str] = mapped_column(sa.Text)
    """What was decided and why, as the employer read it: a case that is opened again forgets it."""
    decided_level: Mapped[int | None]
    """The level that was decided on, of an assessment."""
    status: Mapped[AppealStatus]
    grounds: Mapped[str] = mapped_column(sa.Text)
    raised_at: Mapped[datetime]
    raised_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    due_on: Mapped[date]
    """The day by which the employer was told to expect an answer."""
    handler_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id"))
    reasons: Mapped[str] = mapped_column(sa.Text, default="")
    """Of the outcome, as the employer reads them."""
    decided_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()

    organisation: Mapped[Organisation] = relationship()
    review: Mapped[Review | None] = relationship()
    award_step: Mapped[AwardStep | None] = relationship()
    handler: Mapped[User | None] = relationship(foreign_keys=handler_id)

    __mapper_args__ = {"version_id_col": version}

    @property
    def about(self) -> str:
        """What it is about, in words."""
        if self.award_step is not None:
            return f"That award {self.award_step.award.number} was {self.award_step.deed.done}"
        return "The decision on its assessment"
