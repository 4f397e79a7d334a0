"""Whose each task of an assessment is, and what colleagues say to each other about it: the tables, for them alone."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from charter.orm import Base


class Assignment(Base):
    """One task of an assessment and the colleague whose it is. A task that is nobody's has no row."""

    __tablename__ = "assignment"
    __table_args__ = (
        sa.UniqueConstraint("assessment_id", "task"),
        sa.Index("ix_assignment_person_id", "person_id"),
    )

    assessment_id: Mapped[UUID] = mapped_column(sa.ForeignKey("assessment.id", ondelete="CASCADE"))
    task: Mapped[str] = mapped_column(sa.String(40))
    """The code of a criterion, or `sharing.DECLARATIONS` or `sharing.FIGURES`."""
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"))
    assigned_at: Mapped[datetime]
    assigned_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))


class Comment(Base):
    """What one of the employer's people says to the others about a criterion. Nobody else ever reads it.

    `version` counts its changes. One that was deleted keeps its place in the thread and loses its words.
    """

    __tablename__ = "comment"
    __table_args__ = (
        sa.UniqueConstraint("assessment_id", "author_id", "sent_as"),  # of a form sent twice at once, one is kept
        sa.CheckConstraint("deleted_at IS NULL OR text = ''", name="deleted_has_no_words"),
        sa.Index("ix_comment_assessment_id_criterion", "assessment_id", "criterion"),
    )

    assessment_id: Mapped[UUID] = mapped_column(sa.ForeignKey("assessment.id", ondelete="CASCADE"))
    criterion: Mapped[str] = mapped_column(sa.String(32))
    author_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    text: Mapped[str] = mapped_column(sa.Text)
    sent_as: Mapped[str] = mapped_column(sa.String(64))
    """What names the form and the words that it was sent with: the same again is the same comment."""
    written_at: Mapped[datetime]
    changed_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}
