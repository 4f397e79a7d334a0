"""The phrases that the team keeps for its feedback: put into a box with a press, then made to fit the case."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from charter import audit
from charter.account.models import User
from charter.errors import Refusal, Stale
from charter.framework.content import Content
from charter.orm import Base

LONGEST = 500
"""The most characters of a phrase: what is longer is about one case."""
SHORT = 90
THERE = "This phrase is in the list already."
RETIRED = "This phrase is no longer in use."
_in_use = sa.text("retired_at IS NULL")


class Phrase(Base):
    """A sentence or two for the employer, to choose from a list. An empty criterion or outcome means any."""

    __tablename__ = "phrase"
    __table_args__ = (
        sa.Index(
            "uq_phrase_in_use",
            *("text", "criterion", "outcome"),
            unique=True,
            sqlite_where=_in_use,
            postgresql_where=_in_use,
        ),
    )

    text: Mapped[str] = mapped_column(sa.String(LONGEST))
    criterion: Mapped[str] = mapped_column(sa.String(32))
    outcome: Mapped[str] = mapped_column(sa.String(32))
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))
    retired_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()

    changed_by: Mapped[User] = relationship()

    @property
    def short(self) -> str:
        """As much of it as fits in a list."""
        return self.text if len(self.text) <= SHORT else f"{self.text[: SHORT - 1].rstrip()}…"

    __mapper_args__ = {"version_id_col": version}


def in_use(session: Session) -> Sequence[Phrase]:
    """Every phrase that may be chosen: those for one criterion first, then by outcome and text (one query)."""
    return session.scalars(
        sa.select(Phrase)
        .where(Phrase.retired_at.is_(None))
        .order_by(Phrase.criterion.desc(), Phrase.outcome, Phrase.text)
    ).all()


def fitting(phrases: Sequence[Phrase], criterion: str, outcome: str | None) -> list[Phrase]:
    """Those that fit a criterion: first what is for its very outcome, then what is for any, then the rest."""
    own = [one for one in phrases if one.criterion in ("", criterion)]
    return sorted(own, key=lambda one: (one.outcome != (outcome or ""), one.outcome != "", one.criterion == ""))


def add(
    session: Session, content: Content, *, text: str, criterion: str, outcome: str, by: User, at: datetime
) -> Phrase:
    """Keep a new phrase. Raises `Refusal` when it says nothing, is too long, fits nothing, or is there already."""
    text = _checked(content, text, criterion, outcome)
    phrase = Phrase(text=text, criterion=criterion, outcome=outcome, changed_at=at, changed_by_id=by.id)
    _keep(session, phrase)
    audit.record(session, "phrase:add", phrase, by=by.id, at=at, after=_said(phrase))
    return phrase


def change(
    session: Session,
    content: Content,
    phrase: Phrase,
    *,
    text: str,
    criterion: str,
    outcome: str,
    seen_version: int,
    by: User,
    at: datetime,
) -> None:
    """Say a phrase in other words, or for another criterion or outcome. What was written with it stays as it is.

    Raises `Stale` when somebody changed it since, and `Refusal` when it is retired or cannot be kept so.
    """
    again = _locked(session, phrase)
    if again.version != seen_version:
        raise Stale("Somebody changed this phrase while you were typing. Look at both, then save.", current=again)
    text, before = _checked(content, text, criterion, outcome), _said(again)
    if (again.text, again.criterion, again.outcome) == (text, criterion, outcome):
        return
    again.text, again.criterion, again.outcome = text, criterion, outcome
    again.changed_at, again.changed_by_id = at, by.id
    _keep(session, again)
    audit.record(session, "phrase:change", again, by=by.id, at=at, before=before, after=_said(again))


def retire(session: Session, phrase: Phrase, *, by: User, at: datetime) -> None:
    """Offer a phrase no more. Doing so twice does nothing."""
    again = _again(session, phrase)
    if again.retired_at is not None:
        return
    again.retired_at, again.changed_at, again.changed_by_id = at, at, by.id
    audit.record(session, "phrase:retire", again, by=by.id, at=at, before=_said(again))


def _again(session: Session, phrase: Phrase) -> Phrase:
    session.scalars(sa.select(Phrase.id).where(Phrase.id == phrase.id).with_for_update()).one()
    return session.get_one(Phrase, phrase.id, populate_existing=True)


def _locked(session: Session, phrase: Phrase) -> Phrase:
    again = _again(session, phrase)
    if again.retired_at is not None:
        raise Refusal(RETIRED)
    return again


def _keep(session: Session, phrase: Phrase) -> None:
    try:
        with session.begin_nested():  # the constraint decides when two keep the same at once
            session.add(phrase)
    except IntegrityError as error:
        raise Refusal(THERE, field="text") from error


def _checked(content: Content, text: str, criterion: str, outcome: str) -> str:
    text = text.strip()
    if not text:
        raise Refusal("Write the phrase.", field="text")
    if len(text) > LONGEST:
        raise Refusal(f"The phrase must be {LONGEST} characters or fewer. It has {len(text):,}.", field="text")
    if criterion and content.criterion(criterion) is None:
        raise Refusal("Choose one of the criteria in the list.", field="criterion")
    if outcome and content.outcome(outcome) is None:
        raise Refusal("Choose one of the findings in the list.", field="outcome")
    return text


def _said(phrase: Phrase) -> dict[str, str]:
    return {"text": phrase.text, "criterion": phrase.criterion, "outcome": phrase.outcome}
