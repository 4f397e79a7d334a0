"""What the assessor finds on each criterion: saved one by one or a page at a time, and carried from round to round."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.assessment import queries
from charter.assessment.standing_in import StandIn, counting_as_met, standing_in
from charter.clock import local_date
from charter.errors import Refusal, Stale
from charter.framework.content import Extent
from charter.review import submitted
from charter.review.handing_out.allocation import check_holds, locked
from charter.review.models import About, Finding, InformationRequest, Review
from charter.review.private import NO_NOTE, PrivateNote
from charter.review.second.second_models import SecondFinding
from charter.review.status import ReviewStatus
from charter.review.submitted import Submitted

LONGEST = 5000
"""The most characters of feedback, or of a private note."""
MIXED = "Somebody saved another finding here after you opened this page. Look at both, then save the one you want."

Found = TypeVar("Found", Finding, SecondFinding)


@dataclass(frozen=True)
class Given:
    """What an assessor typed for one criterion. `seen_version` is 0 when no finding of this round was there yet."""

    criterion: str
    outcome: str | None
    feedback: str
    private_note: PrivateNote
    seen_version: int
    checked: tuple[str, ...] = ()
    """Those of the criterion's checks that are ticked."""

    def same_as(self, finding: Finding) -> bool:
        """Whether it says nothing new."""
        return (self.outcome, self.feedback, self.private_note, self.checked) == (
            finding.outcome,
            finding.feedback,
            finding.private_note,
            tuple(finding.checked),
        )

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing at all."""
        return not (self.outcome or self.feedback or self.private_note or self.checked)


def of_review(session: Session, review: Review) -> Sequence[Finding]:
    """Every finding of a case, of all rounds, the earliest round first."""
    return session.scalars(
        sa.select(Finding).where(Finding.review_id == review.id).order_by(Finding.round, Finding.criterion)
    ).all()


def requests_of(session: Session, review_id: UUID) -> Sequence[InformationRequest]:
    """All that was ever asked of the employer in a case, the earliest round first, criteria before the rest."""
    return session.scalars(
        sa.select(InformationRequest)
        .where(InformationRequest.review_id == review_id)
        .order_by(InformationRequest.round, InformationRequest.about, InformationRequest.code)
    ).all()


def standing(findings: Iterable[Found], requests: Iterable[InformationRequest], round: int) -> Mapping[str, Found]:
    """The finding that counts in this round on each criterion.

    It is the round's own; else the one of the latest round before it, unless the employer was asked about the criterion
    since: then it must be found again.
    """
    last_asked: dict[str, int] = {}
    for request in requests:
        if request.round < round and request.about is About.CRITERION:
            last_asked[request.code] = max(request.round, last_asked.get(request.code, 0))
    latest: dict[str, Found] = {}
    for finding in sorted(findings, key=lambda finding: finding.round):
        if finding.round <= round:
            latest[finding.criterion] = finding
    return {
        code: finding
        for code, finding in latest.items()
        if finding.round == round or last_asked.get(code, 0) < finding.round
    }


def on_criterion(session: Session, review: Review, criterion: str) -> tuple[Finding | None, Finding | None]:
    """The finding of this round on one criterion, and the one that counts on it (which may be from an earlier one)."""
    found = [one for one in of_review(session, review) if one.criterion == criterion]
    round = review.assessment.round
    own = next((one for one in found if one.round == round), None)
    return own, standing(found, requests_of(session, review.id), round).get(criterion)


def stand_ins(session: Session, review: Review, *, on: date) -> Mapping[str, StandIn]:
    """The checked awards of other schemes that stand in for criteria of a case on a day, by criterion (one query)."""
    assessment = review.assessment
    return standing_in(assessment.framework.content, queries.held(session, assessment.organisation_id), on=on)


def met_by_awards(review: Review, said: Submitted, there: Mapping[str, StandIn]) -> frozenset[str]:
    """The criteria that need no finding: an award counts for them, and the employer does not say less itself."""
    answers = {code: answer.value for code, answer in said.answers.items()}
    return counting_as_met(review.assessment.framework.content, there, answers)


def save(
    session: Session,
    review: Review,
    *,
    criterion: str,
    outcome: str | None,
    feedback: str,
    private_note: PrivateNote = NO_NOTE,
    seen_version: int | None,
    checked: Sequence[str] = (),
    by: User,
    at: datetime,
) -> Finding:
    """Save the finding of this round on one criterion, and return it.

    `seen_version` is the version of this round's finding that the assessor saw (None or 0: none yet). Raises `Stale`
    when another was saved since, and `Refusal` when the case is not theirs or the finding cannot stand.
    """
    note = PrivateNote(private_note.for_staff.strip())
    given = Given(criterion, outcome or None, feedback.strip(), note, seen_version or 0, tuple(checked))
    if given.is_empty and not given.seen_version:
        raise Refusal("Choose what you found.", field="outcome")
    desk = Desk(session, review, by, at)
    return desk.save(given) or desk.stands[criterion]


def save_all(
    session: Session, review: Review, *, given: Sequence[Given], by: User, at: datetime
) -> Mapping[str, Refusal]:
    """Save a page of findings: each that can stand is kept, and for each that cannot, the refusal is returned."""
    desk = Desk(session, review, by, at)
    refused: dict[str, Refusal] = {}
    for one in given:
        try:
            desk.save(one)
        except Refusal as refusal:
            refused[one.criterion] = refusal
    return refused


def check_finds(session: Session, review: Review, by: User) -> None:
    """Refuse anyone but the assessor of a case in review."""
    check_holds(session, by, review)
    if review.status is not ReviewStatus.IN_REVIEW:
        raise Refusal("Findings can change only while the case is in review.")


class Desk:
    """One case open before whoever finds, with all that saving findings looks at, read once.

    `may` refuses those who may not: all but its assessor, unless another look is taken.
    """

    def __init__(
        self,
        session: Session,
        review: Review,
        by: User,
        at: datetime,
        *,
        may: Callable[[Session, Review, User], object] = check_finds,
    ) -> None:
        review = locked(session, review)
        may(session, review, by)
        assessment = review.assessment
        self.session, self.review, self.by, self.at = session, review, by, at
        self.round = assessment.round
        self.content = assessment.framework.content
        said = submitted.latest(session, assessment)
        self.asked = {criterion.code: criterion for criterion in submitted.asked(assessment, said)}
        findings = of_review(session, review)
        self.own = {finding.criterion: finding for finding in findings if finding.round == self.round}
        self.stands = dict(standing(findings, requests_of(session, review.id), self.round))
        self.evidenced = submitted.supported(session, said) | stand_ins(session, review, on=local_date(at)).keys()

    def save(self, given: Given) -> Finding | None:
        """Keep one finding; None when it says nothing new."""
        finding = self.own.get(given.criterion)
        stands = self.stands.get(given.criterion)
        if (stands is not None and given.same_as(stands)) or (stands is None and given.is_empty):
            return None
        if finding is not None and finding.version != given.seen_version:
            raise Stale(MIXED, current=finding)
        self.check(given)
        before = stands.outcome if stands else None
        if finding is None:
            finding = Finding(review_id=self.review.id, round=self.round, criterion=given.criterion)
            self.session.add(finding)
        finding.outcome, finding.feedback, finding.private_note = given.outcome, given.feedback, given.private_note
        finding.checked = list(given.checked)
        finding.found_at, finding.found_by_id = self.at, self.by.id
        audit.record(
            self.session,
            "finding:save",
            finding,
            by=self.by.id,
            at=self.at,
            case=self.review.assessment_id,
            criterion=given.criterion,
            round=self.round,
            before=before,
            outcome=given.outcome,
        )
        self.own[given.criterion] = self.stands[given.criterion] = finding
        return finding

    def check(self, given: Given) -> None:
        """Refuse a finding that cannot stand, whoever makes it."""
        criterion = self.asked.get(given.criterion)
        if criterion is None:
            raise Refusal("This criterion is not part of the case.")
        for text, what, field in (
            (given.feedback, "The feedback", "feedback"),
            (given.private_note.for_staff, "The private note", "private_note"),
        ):
            if len(text) > LONGEST:
                raise Refusal(f"{what} must be {LONGEST:,} characters or fewer. It has {len(text):,}.", field=field)
        if not set(given.checked) <= set(criterion.checks):
            raise Refusal("Tick only what is in the list of what to check.", field="checked")
        if given.outcome is None:
            return
        outcome = self.content.outcome(given.outcome)
        if outcome is None:
            raise Refusal("Choose one of the findings in the list.", field="outcome")
        if outcome.extent is Extent.MET and criterion.evidence_required and criterion.code not in self.evidenced:
            raise Refusal(
                "There is no evidence here, and this criterion needs it. Ask for more, or choose another finding.",
                field="outcome",
            )
        if outcome.extent is Extent.NOT_APPLICABLE and not criterion.not_applicable_allowed:
            raise Refusal("This criterion applies to every employer. Choose another finding.", field="outcome")
