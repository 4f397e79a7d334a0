"""Who did what in one assessment, and when, in words for the employer's own people.

The employer's people are named while they are in the team. Whoever works for the scheme is only ever "the assessor" or
"the scheme", and what the scheme does among itself is never told: only what `_WORDS` lists is.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.assessment import sharing
from charter.assessment.models import Answer, Assessment, Declaration, MetricReturn
from charter.audit import AuditEvent
from charter.framework.content import Content
from charter.organisation import naming
from charter.organisation.naming import FORMER, SCHEME, Names

EACH = 50
"""So many things that happened on one page."""

NAMED = 3
"""So many tasks are named in one line."""

ASSESSOR, SENIOR = "The assessor", "A senior person"


@dataclass(frozen=True)
class Event:
    """One thing that happened."""

    at: datetime
    who: str
    what: str


@dataclass(frozen=True)
class Page:
    """Some of what happened, the newest first."""

    events: Sequence[Event]
    number: int
    pages: int


@dataclass(frozen=True)
class LastSaved:
    """Who saved one task last, and when."""

    task: str
    title: str
    who: str | None
    """None when nobody saved it yet."""
    at: datetime | None


def last_saved(session: Session, assessment: Assessment, names: Names) -> list[LastSaved]:
    """Who saved each task last, in the order of the task list (one query)."""
    mine = assessment.id
    declared = (
        sa.select(sa.literal(sharing.DECLARATIONS), Declaration.saved_at, Declaration.saved_by_id)
        .where(Declaration.assessment_id == mine)
        .order_by(Declaration.saved_at.desc(), Declaration.id.desc())
        .limit(1)
        .subquery()
    )
    rows = session.execute(
        sa.union_all(
            sa.select(Answer.criterion, Answer.saved_at, Answer.saved_by_id).where(Answer.assessment_id == mine),
            sa.select(declared),
            sa.select(sa.literal(sharing.FIGURES), MetricReturn.saved_at, MetricReturn.saved_by_id).where(
                MetricReturn.assessment_id == mine
            ),
        )
    )
    found = {task: (at, by) for task, at, by in rows}
    content = assessment.framework.content
    return [
        LastSaved(
            task,
            sharing.title(content, task),
            names.of(found[task][1]) if task in found else None,
            found[task][0] if task in found else None,
        )
        for task in sharing.tasks(assessment)
    ]


def names(session: Session, assessment: Assessment) -> Names:
    """What everybody who did something in this assessment is called (two queries)."""
    acted = sa.select(AuditEvent.actor_id).where(_of(assessment))
    return naming.names(session, assessment.organisation_id, acted=acted)


def happened(session: Session, assessment: Assessment, known: Names, *, page: int) -> Page:
    """One page of what happened, the newest first (two queries). A page that is not there is the nearest that is."""
    told = sa.and_(_of(assessment), AuditEvent.action.in_(_WORDS))
    count = session.scalar(sa.select(sa.func.count()).select_from(AuditEvent).where(told)) or 0
    pages = max(1, -(-count // EACH))
    number = min(max(1, page), pages)
    rows = session.scalars(
        sa.select(AuditEvent)
        .where(told)
        .order_by(AuditEvent.at.desc(), AuditEvent.sequence.desc())
        .limit(EACH)
        .offset((number - 1) * EACH)
    )
    content = assessment.framework.content
    return Page(tuple(_told(content, rows, known)), number, pages)


def of_employer(
    session: Session, organisation_id: UUID, assessments: Mapping[UUID, Content]
) -> Iterator[tuple[UUID, Event]]:
    """All that happened in an employer's assessments, the oldest first, with the id of each (three queries)."""
    mine = sa.or_(AuditEvent.case_id.in_(assessments), AuditEvent.subject_id.in_(assessments))
    known = naming.names(session, organisation_id, acted=sa.select(AuditEvent.actor_id).where(mine))
    rows = session.scalars(
        sa.select(AuditEvent).where(mine, AuditEvent.action.in_(_WORDS)).order_by(AuditEvent.at, AuditEvent.sequence)
    )
    for case, together in groupby(
        rows, lambda event: event.case_id if event.case_id in assessments else event.subject_id
    ):
        if case is not None:
            for event in _told(assessments[case], together, known):
                yield case, event


def _of(assessment: Assessment) -> sa.ColumnElement[bool]:
    return sa.or_(AuditEvent.case_id == assessment.id, AuditEvent.subject_id == assessment.id)


def _told(content: Content, events: Iterable[AuditEvent], known: Names) -> Iterable[Event]:
    """The events in words. What one press of a button did to several of the legal basics is one of them."""
    for (action, at, actor), together in groupby(events, lambda event: (event.action, event.at, event.actor_id)):
        who = (
            SENIOR if action in _BY_SENIORS else known.of(actor, staff=ASSESSOR if action in _BY_ASSESSORS else SCHEME)
        )
        same = list(together)
        if action == _DECLARED and len(same) > 1:
            yield Event(at, who, f"answered {len(same)} of the legal basics")
            continue
        for event in same:
            yield Event(at, who, _WORDS[action](content, event.details, known, actor))


Details = Mapping[str, Any]
_Words = Callable[[Content, Details, Names, UUID | None], str]


def _plain(words: str) -> _Words:
    return lambda _content, _details, _known, _by: words


def _on(words: str) -> _Words:
    """About one criterion."""
    return lambda content, details, _known, _by: f"{words} “{sharing.title(content, details.get('criterion', ''))}”"


def _pieces(words: str) -> _Words:
    """Evidence for some criteria, as far as the event names them."""

    def say(content: Content, details: Details, _known: Names, _by: UUID | None) -> str:
        codes = details.get("criteria") or [code for code in (details.get("criterion"),) if code]
        return f"{words} for {_named(content, codes)}" if codes else words

    return say


def _named(content: Content, codes: Sequence[str]) -> str:
    """The first few by name, and how many more there are."""
    said = [f"“{sharing.title(content, code)}”" for code in codes[:NAMED]]
    if len(codes) > NAMED:
        said.append(f"{len(codes) - NAMED} more")
    return " and ".join([", ".join(said[:-1]), said[-1]] if said[1:] else said)


def _declared(content: Content, details: Details, _known: Names, _by: UUID | None) -> str:
    words = next((one.statement for one in content.declarations if one.code == details.get("code")), "")
    return f"answered “{words.removesuffix('.')}”" if words else "answered one of the legal basics"


def _aimed(content: Content, details: Details, _known: Names, _by: UUID | None) -> str:
    return f"aimed for {content.level_title(details.get('after', 0))}"


def _shared(content: Content, details: Details, known: Names, by: UUID | None) -> str:
    what = _named(content, details.get("tasks", ()))
    to = UUID(details["to"]) if details.get("to") else None
    if to is None:
        return f"made {what} nobody’s"
    if to == by:
        return f"took {what}"
    name = known.of(to)
    return f"gave {what} to {name[0].lower() + name[1:] if name == FORMER else name}"


_DECLARED = "declaration:save"
_BY_SENIORS = frozenset({"sign-off:approve", "sign-off:send-back"})
"""What somebody does by a link and without an account."""
_BY_ASSESSORS = frozenset({"case:ask-for-more", "evidence:turn-down"})
_WORDS: Mapping[str, _Words] = {
    "assessment:start": _plain("started the assessment"),
    "assessment:retarget": _aimed,
    "assessment:move": _plain("moved the answers to a newer version of the charter"),
    "assessment:submit": _plain("sent the answers"),
    "assessment:resubmit": _plain("sent the answers again"),
    "assessment:withdraw": _plain("withdrew the assessment"),
    "answer:save": _on("saved the answer to"),
    "answer:confirm": _on("said that the answer still holds to"),
    _DECLARED: _declared,
    "return:save": _plain("saved the figures"),
    "evidence:add": _pieces("added evidence"),
    "evidence:attach": _pieces("used evidence"),
    "evidence:detach": _pieces("took evidence away"),
    "evidence:remove": _pieces("took evidence away"),
    "evidence:replace": _pieces("gave a newer version of evidence"),
    "evidence:place": _pieces("said where to look in evidence"),
    "evidence:turn-down": _plain("turned down a piece of evidence for privacy"),
    "survey:use": _pieces("used the results of a staff survey"),
    "task:assign": _shared,
    "comment:add": _on("wrote a comment on"),
    "comment:change": _on("changed a comment on"),
    "comment:delete": _on("deleted a comment on"),
    "sign-off:ask": _plain("asked a senior person to approve the answers"),
    "sign-off:remind": _plain("reminded the senior person"),
    "sign-off:take-back": _plain("took back the question to a senior person"),
    "sign-off:approve": _plain("approved the answers"),
    "sign-off:send-back": _plain("sent the answers back to be changed"),
    "case:ask-for-more": _plain("asked for more"),
    "case:decide": _plain("decided"),
    "appeal:make": _plain("appealed"),
    "case:open-again": _plain("opened the case again, because of the appeal"),
    "award:issue": _plain("issued the award"),
}
"""What is told, in words that follow a name. Whatever is not here stays among the scheme."""
