"""Two employers are one: say what would happen, then make them one, and lose nothing."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from charter import audit
from charter.account.models import User
from charter.assessment.models import Answer, Assessment, Declaration, EvidenceUse, MetricReturn, SignOff
from charter.award.yearly.models import YearlyReturn
from charter.errors import Refusal, Stale
from charter.framework.content import Content
from charter.improvement.models import ProgrammeRequest
from charter.merging import parts
from charter.merging.models import LikelyPair
from charter.merging.parts import PARTS, Outcome, Part
from charter.notification import emails
from charter.organisation import queries as organisations
from charter.organisation.models import Conflict, Membership, Organisation
from charter.orm import Base
from charter.review import intake
from charter.review.models import Review
from charter.succession import claiming, transferring
from charter.survey import running
from charter.survey.models import Survey, SurveyStatus

FIELDS: Mapping[str, tuple[str, ...]] = {
    "name": ("name",),
    "place": ("county", "district"),
    "size_band": ("size_band",),
    "sector": ("sector",),
    "scope": ("scope",),
    "company_number": ("company_number",),
    "charity_number": ("charity_number",),
    "website": ("website",),
    "about": ("about",),
    "listed": ("listed", "listed_at"),
    "needs_sign_off": ("needs_sign_off",),
}
"""Each detail that can be chosen from either, with the columns it is made of."""

OTHER_OWNERS = "This employer was merged with another one, and has other owners now. You can ask them to let you in."
CHANGED = "Something about these employers changed since you looked. Nothing is merged. Look at what would happen now."


@dataclass(frozen=True)
class Choices:
    """What somebody chose where the two differ."""

    fields: frozenset[str] = frozenset()
    """The details (of `FIELDS`) that come from the employer that goes."""
    assessment: UUID | None = None
    """Of two open assessments the one that stays open; that of the employer that stays unless given."""


@dataclass(frozen=True)
class Difference:
    """A detail in which the two differ."""

    field: str
    stays: tuple[Any, ...]
    goes: tuple[Any, ...]
    taken: bool
    """Whether that of the employer that goes is taken."""


@dataclass(frozen=True)
class Line:
    """What happens to the rows of one table."""

    part: Part
    outcome: Outcome

    @property
    def moved(self) -> str:
        """How many move, in words."""
        count = len(self.outcome.moves)
        return f"{count} {self.part.one if count == 1 else self.part.many}"


@dataclass(frozen=True)
class Plan:
    """Everything that merging two employers would do."""

    stays: Organisation
    goes: Organisation
    choices: Choices
    differences: tuple[Difference, ...]
    lines: tuple[Line, ...]
    assessments: tuple[Assessment, ...]
    """The open assessments of both, that of the employer that stays first; two only when both have one."""
    answered: Mapping[UUID, int]
    """How many answers each of them has."""
    surveys: tuple[Survey, ...]
    """The open surveys of both, in the same order."""
    seen: str
    """Names all that this was made from: it changes when anything does."""

    @property
    def withdrawn(self) -> Assessment | None:
        """The open assessment that is withdrawn; none unless both have one."""
        if len(self.assessments) < 2:
            return None
        mine, theirs = self.assessments
        return mine if self.choices.assessment == theirs.id else theirs

    @property
    def closed(self) -> Survey | None:
        """The open survey that is closed; none unless both have one."""
        return self.surveys[1] if len(self.surveys) == 2 else None

    def line(self, model: type[Base]) -> Line:
        """What happens to the rows of one table."""
        return next(line for line in self.lines if line.part.model is model)


def may_not(session: Session, stays: Organisation, goes: Organisation, by: User) -> str | None:
    """Why somebody may not merge these two, in a sentence; None when they may."""
    both = (stays.id, goes.id)
    if stays.id == goes.id:
        return "An employer cannot be merged with itself."
    if stays.merged_into_id is not None or goes.merged_into_id is not None:
        return "One of these employers was merged already."
    for model, sentence in (
        (Membership, "You belong to one of these employers, so somebody else must merge them."),
        (Conflict, "You declared an interest in one of these employers, so somebody else must merge them."),
    ):
        part: Any = model
        mine = sa.select(part.id).where(part.organisation_id.in_(both), part.user_id == by.id)
        if session.scalars(mine).first() is not None:
            return sentence
    return None


def plan(session: Session, stays: Organisation, goes: Organisation, choices: Choices, *, content: Content) -> Plan:
    """What merging `goes` into `stays` would do. Reads each table once and changes nothing."""
    lines: list[Line] = []
    everything: list[Any] = []
    for part in PARTS:
        mine, theirs = _rows(session, part, stays), _rows(session, part, goes)
        lines.append(Line(part, part.settle(mine, theirs, content)))
        everything.extend((*mine, *theirs))
    open_ones = [one for one in everything if isinstance(one, Assessment) and one.is_open]
    surveys = [one for one in everything if isinstance(one, Survey) and one.status is SurveyStatus.OPEN]
    answers = session.execute(
        sa.select(Answer.id, Answer.assessment_id, Answer.version)
        .where(Answer.assessment_id.in_([one.id for one in open_ones]))
        .order_by(Answer.id)
    ).all()
    answered: dict[UUID, int] = {one.id: 0 for one in open_ones}
    for row in answers:
        answered[row.assessment_id] += 1
    differences = tuple(
        Difference(name, mine, theirs, name in choices.fields)
        for name, columns in FIELDS.items()
        if (mine := _values(stays, columns)) != (theirs := _values(goes, columns))
    )
    return Plan(
        stays=stays,
        goes=goes,
        choices=choices,
        differences=differences,
        lines=tuple(lines),
        assessments=tuple(sorted(open_ones, key=lambda one: one.organisation_id != stays.id)),
        answered=answered,
        surveys=tuple(sorted(surveys, key=lambda one: one.organisation_id != stays.id)),
        seen=_fingerprint(session, (stays, goes, *everything), answers, [one.id for one in open_ones]),
    )


def merge(
    session: Session,
    stays: Organisation,
    goes: Organisation,
    choices: Choices,
    *,
    seen: str,
    content: Content,
    by: User,
    at: datetime,
) -> Plan:
    """Make two employers one: all that `goes` has belongs to `stays` from now on. Gives what was done.

    `seen` is that of the plan that the person looked at. Raises Stale when anything changed since, and Refusal when
    they may not merge these two. What was done can be read in the trail, row by row; it cannot be taken back by itself.
    """
    author = by.id
    _lock(session, stays, goes)
    why_not = may_not(session, stays, goes, by)
    if why_not is not None:
        raise Refusal(why_not)
    done = plan(session, stays, goes, choices, content=content)
    if done.seen != seen:
        raise Stale(CHANGED, current=done)
    told = organisations.owners(session, [stays.id, goes.id])
    there = {one.user_id for one in organisations.team(session, stays)}

    if done.withdrawn is not None:
        intake.withdraw(session, done.withdrawn, by=by, at=at)
    if done.closed is not None:
        running.close(session, done.closed, by=by, at=at)
    for one in (stays, goes):
        claiming.end_all(session, one.id, OTHER_OWNERS, at=at)
    transferring.end_all(session, goes.id, by=by, at=at)
    session.flush()  # one of two open ones is open no more
    rows = _settle(session, done)
    before = _describe(session, done)
    session.execute(
        sa.update(Organisation)
        .where(Organisation.merged_into_id == goes.id)
        .values(merged_into_id=stays.id)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        sa.delete(LikelyPair)
        .where(sa.or_(LikelyPair.first_id == goes.id, LikelyPair.second_id == goes.id))
        .execution_options(synchronize_session=False)
    )
    goes.merged_into_id, goes.merged_at = stays.id, at
    audit.record(
        session,
        "organisation:merge",
        stays,
        by=author,
        at=at,
        gone=str(goes.id),
        before=before,
        withdrawn=str(done.withdrawn.id) if done.withdrawn else None,
        closed_survey=str(done.closed.id) if done.closed else None,
        rows=rows,
    )
    people = {user.id: user for users in told.values() for user in users}
    emails.employers_merged(
        session,
        to=[people[one] for one in sorted(people)],
        organisation_name=stays.name,
        other_name=before["other_name"],
        organisation_id=stays.id,
        withdrawn=done.withdrawn is not None,
        joined=[
            (one.user.name, one.role.label.lower())
            for one in organisations.team(session, stays)
            if one.user_id not in there
        ],
        event_key=f"merge:{goes.id}",
        at=at,
    )
    return done


def _lock(session: Session, stays: Organisation, goes: Organisation) -> None:
    """Hold everything that could change meanwhile: assessments and years of figures before employers, as whoever makes
    an award or sends figures does. People, claims and offers change only under the lock of their employer."""
    both = (stays.id, goes.id)
    for query in (
        sa.select(Assessment).where(Assessment.organisation_id.in_(both)).order_by(Assessment.id),
        sa.select(Review)
        .join(Assessment, Assessment.id == Review.assessment_id)
        .where(Assessment.organisation_id.in_(both))
        .order_by(Review.id),
        # By id alone: a row that counts its versions cannot be read with the lock by whoever waited for it.
        sa.select(YearlyReturn.id).where(YearlyReturn.organisation_id.in_(both)).order_by(YearlyReturn.id),
        sa.select(Organisation).where(Organisation.id.in_(both)).order_by(Organisation.id),
    ):
        entity: Any = query.column_descriptions[0]["entity"]
        session.scalars(query.with_for_update(of=entity).execution_options(populate_existing=True)).all()


def _rows(session: Session, part: Part, organisation: Organisation) -> Sequence[Any]:
    model: Any = part.model
    query = sa.select(model).where(model.organisation_id == organisation.id).order_by(model.id)
    if model is Membership:
        query = query.options(joinedload(Membership.user))
    if model is ProgrammeRequest:
        query = query.options(joinedload(ProgrammeRequest.programme))
    return session.scalars(query.execution_options(populate_existing=True)).all()


def _values(organisation: Organisation, columns: Collection[str]) -> tuple[Any, ...]:
    return tuple(getattr(organisation, name) for name in columns)


def _fingerprint(session: Session, rows: Sequence[Any], answers: Sequence[Any], open_ones: list[UUID]) -> str:
    """Names every value that a plan was made from."""
    digest = hashlib.sha256()
    for row in rows:
        columns = sorted(column.key for column in sa.inspect(type(row)).column_attrs)
        digest.update(repr([type(row).__tablename__, *(getattr(row, name) for name in columns)]).encode())
    digest.update(repr([tuple(row) for row in answers]).encode())
    beside: tuple[Any, ...] = (Declaration, MetricReturn, EvidenceUse, SignOff)
    for model in beside:
        columns = [model.id, *(getattr(model, name) for name in ("saved_at", "status") if hasattr(model, name))]
        found = session.execute(sa.select(*columns).where(model.assessment_id.in_(open_ones)).order_by(model.id))
        digest.update(repr([tuple(row) for row in found]).encode())
    reviews = sa.select(Review.id, Review.version).where(Review.assessment_id.in_(open_ones)).order_by(Review.id)
    digest.update(repr([tuple(row) for row in session.execute(reviews)]).encode())
    return digest.hexdigest()


def _settle(session: Session, done: Plan) -> dict[str, Any]:
    """Let go what is there twice, then move the rest. Gives the ids of all of it, by table, for the trail."""
    into = done.stays.id
    dropped_actions: dict[UUID, UUID] = {}
    for line in done.lines:
        for one in line.outcome.settled:
            dropped_actions[one.gone.id] = one.stays.id
    for line in done.lines:
        for one in line.outcome.settled:
            for change in one.changes:
                _apply(change)
            session.delete(one.gone)
        for change in line.outcome.changes:
            _apply(change)
    # A request may name an action that stays under another id.
    requests = [row for part in PARTS if part.model is ProgrammeRequest for row in _of(done, part)]
    for change in parts.requests_of(dropped_actions, requests):
        _apply(change)
    session.flush()  # what is there twice is gone before the rest moves
    for line in done.lines:
        for row in line.outcome.moves:
            row.organisation_id = into
    session.flush()
    return {
        line.part.model.__tablename__: {
            "moved": parts.ids(line.outcome.moves),
            "there_twice": {
                str(one.gone.id): {
                    "stays": str(one.stays.id),
                    **{name: _plain(getattr(one.gone, name)) for name in line.part.kept},
                }
                for one in line.outcome.settled
            },
        }
        for line in done.lines
        if line.outcome.moves or line.outcome.settled
    }


def _of(done: Plan, part: Part) -> list[Any]:
    """The rows of one table that stay when all is done, of the employer that goes."""
    outcome = done.line(part.model).outcome
    return [*outcome.moves, *(one.stays for one in outcome.settled)]


def _apply(change: parts.Change) -> None:
    for name, value in change.values.items():
        setattr(change.row, name, value)


def _describe(session: Session, done: Plan) -> dict[str, Any]:
    """Give the employer that stays the chosen details; gives what both said before, for the trail."""
    stays, goes = done.stays, done.goes
    names = [name for columns in FIELDS.values() for name in columns]
    before = {
        "stays": {name: _plain(getattr(stays, name)) for name in names},
        "goes": {name: _plain(getattr(goes, name)) for name in names},
        "other_name": goes.name,
        "registered_at": _plain(stays.registered_at),
    }
    taken = {name: getattr(goes, name) for field in done.choices.fields & set(FIELDS) for name in FIELDS[field]}
    goes.company_number = goes.charity_number = None  # a number names one employer
    goes.listed, goes.listed_at = False, None
    session.flush()
    for name, value in taken.items():
        setattr(stays, name, value)
    stays.registered_at = min(stays.registered_at, goes.registered_at)
    session.flush()
    return before


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | bool) else str(value)
