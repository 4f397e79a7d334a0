"""What pages ask about cases, each in a fixed number of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from charter import audit
from charter.account.models import User
from charter.assessment import metrics, promises, year_on_year
from charter.assessment.level import Attainment, Missing, counts_on
from charter.assessment.models import Answer, Assessment, Submission
from charter.assessment.queries import Material, with_its_own
from charter.assessment.standing_in import StandIn
from charter.assessment.status import AssessmentStatus
from charter.clock import local_date
from charter.framework.asking import Standing, standing
from charter.framework.content import Content, Criterion, NumberField, Theme
from charter.organisation import interests
from charter.organisation.models import Organisation, Scope
from charter.review import attainment, differences, findings, last_time, submitted, timeline
from charter.review.differences import Change, Differences
from charter.review.handing_out import allocation, set_apart
from charter.review.last_time import LastTime
from charter.review.models import About, Finding, InformationRequest, Moderation, Review
from charter.review.second import beside, second_looks
from charter.review.second.beside import Second
from charter.review.second.second_looks import Pair
from charter.review.status import ReviewStatus
from charter.review.submitted import AnswerSaid, EvidenceSaid, Submitted
from charter.review.timeline import Moment

# One case ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CriterionCase:
    """One criterion of a case: what was said, what shows it, what was found."""

    criterion: Criterion
    counts: bool
    """Whether it counts today, or is only announced."""
    standing: Standing
    """What the rules up to the target level make of it."""
    answer: AnswerSaid | None
    label: str
    """The answer in the scale's words."""
    evidence: tuple[EvidenceSaid, ...]
    stand_in: StandIn | None
    """The checked award of another scheme that stands in for it today."""
    is_met_by_award: bool
    """Whether it counts as met by that award, so that no finding is needed; one that is there counts instead."""
    stood_in_before: str
    """The award that stood in when this was sent and does so no more; empty when there is none."""
    changes: tuple[Change, ...]
    """What changed since the last round."""
    request: InformationRequest | None
    """What the employer was last asked."""
    finding: Finding | None
    """The finding that counts in this round."""
    own: Finding | None
    """The finding of this round itself."""
    previous: Finding | None
    """The newest finding of an earlier round."""
    last_time: Finding | None = None
    """The finding that stood when the employer was last decided on, in an assessment before this one."""

    @property
    def seen_version(self) -> int:
        """The version of this round's finding; 0 when there is none."""
        return self.own.version if self.own else 0

    @property
    def reopened(self) -> bool:
        """Whether the employer was asked about it since it was last found."""
        return self.previous is not None and self.finding is None


@dataclass(frozen=True)
class ThemeCase:
    """The criteria of one theme."""

    theme: Theme
    criteria: tuple[CriterionCase, ...]

    @property
    def found(self) -> int:
        """How many have a finding, or need none."""
        return sum(
            (one.finding is not None and one.finding.outcome is not None) or one.is_met_by_award
            for one in self.criteria
        )


@dataclass(frozen=True)
class FigureRow:
    """A figure worked out, with the numbers that went in and what the employer says about it."""

    figure: metrics.Figure
    inputs: tuple[tuple[NumberField, str], ...]
    note: str
    change: year_on_year.Change | None
    """How it moved since last time, as the employer saw it when it sent the figures."""

    @property
    def is_odd(self) -> bool:
        """Whether there is something to look at: it is out of its usual range, or moved more than is usual."""
        return self.figure.warning is not None or (self.change is not None and self.change.question is not None)


@dataclass(frozen=True)
class Case:
    """Everything that the page of one case shows."""

    review: Review
    assessment: Assessment
    organisation: Organisation
    content: Content
    said: Submitted
    submissions: Sequence[Submission]
    themes: tuple[ThemeCase, ...]
    reached: Attainment
    changed: Differences
    context: tuple[tuple[NumberField, str], ...]
    figures: tuple[FigureRow, ...]
    warnings: Mapping[str, str]
    requests: Sequence[InformationRequest]
    moderations: Sequence[tuple[Moderation, str]]
    """Each with its moderator's name, the newest first."""
    moments: tuple[Moment, ...]
    names: Mapping[UUID, str]
    conflicted: str | None
    """Why the person who looks may not work on it, in a sentence."""
    second: Second
    """The second look at it, and whether it hides the findings from the person who looks."""
    last_time: LastTime | None = None
    """The employer's last decided assessment before this one."""

    @property
    def submission(self) -> Submission:
        """The newest submission."""
        return self.submissions[-1]

    @property
    def level(self) -> int:
        """The level that the findings reach, never above the one aimed at."""
        return min(self.reached.level, self.assessment.target_level)

    @property
    def missing(self) -> tuple[Missing, ...]:
        """What stands between the findings and the level aimed at."""
        return self.reached.missing_for(self.assessment.target_level)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """What both assessors found on each criterion, once they have compared in this round; empty before."""
        look, round = self.second.assessor, self.assessment.round
        if self.second.hidden or look is None or look.compared_at is None or look.round != round:
            return ()
        theirs = [one for one in self.second.found if one.look.by_id == look.by_id]
        criteria = [one for theme in self.themes for one in theme.criteria]
        first = {one.criterion.code: one.finding for one in criteria if one.finding}
        return second_looks.pairs(
            first, findings.standing(theirs, self.requests, round), [one.criterion.code for one in criteria]
        )

    @property
    def total(self) -> int:
        """How many criteria there are."""
        return sum(len(theme.criteria) for theme in self.themes)

    @property
    def found(self) -> int:
        """How many have a finding."""
        return sum(theme.found for theme in self.themes)

    def request(self, about: str, code: str) -> InformationRequest | None:
        """What the employer was last asked about a criterion, a declaration or a figure (`about`)."""
        return next((one for one in reversed(self.requests) if (one.about, one.code) == (about, code)), None)

    def touches(self, about: str) -> bool:
        """Whether the employer was asked about a declaration or a figure (`about`), now or just before this round."""
        return any(one.about == about and one.round >= self.assessment.round - 1 for one in self.requests)

    @property
    def asking(self) -> tuple[CriterionCase, ...]:
        """The criteria whose finding asks the employer for more."""
        return tuple(
            one
            for theme in self.themes
            for one in theme.criteria
            if one.finding and (outcome := self.content.outcome(one.finding.outcome)) and outcome.asks_employer
        )


def case(session: Session, review: Review, *, by: User, on: date) -> Case:
    """Everything about one case, in nine queries however much was said, found and done, and one for each kind of thing
    that its second look brought. Nothing that the first person found is in it for somebody who may look a second time
    and has not yet (`Second.hidden`).

    A decided case is shown as it stood on the day of its decision: what ended since does not unsay it.
    """
    on = local_date(review.decided_at) if review.decided_at else on
    assessment = with_its_own(session, review.assessment)
    content = assessment.framework.content
    submissions = submitted.rounds(session, assessment)
    said = submitted.read(submissions[-1].snapshot)
    before = submitted.read(submissions[-2].snapshot) if len(submissions) > 1 else None
    changed = differences.between(content, before, said) if before else Differences({}, (), ())
    found, last = last_time.with_last_time(session, review)
    requests = findings.requests_of(session, review.id)
    stands = findings.standing(found, requests, assessment.round)
    stand_ins = findings.stand_ins(session, review, on=on)
    met = findings.met_by_awards(review, said, stand_ins)
    moderations = session.scalars(
        sa.select(Moderation).where(Moderation.review_id == review.id).order_by(Moderation.at.desc())
    ).all()
    events = audit.timeline(session, assessment.id)
    people = {event.actor_id for event in events} | {one.moderator_id for one in moderations}
    people |= {review.assessor_id, review.recommended_by_id, review.decided_by_id}
    names: dict[UUID, str] = {
        row.id: row.name for row in session.execute(sa.select(User.id, User.name).where(User.id.in_(people - {None})))
    }
    own = {one.criterion: one for one in found if one.round == assessment.round}
    previous = {one.criterion: one for one in found if one.round < assessment.round}  # the later rounds come last
    asked_last = {one.code: one for one in requests if one.about is About.CRITERION}
    criteria = [
        CriterionCase(
            criterion=criterion,
            counts=counts_on(criterion, on),
            standing=standing(content, criterion, assessment.target_level),
            answer=(answer := said.answers.get(criterion.code)),
            label=value.label if answer and (value := content.scale_value(answer.value)) else "No answer",
            evidence=said.evidence.get(criterion.code, ()),
            stand_in=(stand_in := stand_ins.get(criterion.code)),
            is_met_by_award=criterion.code in met,
            stood_in_before=said.stood_in.get(criterion.code, "") if stand_in is None else "",
            changes=changed.criteria.get(criterion.code, ()),
            request=asked_last.get(criterion.code),
            finding=stands.get(criterion.code),
            own=own.get(criterion.code),
            previous=previous.get(criterion.code),
            last_time=last.findings.get(criterion.code) if last else None,
        )
        for criterion in submitted.asked(assessment, said)
    ]
    second = beside.of_case(session, review, by=by)
    moments = timeline.told(content, events, names)
    if second.hidden:
        criteria = [replace(one, finding=None, own=None, previous=None) for one in criteria]
        stands, moderations = {}, []
        moments = timeline.without_levels(moments)
    rank, fields = assessment.target_level, metrics.fields_of(content)
    context = {field.name for field in content.context_fields}
    figures = metrics.figures(content, said.inputs, rank, said.unknown)
    moved = year_on_year.changes(content, figures, said.before)
    return Case(
        review=review,
        assessment=assessment,
        organisation=assessment.organisation,
        content=content,
        said=said,
        submissions=submissions,
        themes=tuple(
            ThemeCase(theme, own_criteria)
            for theme in content.themes
            if (own_criteria := tuple(one for one in criteria if one.criterion.theme == theme.code))
        ),
        reached=attainment.of_findings(assessment, stands.values(), said, on=on, met=met),
        changed=changed,
        context=tuple(
            (field, said.inputs.get(field.name, "")) for field in metrics.fields(content, rank) if field.name in context
        ),
        figures=tuple(
            FigureRow(
                figure,
                tuple((fields[item.name], said.inputs.get(item.name, "")) for item in figure.metric.inputs),
                said.notes.get(figure.metric.code, ""),
                moved.get(figure.metric.code),
            )
            for figure in figures
        ),
        warnings={
            **metrics.warnings(content, said.inputs, said.unknown),
            **metrics.size_doubt(
                content,
                said.inputs,
                said.unknown,
                said.size_band,
                in_part=assessment.organisation.scope is Scope.LOCAL,
            ),
        },
        requests=requests,
        moderations=[(one, names.get(one.moderator_id, "")) for one in moderations],
        moments=moments,
        names=names,
        conflicted=interests.why_not_show(by, assessment.organisation_id, allocation.WORK)
        or (set_apart.WHY if second.apart and review.is_open else None),
        second=second,
        last_time=last,
    )


def of_assessment(session: Session, assessment: Assessment) -> Review | None:
    """The case of an assessment, with its turns, if it was ever submitted (one query)."""
    query = sa.select(Review).where(Review.assessment_id == assessment.id).options(joinedload(Review.turns))
    return session.scalars(query).unique().first()


# For the employer's pages ------------------------------------------------------------------------------------------


def requests(session: Session, assessment: Assessment) -> Sequence[InformationRequest]:
    """All that the employer was ever asked about an assessment, the earliest round first (one query)."""
    return session.scalars(
        sa.select(InformationRequest)
        .join(Review, Review.id == InformationRequest.review_id)
        .where(Review.assessment_id == assessment.id)
        .order_by(InformationRequest.round, InformationRequest.about, InformationRequest.code)
    ).all()


def asked_now(session: Session, assessment: Assessment) -> Sequence[InformationRequest]:
    """What the employer is asked in this round; nothing unless it is its turn."""
    if assessment.status is not AssessmentStatus.MORE_INFORMATION:
        return ()
    return [one for one in requests(session, assessment) if one.round == assessment.round]


def opened_by(
    assessment: Assessment, asked: Sequence[InformationRequest], about: About = About.CRITERION
) -> frozenset[str] | None:
    """The criteria, declarations or figures the employer may change when it is asked this much: None for all."""
    if assessment.status is AssessmentStatus.DRAFT:
        return None
    return frozenset(one.code for one in asked if one.about is about)


def open_criteria(session: Session, assessment: Assessment) -> frozenset[str] | None:
    """The criteria the employer may change: None for all, those it was asked about in a round of more information."""
    return opened_by(assessment, asked_now(session, assessment))


def open_declarations(session: Session, assessment: Assessment) -> frozenset[str] | None:
    """The declarations the employer may change: None for all, those it was asked about when more was asked."""
    return opened_by(assessment, asked_now(session, assessment), About.DECLARATION)


def open_figures(session: Session, assessment: Assessment) -> frozenset[str] | None:
    """The figures (metrics) the employer may change: None for all, those it was asked about when more was asked."""
    return opened_by(assessment, asked_now(session, assessment), About.FIGURE)


def unchanged(said: Material, asked: Sequence[InformationRequest], before: Submitted) -> list[InformationRequest]:
    """Which of the questions the employer has done nothing about since `before`, the last submission.

    A criterion counts as answered when its answer was saved since it was asked, or its evidence, or where to look in
    it, is another than before; a declaration or a figure when it differs.
    """
    inputs = {name: str(text) for name, text in said.inputs.items()}
    notes = said.figures.notes if said.figures else {}

    def touched(one: InformationRequest) -> bool:
        code = one.code
        if one.about is About.DECLARATION:
            return (said.declarations.get(code), said.declaration_notes.get(code, "")) != (
                before.declarations.get(code),
                before.declaration_notes.get(code, ""),
            )
        if one.about is About.FIGURE:
            metric = next((metric for metric in said.content.metrics if metric.code == code), None)
            needed = metrics.needs(said.content, metric) if metric else ()
            return (
                any(inputs.get(name, "") != before.inputs.get(name, "") for name in needed)
                or notes.get(code, "") != before.notes.get(code, "")
                or any((name in said.unknown) != (name in before.unknown) for name in {code, *needed})
            )
        answer = said.answers.get(code)
        shown = {(use.evidence_id, use.place) for use in said.evidence.get(code, ())}
        return bool(answer and answer.saved_at > one.asked_at) or shown != {
            (piece.id, piece.place) for piece in before.evidence.get(code, ())
        }

    return [one for one in asked if not touched(one)]


def feedback(session: Session, assessment: Assessment, review: Review | None = None) -> Mapping[str, Finding]:
    """The finding that stands on each criterion: show the employer its outcome and feedback, never its note.

    `review` is the assessment's case, when it is known already.
    """
    review = review or of_assessment(session, assessment)
    if review is None:
        return {}
    return findings.standing(
        findings.of_review(session, review), findings.requests_of(session, review.id), assessment.round
    )


@dataclass(frozen=True)
class LastFeedback:
    """What an assessor told an employer about a criterion when its last assessment was decided."""

    feedback: str
    """May be empty."""
    decided_at: datetime
    assessment_id: UUID
    promised: date | None = None
    """The day by which the criterion was planned for the award that was decided then."""


def last_feedback(session: Session, assessment: Assessment, criterion: str) -> LastFeedback | None:
    """The feedback on a criterion from the employer's last decision, for a draft of the next (one query, or none).

    A case is decided only when each of its criteria has a finding that stands, so the one of the last round counts.
    """
    if assessment.status is not AssessmentStatus.DRAFT:
        return None
    last = (
        sa.select(Review.id)
        .join(Review.assessment)
        .where(
            Assessment.organisation_id == assessment.organisation_id,
            Assessment.id != assessment.id,
            Review.status == ReviewStatus.DECIDED,
        )
        .order_by(Review.decided_at.desc(), Review.id.desc())
        .limit(1)
    )
    planned = sa.and_(Answer.assessment_id == Review.assessment_id, Answer.criterion == Finding.criterion)
    found = session.execute(
        sa.select(
            Finding.feedback,
            Review.decided_at,
            Review.decided_level,
            Review.assessment_id,
            Answer.value,
            Answer.action_due,
        )
        .join(Review, Review.id == Finding.review_id)
        .outerjoin(Answer, planned)
        .where(Finding.review_id == last.scalar_subquery(), Finding.criterion == criterion)
        .order_by(Finding.round.desc())
        .limit(1)
    ).first()
    if found is None or found.decided_at is None:
        return None
    promised = found.action_due if found.decided_level and promises.counts(assessment, found.value) else None
    if not found.feedback and promised is None:
        return None
    return LastFeedback(found.feedback, found.decided_at, found.assessment_id, promised)
