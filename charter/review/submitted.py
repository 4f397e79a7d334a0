"""What the employer said, read from the frozen snapshot of a submission: the thing an assessor judges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, joinedload, undefer

from charter.assessment import snapshot as frozen
from charter.assessment.models import Assessment, Evidence, EvidenceKind, ScanState, Submission
from charter.assessment.queries import in_order
from charter.assessment.year_on_year import Before
from charter.errors import Refusal
from charter.framework.content import Criterion
from charter.organisation.models import Recognition


@dataclass(frozen=True)
class AnswerSaid:
    """What was answered on one criterion."""

    value: str | None
    explanation: str
    action: str
    action_owner: str
    action_due: date | None
    reason: str


@dataclass(frozen=True)
class EvidenceSaid:
    """One piece of evidence, as it was when it was submitted."""

    id: UUID
    kind: EvidenceKind
    title: str
    filename: str | None
    size: int | None
    sha256: str | None
    url: str | None
    text: str | None
    dated_on: date | None
    place: str = ""
    """Where in it to look for the criterion it is under; empty when the employer did not say."""
    type: str | None = None
    """What kind of document it is, by its code. Older snapshots do not say, nor the last day."""
    ends_on: date | None = None
    """The last day on which it counts as current."""
    removed: bool = False
    """Whether it was turned down for privacy: its content is gone, also from here."""


@dataclass(frozen=True)
class Submitted:
    """One round of an assessment, as it was submitted."""

    round: int
    size_band: str
    answers: Mapping[str, AnswerSaid]
    """By criterion."""
    evidence: Mapping[str, tuple[EvidenceSaid, ...]]
    """By criterion; one piece may be under several."""
    declarations: Mapping[str, bool]
    inputs: Mapping[str, str]
    notes: Mapping[str, str]
    period_end: date | None
    unknown: frozenset[str] = frozenset()
    """What the employer said it did not know yet: metrics by code, shared numbers by name. Format 1 has none."""
    before: Mapping[str, Before] = field(default_factory=dict)
    """What each figure came to last time, by the metric's code. Snapshots up to format 3 have none."""
    declaration_notes: Mapping[str, str] = field(default_factory=dict)
    """What the employer added to a declaration, by its code. Older snapshots have none."""
    stood_in: Mapping[str, str] = field(default_factory=dict)
    """The award of another scheme that stood in for a criterion, by its code. Older snapshots name none."""

    promised: Mapping[str, date] = field(default_factory=dict)
    """The criteria that were planned at the last award, with the day they were planned for. Older ones have none."""

    @property
    def agreed(self) -> frozenset[str]:
        """The declarations that were agreed to."""
        return frozenset(code for code, yes in self.declarations.items() if yes)


def asked(assessment: Assessment, said: Submitted) -> tuple[Criterion, ...]:
    """The criteria that the case is about, theme by theme: those its target level asks of an employer of this size."""
    content = assessment.framework.content
    return in_order(content, content.asked(assessment.target_level, headcount_ceiling(assessment, said)))


def headcount_ceiling(assessment: Assessment, said: Submitted) -> int | None:
    """The most people the employer could have had when it submitted; None when its size band has no top."""
    band = assessment.framework.content.size_band(said.size_band)
    return band.max if band else None


def rounds(session: Session, assessment: Assessment) -> Sequence[Submission]:
    """Every submission of an assessment with its snapshot and its approval, the first round first."""
    return session.scalars(
        sa.select(Submission)
        .where(Submission.assessment_id == assessment.id)
        .options(undefer(Submission.snapshot), joinedload(Submission.sign_off))
        .order_by(Submission.round)
    ).all()


def latest(session: Session, assessment: Assessment) -> Submitted:
    """What the newest submission says. Raises `Refusal` when nothing was submitted yet."""
    snapshot = session.scalars(
        sa.select(Submission.snapshot)
        .where(Submission.assessment_id == assessment.id)
        .order_by(Submission.round.desc())
        .limit(1)
    ).first()
    if snapshot is None:
        raise Refusal("This assessment has not been submitted yet.")
    return read(snapshot)


def was_given(session: Session, piece: Evidence) -> bool:
    """Whether the scheme was ever given a piece: a submission names it, or it shows an award of another scheme.

    What was given in the place of a piece that is gone is looked at instead of that one (one query for each of those).
    """
    asked: Evidence | None = piece
    while asked is not None:
        shows = sa.select(Recognition.id).where(Recognition.proof_id == asked.id)
        sent = sa.select(Submission.id).join(Assessment, Assessment.id == Submission.assessment_id)
        if session.scalar(
            sa.select(sa.or_(shows.exists(), sent.where(frozen.names(Submission.snapshot, asked)).exists()))
        ):
            return True
        before = session.get(Evidence, asked.replaces_id) if asked.replaces_id else None
        asked = before if before is not None and before.is_gone else None
    return False


def supported(session: Session, said: Submitted) -> frozenset[str]:
    """The criteria that something supports (one query, or none).

    A file that was deleted for a virus supports nothing any more, but what was given in its place does.
    """
    files = {piece.id for pieces in said.evidence.values() for piece in pieces if piece.kind is EvidenceKind.FILE}
    newer = aliased(Evidence)
    gone = (
        set(
            session.scalars(
                sa.select(Evidence.id).where(
                    Evidence.id.in_(files),
                    Evidence.scan == ScanState.INFECTED,
                    ~sa.exists().where(newer.replaces_id == Evidence.id, newer.scan != ScanState.INFECTED),
                )
            )
        )
        if files
        else set()
    )
    return frozenset(
        code for code, pieces in said.evidence.items() if any(piece.id not in gone or piece.removed for piece in pieces)
    )


def read(snapshot: Mapping[str, Any]) -> Submitted:
    """A snapshot (`charter.assessment.snapshot`) as objects."""
    figures = snapshot["figures"] or {"period_end": None, "inputs": {}, "notes": {}}
    evidence: dict[str, list[EvidenceSaid]] = {}
    for item in snapshot["evidence"]:
        piece = EvidenceSaid(
            id=UUID(item["id"]),
            kind=EvidenceKind(item["kind"]),
            title=item["title"],
            filename=item["filename"],
            size=item["size"],
            sha256=item["sha256"],
            url=item["url"],
            text=item["text"],
            dated_on=_day(item["dated_on"]),
            type=item.get("type"),
            ends_on=_day(item.get("ends_on")),
            removed=item.get("removed", False),
        )
        places = item.get("places", {})  # snapshots of format 1 have none
        for criterion in item["criteria"]:
            evidence.setdefault(criterion, []).append(replace(piece, place=places.get(criterion, "")))
    return Submitted(
        round=snapshot["round"],
        size_band=snapshot["organisation"]["size_band"],
        answers={
            answer["criterion"]: AnswerSaid(
                value=answer["value"],
                explanation=answer["explanation"],
                action=answer["action"],
                action_owner=answer["action_owner"],
                action_due=_day(answer["action_due"]),
                reason=answer["reason"],
            )
            for answer in snapshot["answers"]
        },
        evidence={criterion: tuple(pieces) for criterion, pieces in evidence.items()},
        declarations=snapshot["declarations"],
        inputs=figures["inputs"],
        notes=figures["notes"],
        period_end=_day(figures["period_end"]),
        unknown=frozenset(figures.get("unknown", ())),
        before={
            code: Before(Decimal(one["value"]), date.fromisoformat(one["period_end"]))
            for code, one in figures.get("before", {}).items()
        },
        declaration_notes=snapshot.get("declaration_notes", {}),
        promised={code: date.fromisoformat(due) for code, due in snapshot.get("promised", {}).items()},
        stood_in={one["criterion"]: one["title"] for one in snapshot.get("standing_in", ())},
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
