"""All that a page needs to know of an assessment, in a fixed number of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload

from charter.account.models import User
from charter.assessment import promises
from charter.assessment.models import (
    Answer,
    Assessment,
    Declaration,
    Evidence,
    EvidenceKind,
    EvidenceUse,
    MetricReturn,
    ScanState,
    Submission,
)
from charter.assessment.standing_in import StandIn, standing_in
from charter.assessment.status import OPEN
from charter.framework.content import Content, Criterion
from charter.organisation.models import Membership, Recognition


@dataclass(frozen=True)
class Material:
    """Everything an employer has said in one assessment so far."""

    assessment: Assessment
    answers: Mapping[str, Answer]
    """By criterion."""
    evidence: Mapping[str, tuple[EvidenceUse, ...]]
    """By criterion, the oldest first."""
    declarations: Mapping[str, bool]
    """By code; one that is not there was not answered."""
    figures: MetricReturn | None
    held: tuple[Recognition, ...] = ()
    """The awards of other schemes that were checked; some stand in for evidence while they are in date."""
    declaration_notes: Mapping[str, str] = field(default_factory=dict)
    """What was added to a declaration, by its code."""
    promised: Mapping[str, date] = field(default_factory=dict)
    """The criteria that were planned at the last award, with the day they were planned for."""
    told_of_awards: bool = False
    """Whether the employer told of any award of another scheme, checked or not."""

    @cached_property
    def content(self) -> Content:
        """The version of the charter that the assessment is on."""
        return self.assessment.framework.content

    @property
    def headcount_ceiling(self) -> int | None:
        """The most people the employer can have, from its size band."""
        return headcount_ceiling(self.assessment)

    @cached_property
    def asked(self) -> tuple[Criterion, ...]:
        """The criteria asked of this employer, theme by theme."""
        return in_order(self.content, self.content.asked(self.assessment.target_level, self.headcount_ceiling))

    def evidenced(self, on: date) -> frozenset[str]:
        """The criteria with evidence, or with another scheme's award that stands in for it on the day `on`."""
        return supported(self.evidence) | self.stand_ins(on).keys()

    def stand_ins(self, on: date) -> Mapping[str, StandIn]:
        """What stands in for criteria on the day `on`, by criterion."""
        return standing_in(self.content, self.held, on=on)

    @property
    def agreed(self) -> frozenset[str]:
        """The declarations that were agreed to."""
        return frozenset(code for code, yes in self.declarations.items() if yes)

    @property
    def inputs(self) -> Mapping[str, str]:
        """The numbers as they were typed."""
        return self.figures.inputs if self.figures else {}

    @property
    def unknown(self) -> frozenset[str]:
        """What the employer says it does not know yet: metrics by code, and numbers shared by several by name."""
        return frozenset(self.figures.unknown or ()) if self.figures else frozenset()


def headcount_ceiling(assessment: Assessment) -> int | None:
    """The most people an assessment's employer can have; None when its size band has no top."""
    band = assessment.framework.content.size_band(assessment.organisation.size_band)
    return band.max if band else None


def in_order(content: Content, criteria: Sequence[Criterion]) -> tuple[Criterion, ...]:
    """Criteria as the pages go through them: theme by theme, each in the framework's order."""
    return tuple(criterion for theme in content.themes for criterion in criteria if criterion.theme == theme.code)


ITS_OWN = (joinedload(Assessment.organisation), joinedload(Assessment.framework), joinedload(Assessment.came_from))
"""How to load an assessment with its employer and framework at once."""


def with_its_own(session: Session, assessment: Assessment) -> Assessment:
    """The same assessment with its employer and framework loaded (one query, or none when they are)."""
    if not {"organisation", "framework", "came_from"} - assessment.__dict__.keys():
        return assessment
    session.scalars(sa.select(Assessment).where(Assessment.id == assessment.id).options(*ITS_OWN)).one()
    return assessment


def is_begun(session: Session, assessment: Assessment) -> bool:
    """Whether there is any answer yet (one query)."""
    return bool(session.scalar(sa.select(sa.exists().where(Answer.assessment_id == assessment.id))))


def material(session: Session, assessment: Assessment, *, first: bool = False) -> Material:
    """Everything said so far (seven queries; six for one that is known to be the employer's `first`)."""
    with_its_own(session, assessment)
    mine = assessment.id
    figures = session.scalars(sa.select(MetricReturn).where(MetricReturn.assessment_id == mine)).first()
    answers = session.scalars(sa.select(Answer).where(Answer.assessment_id == mine))
    declared = session.scalars(sa.select(Declaration).where(Declaration.assessment_id == mine)).all()
    awards = stated(session, assessment.organisation_id)
    return Material(
        assessment=assessment,
        answers={answer.criterion: answer for answer in answers},
        evidence=uses(session, assessment),
        declarations={declaration.code: declaration.agreed for declaration in declared},
        figures=figures,
        held=tuple(award for award in awards if award.checked_at is not None),
        told_of_awards=bool(awards),
        declaration_notes={declaration.code: declaration.note for declaration in declared if declaration.note},
        promised={} if first else promises.of(session, assessment),
    )


@dataclass(frozen=True)
class OneAnswer:
    """What was said about one criterion, and by whom."""

    answer: Answer | None
    saved_by: str | None
    """Their name, while they are in the team."""
    evidence: tuple[EvidenceUse, ...]
    held: tuple[Recognition, ...]

    def stand_in(self, content: Content, criterion: str, *, on: date) -> StandIn | None:
        """The award of another scheme that stands in here on the day `on`."""
        return standing_in(content, self.held, on=on).get(criterion)


def one_answer(session: Session, assessment: Assessment, criterion: str) -> OneAnswer:
    """What was said about one criterion (three queries)."""
    row = session.execute(
        sa.select(Answer, User.name)
        .outerjoin(
            Membership,
            sa.and_(Membership.user_id == Answer.saved_by_id, Membership.organisation_id == assessment.organisation_id),
        )
        .outerjoin(User, User.id == Membership.user_id)
        .where(Answer.assessment_id == assessment.id, Answer.criterion == criterion)
    ).first()
    own = tuple(session.scalars(_uses(assessment).where(EvidenceUse.criterion == criterion)))
    return OneAnswer(row[0] if row else None, row[1] if row else None, own, held(session, assessment.organisation_id))


def uses(session: Session, assessment: Assessment) -> dict[str, tuple[EvidenceUse, ...]]:
    """Each use of a piece of evidence in an assessment, with its piece, by criterion, the oldest first (one query)."""
    found: dict[str, list[EvidenceUse]] = {}
    for use in session.scalars(_uses(assessment)):
        found.setdefault(use.criterion, []).append(use)
    return {criterion: tuple(own) for criterion, own in found.items()}


def supported(evidence: Mapping[str, Sequence[EvidenceUse]]) -> frozenset[str]:
    """The criteria that something supports: a file that was deleted for a virus supports nothing any more."""
    return frozenset(code for code, uses in evidence.items() if any(not use.evidence.is_infected for use in uses))


def held(session: Session, organisation_id: UUID) -> tuple[Recognition, ...]:
    """The awards of other schemes of one employer that were checked, whether or not they are in date (one query)."""
    return tuple(award for award in stated(session, organisation_id) if award.checked_at is not None)


def stated(session: Session, organisation_id: UUID) -> tuple[Recognition, ...]:
    """The awards of other schemes that one employer told of, checked or not (one query)."""
    own = sa.select(Recognition).where(Recognition.organisation_id == organisation_id)
    return tuple(session.scalars(own.order_by(Recognition.starts_on, Recognition.id)))


def _uses(assessment: Assessment) -> sa.Select[EvidenceUse]:
    return (
        sa.select(EvidenceUse)
        .join(EvidenceUse.evidence)
        .options(contains_eager(EvidenceUse.evidence))
        .where(EvidenceUse.assessment_id == assessment.id)
        .order_by(Evidence.added_at, EvidenceUse.id)
    )


def newest_evidence(session: Session, organisation_id: UUID) -> dict[UUID, UUID | None]:
    """For each piece of an employer its newest version, None when the content of that is gone (one query)."""
    rows = session.execute(
        sa.select(Evidence.id, Evidence.replaces_id, Evidence.removed_at, Evidence.kind, Evidence.scan).where(
            Evidence.organisation_id == organisation_id
        )
    ).all()
    newer = {row.replaces_id: row.id for row in rows if row.replaces_id}
    removed = {
        row.id for row in rows if row.removed_at or (row.kind is EvidenceKind.FILE and row.scan is ScanState.INFECTED)
    }
    found: dict[UUID, UUID | None] = {}
    for row in rows:
        last = row.id
        while last in newer:
            last = newer[last]
        found[row.id] = None if last in removed else last
    return found


def of_organisation(organisation_id: UUID) -> sa.Select[Assessment]:
    """An employer's assessments, the newest first, with employer and versions of the charter."""
    return (
        sa.select(Assessment)
        .where(Assessment.organisation_id == organisation_id)
        .options(
            joinedload(Assessment.organisation),
            joinedload(Assessment.framework),
            joinedload(Assessment.came_from),
        )
        .order_by(Assessment.started_at.desc(), Assessment.id.desc())
    )


def open_one(session: Session, organisation_id: UUID) -> Assessment | None:
    """The employer's assessment that is not at its end, if there is one."""
    return session.scalars(
        sa.select(Assessment).where(Assessment.organisation_id == organisation_id, Assessment.status.in_(OPEN))
    ).first()


def last_submission(session: Session, assessment: Assessment) -> Submission | None:
    """The newest submission with its approval, without its snapshot."""
    return session.scalars(
        sa.select(Submission)
        .where(Submission.assessment_id == assessment.id)
        .options(joinedload(Submission.sign_off))
        .order_by(Submission.round.desc())
    ).first()
