"""A published version of the charter: one row that is never edited. What is said of other schemes on top of it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, object_session

from charter.framework.content import Content
from charter.lifecycle import HasStatus, Status, Transition
from charter.orm import Base, Json


class FrameworkStatus(Status):
    """Whether new assessments may start on this version."""

    PUBLISHED = "published"
    RETIRED = "retired"


RETIRE = Transition("retire", frozenset({FrameworkStatus.PUBLISHED}), FrameworkStatus.RETIRED)

_parsed: dict[str, Content] = {}
"""Content of one hash never changes, so each process reads a version once. Keyed by its hash."""
MOST_PARSED = 64
"""How many are kept: more than are ever published, and few enough that drafts do not fill the memory."""
FROZEN = ("code", "version", "title", "published_at", "content_hash", "document")
"""What never changes once a version is published."""


class Framework(HasStatus, Base):
    """One published version. `document` is the checked content; `content` is the same, parsed and frozen."""

    __tablename__ = "framework"
    __table_args__ = (sa.UniqueConstraint("code", "version"),)

    code: Mapped[str] = mapped_column(sa.String(64))
    version: Mapped[str] = mapped_column(sa.String(32))
    title: Mapped[str] = mapped_column(sa.String(200))
    status: Mapped[FrameworkStatus]
    published_at: Mapped[datetime]
    content_hash: Mapped[str] = mapped_column(sa.String(64))
    document: Mapped[dict[str, Any]] = mapped_column(Json, deferred=True)
    closes_on: Mapped[date | None]
    """The last day on which answers that are not sent yet may be sent on it. Nothing is said while it is the newest."""

    @property
    def content(self) -> Content:
        """The version's content, frozen. Raises nothing: it was checked when it was published."""
        found = _parsed.get(self.content_hash)
        if found is None:
            assert object_session(self) is not None or "document" in self.__dict__
            while len(_parsed) >= MOST_PARSED:
                _parsed.pop(next(iter(_parsed)), None)
            found = _parsed[self.content_hash] = Content.model_validate(self.document)
        return found


@sa.event.listens_for(Framework, "before_update")
def _never_changes(_mapper: Any, _connection: Any, framework: Framework) -> None:
    """What was published stays as it was: a mistake in the code is stopped here, before anything is written."""
    there = sa.inspect(framework)
    changed = [name for name in FROZEN if there.attrs[name].history.has_changes()]
    if changed:
        raise ValueError(f"a published version never changes, but these were to: {', '.join(changed)}")


class CrosswalkChange(Base):
    """What administrators say of one item of another scheme instead of what the published versions say.

    The row stays when an item goes back to what is published, so that its version never begins again.
    """

    __tablename__ = "crosswalk_change"
    __table_args__ = (sa.UniqueConstraint("scheme", "item"),)

    scheme: Mapped[str] = mapped_column(sa.String(32))
    item: Mapped[str] = mapped_column(sa.String(32))
    criteria: Mapped[list[Any]]
    """The codes of the criteria that it stands beside."""
    status: Mapped[str] = mapped_column(sa.String(16))
    """How sure we are, as in the published crosswalk. Empty when all that is published of the item counts."""
    note: Mapped[str] = mapped_column(sa.Text)
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))
    label: Mapped[str | None] = mapped_column(sa.String(200))
    """What the item is called; None when as published."""
    group: Mapped[str | None] = mapped_column(sa.String(32))
    """The group of a level that it belongs to: None when as published, empty when it belongs to none."""
    taken_out: Mapped[str | None] = mapped_column(sa.String(16))
    """How sure we are that the scheme asks for it no more; None while it counts."""
    is_added: Mapped[bool] = mapped_column(server_default=sa.false())
    """Whether an administrator added it: no version that was published by then has it."""
    source: Mapped[str] = mapped_column(sa.String(300), server_default="")
    """Where we have it from."""
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class CrosswalkEdit(Base):
    """One time that somebody edited an item of another scheme, and why. Only ever added."""

    __tablename__ = "crosswalk_edit"
    __table_args__ = (sa.UniqueConstraint("change_id", "version"),)

    change_id: Mapped[UUID] = mapped_column(sa.ForeignKey("crosswalk_change.id", ondelete="CASCADE"))
    version: Mapped[int]
    """The version of the item that it made."""
    what: Mapped[str] = mapped_column(sa.String(32))
    status: Mapped[str] = mapped_column(sa.String(16))
    """How sure we were."""
    source: Mapped[str] = mapped_column(sa.String(300))
    reason: Mapped[str] = mapped_column(sa.String(500))
    edited_at: Mapped[datetime]
    edited_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))
