"""Save a year's figures as a draft, and send them: then they are frozen, and count."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.assessment import metric_values, metrics, progress, snapshot
from charter.assessment.metric_values import Source
from charter.assessment.progress import Figures
from charter.assessment.returns import INPUT_LIMIT, NOTE_LIMIT, fitting
from charter.assessment.year_on_year import Before
from charter.award.yearly.models import YearlyReturn
from charter.clock import day_in_words, local_date
from charter.errors import Refusal, Stale, who_saved
from charter.notification import emails
from charter.organisation import queries as organisations

SENT = "These figures were sent and cannot be changed now."
CLOSED = "These figures are no longer asked for."
NOT_YET = "The 12 months must have ended: choose a day that is not in the future."


def save(
    session: Session,
    due: YearlyReturn,
    *,
    period_end: date | None,
    inputs: Mapping[str, str],
    notes: Mapping[str, str],
    unknown: Collection[str],
    seen_version: int,
    by: User,
    at: datetime,
) -> None:
    """Save the numbers typed, as `assessment.returns.save` does for an assessment.

    `seen_version` is the version the person saw. Raises Refusal when they were sent already, are no longer asked for,
    or the day is yet to come, and Stale when somebody else saved different figures meanwhile.
    """
    author = by.id  # read now: a query later would store a half-filled row
    _lock(session, due, at)
    if period_end is not None and period_end > local_date(at):
        raise Refusal(NOT_YET, field="period_end")
    content = due.content
    typed = fitting(inputs, metrics.fields_of(content), INPUT_LIMIT, due.inputs)
    said = fitting(notes, {metric.code for metric in content.metrics}, NOTE_LIMIT, due.notes)
    known = {one.code for one in metrics.may_be_unknown(content)}
    not_known = sorted(known & set(unknown))
    if (due.period_end, due.inputs, due.notes, due.unknown) == (period_end, typed, said, not_known):
        return
    if seen_version != due.version:
        raise Stale(
            who_saved(due and due.saved_by_id, author, "Somebody else saved figures while you were typing."),
            current=due,
        )
    due.period_end, due.inputs, due.notes, due.unknown = period_end, typed, said, not_known
    due.saved_at, due.saved_by_id = at, author
    session.flush()  # so that its version is known to the page
    audit.record(
        session,
        "yearly-return:save",
        due,
        by=author,
        at=at,
        fields=sorted(typed),
        unknown=not_known,
        period_end=period_end.isoformat() if period_end else None,
    )


def send(
    session: Session,
    due: YearlyReturn,
    *,
    declared_by: str,
    declared_role: str,
    seen_version: int,
    by: User,
    at: datetime,
) -> None:
    """Send the figures: from now on nobody changes them, and what they come to counts.

    `declared_by` and `declared_role` are the name and role of the person who declares them right, and `seen_version`
    the version that person saw. Raises Refusal when something is missing, when they were sent already or are no longer
    asked for, and Stale when somebody saved other figures meanwhile.
    """
    _lock(session, due, at)
    if seen_version != due.version:
        raise Stale("Somebody else changed these figures while you were reading. Check them again.", current=due)
    numbers = standing(due, before(session, due))
    if not numbers.complete:
        raise Refusal(f"Your figures are not complete yet. {progress.why_not_figures(numbers)}")
    fault = why_not_that_year(due, numbers.period_end, before(session, due, any_year=True))
    if fault:
        raise Refusal(fault)
    due.sent_at, due.sent_by_id = at, by.id
    due.declared_by, due.declared_role = declared_by, declared_role
    values = metric_values.record(
        session,
        due.organisation,
        numbers.figures,
        period_end=due.period_end,
        source=Source(yearly_return_id=due.id),
        at=at,
    )
    session.flush()  # a second one that sends at this moment is told that they were sent
    said = {"inputs": due.inputs, "notes": due.notes, "unknown": due.unknown, "period_end": str(due.period_end)}
    audit.record(session, "yearly-return:send", due, by=by.id, at=at, values=values, snapshot=snapshot.digest(said))
    assert due.period_end is not None, "complete figures have their last day"
    emails.yearly_figures_sent(
        session,
        to=organisations.owners(session, {due.organisation_id}).get(due.organisation_id, []),
        organisation_name=due.organisation.name,
        period_end=due.period_end,
        declared_by=declared_by,
        declared_role=declared_role,
        yearly_return_id=due.id,
        event_key=f"yearly-return:{due.id}:sent",
        at=at,
    )


def standing(due: YearlyReturn, last: Mapping[str, Before]) -> Figures:
    """How far the figures are. `last` is what they came to last time."""
    return progress.figures_of(
        due.content,
        due.level,
        employer=due.organisation,
        inputs=due.inputs,
        notes=due.notes,
        unknown=due.unknown,
        period_end=due.period_end,
        before=last,
    )


def before(session: Session, due: YearlyReturn, *, any_year: bool = False) -> dict[str, Before]:
    """What each figure came to last time; with `any_year` also when that was not before the day given (one query)."""
    return metric_values.before(
        session,
        due.organisation_id,
        period_end=None if any_year else due.period_end,
        source=Source(yearly_return_id=due.id),
    )


def why_not_that_year(due: YearlyReturn, period_end: date | None, last: Mapping[str, Before]) -> str | None:
    """Why the figures of twelve months that end on this day cannot be those of the return, in a sentence."""
    newest = max((one.period_end for one in last.values()), default=None)
    if period_end is None or newest is None or period_end > newest:
        return None
    return (
        f"Your last figures were for the 12 months to {day_in_words(newest)}. "
        "Give those of the 12 months after that: choose a later day."
    )


def _lock(session: Session, due: YearlyReturn, at: datetime) -> None:
    """Hold the return and read it again. Raises Refusal when nobody may change it now."""
    # The lock first and the row after: reading a row that counts versions with the lock fails for whoever waited.
    session.execute(sa.select(YearlyReturn.id).where(YearlyReturn.id == due.id).with_for_update())
    session.refresh(due)
    if due.sent_at is not None:
        raise Refusal(SENT)
    if not due.is_asked_for(local_date(at)):
        raise Refusal(CLOSED)
