"""Answers from a spreadsheet: keep what was understood of it, and save what the person confirms.

`sheet_file.py` reads its cells, `sheet_rows.py` understands them, and `sheet_changes.py` says what they would change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from charter import audit
from charter.account.models import User
from charter.assessment import answers, declarations, queries, returns
from charter.assessment.models import Assessment, UploadedSheet
from charter.assessment.queries import Material
from charter.assessment.sheet_changes import Preview, compare
from charter.assessment.sheet_rows import Item, Understood, whole
from charter.assessment.spreadsheet import ANSWERS, BASICS, FIGURES, NOT_KNOWN, PERIOD_END
from charter.assessment.status import AssessmentStatus
from charter.errors import Refusal, Stale

KEPT = timedelta(days=1)
"""How long an upload waits to be confirmed."""
CLOSED = "Answers can be filled in from a spreadsheet only before they are sent."
GONE = "This spreadsheet was saved, dropped or replaced since. Look at your answers, or upload it again."
MOVED_ON = "Somebody changed an answer while you were looking. Nothing was saved yet. Look at the changes again."

_RESULT = "saved"
"""What stands in an upload that was confirmed, in place of what was understood."""


@dataclass(frozen=True)
class Saved:
    """What became of an upload."""

    answers: int
    basics: int
    figures: int
    left: int
    """How many rows would have changed something, and the person left what was saved."""
    wrong: Sequence[tuple[str, str, str]]
    """What could not be used: where it stands, what it is about (or nothing), and why."""

    @property
    def total(self) -> int:
        """How many things were saved."""
        return self.answers + self.basics + self.figures


def keep(
    session: Session, assessment: Assessment, understood: Understood, *, filename: str, by: User, at: datetime
) -> UploadedSheet:
    """Keep what was understood until this person confirms it; it takes the place of their last upload.

    Raises Refusal once the answers were sent.
    """
    session.refresh(assessment, with_for_update=True)  # of two uploads at once the later stands
    _check_open(assessment)
    session.execute(
        sa.delete(UploadedSheet).where(
            UploadedSheet.assessment_id == assessment.id, UploadedSheet.uploaded_by_id == by.id
        )
    )
    kept = UploadedSheet(
        id=uuid7(),
        assessment_id=assessment.id,
        uploaded_by_id=by.id,
        filename=filename[:200],
        understood=understood.document(),
        uploaded_at=at,
    )
    session.add(kept)
    return kept


def kept_of(session: Session, assessment: Assessment, user: User, *, at: datetime) -> UploadedSheet | None:
    """What this person uploaded and has not confirmed yet (one query)."""
    found = _upload_of(session, assessment, user, at=at)
    return None if found is None or _RESULT in found.understood else found


def result_of(session: Session, assessment: Assessment, user: User, *, at: datetime) -> Saved | None:
    """What became of the upload that this person confirmed last, when there was something in it to put right (one
    query)."""
    found = _upload_of(session, assessment, user, at=at)
    if found is None or _RESULT not in found.understood:
        return None
    facts = found.understood[_RESULT]
    return Saved(**{**facts, "wrong": tuple((where, about, why) for where, about, why in facts["wrong"])})


def _upload_of(session: Session, assessment: Assessment, user: User, *, at: datetime) -> UploadedSheet | None:
    return session.scalars(
        sa.select(UploadedSheet).where(
            UploadedSheet.assessment_id == assessment.id,
            UploadedSheet.uploaded_by_id == user.id,
            UploadedSheet.uploaded_at > at - KEPT,
        )
    ).first()


def drop(session: Session, kept: UploadedSheet) -> None:
    """Forget an upload."""
    session.delete(kept)


def drop_old(session: Session, on: date, at: datetime) -> int:
    """Forget what nobody confirmed in time. Returns how many there were."""
    old = session.scalars(sa.select(UploadedSheet).where(UploadedSheet.uploaded_at <= at - KEPT)).all()
    for one in old:
        session.delete(one)
    return len(old)


def confirm(
    session: Session,
    assessment: Assessment,
    *,
    upload: UUID,
    choices: Mapping[str, bool],
    seen: Mapping[str, str],
    by: User,
    at: datetime,
) -> Saved:
    """Save what was understood, all of it or nothing, and forget the upload. Returns what was saved.

    What could not be used is kept for `result_of`, as long as an upload is.

    `upload` is the id of the upload that the person saw, which may be saved, dropped or replaced by now. `choices` says
    by key whether the spreadsheet's is to be saved, for what would change something; `seen` holds the version of each
    that the person saw. Raises Refusal when the upload is gone or (on the field `choice-<key>`) a choice is missing,
    and Stale when something was saved by somebody else since the page was shown.
    """
    session.refresh(assessment, with_for_update=True)
    _check_open(assessment)
    kept = kept_of(session, assessment, by, at=at)
    if kept is None or kept.id != upload:
        raise Refusal(GONE)
    said = queries.material(session, assessment)
    preview = compare(Understood.of(kept.understood), said)
    for line in preview.to_save:
        if seen.get(line.item.key) != line.seen:
            raise Stale(MOVED_ON, current=line)
        if line.asks and line.item.key not in choices:
            raise Refusal(f"Choose which to keep for “{line.title}”.", field=f"choice-{line.item.key}")
    chosen = [line for line in preview.to_save if choices.get(line.item.key, not line.asks)]
    for line in chosen:
        if line.item.kind == ANSWERS:
            answers.save(
                session,
                assessment,
                criterion=line.item.code,
                **whole(said, line.item.code, line.item.said),
                seen_version=int(line.seen),
                by=by,
                at=at,
            )
    agreed = {line.item.code: line.item.said["agreed"] == "yes" for line in chosen if line.item.kind == BASICS}
    if agreed:
        declarations.save(session, assessment, agreed=agreed, by=by, at=at)
    _save_figures(session, said, [line.item for line in chosen if line.item.kind == FIGURES], by=by, at=at)
    audit.record(
        session,
        "spreadsheet:import",
        assessment,
        by=by.id,
        at=at,
        case=assessment.id,
        saved=len(chosen),
        left=len(preview.to_save) - len(chosen),
    )
    counted = {kind: sum(line.item.kind == kind for line in chosen) for kind in (ANSWERS, BASICS, FIGURES)}
    saved = Saved(
        counted[ANSWERS], counted[BASICS], counted[FIGURES], len(preview.to_save) - len(chosen), _not_used(preview)
    )
    if saved.wrong:
        kept.understood = {_RESULT: {**vars(saved), "wrong": [list(one) for one in saved.wrong]}}
    else:
        session.delete(kept)
    return saved


def _not_used(preview: Preview) -> tuple[tuple[str, str, str], ...]:
    return tuple((one.where, one.about, one.sentence) for one in preview.wrong)


def _save_figures(session: Session, said: Material, items: Sequence[Item], *, by: User, at: datetime) -> None:
    if not items:
        return
    new = {item.code: item.said["number"] for item in items}
    day = new.pop(PERIOD_END, None)
    there = said.figures
    inputs = {**said.inputs, **{name: text for name, text in new.items() if text != NOT_KNOWN}}
    unknown = set(said.unknown)
    for metric in said.content.metrics:
        own = {item.name for item in metric.inputs}
        if any(new.get(name) == NOT_KNOWN for name in own):
            unknown.add(metric.code)
            inputs = {name: text for name, text in inputs.items() if name not in own}
        elif own & new.keys():
            unknown.discard(metric.code)
    for shared in said.content.context_fields:
        if new.get(shared.name) == NOT_KNOWN:
            unknown.add(shared.name)
            inputs.pop(shared.name, None)
        elif shared.name in new:
            unknown.discard(shared.name)
    returns.save(
        session,
        said.assessment,
        period_end=date.fromisoformat(day) if day else there.period_end if there else None,
        inputs=inputs,
        notes=there.notes if there else {},
        unknown=unknown,
        seen_version=there.version if there else 0,
        by=by,
        at=at,
    )


def _check_open(assessment: Assessment) -> None:
    if assessment.status is not AssessmentStatus.DRAFT:
        raise Refusal(CLOSED)
