"""Start an assessment, submit it, withdraw it."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.assessment import carrying, closing, metric_values, progress, queries, sign_off, snapshot
from charter.assessment.models import Assessment, Submission
from charter.assessment.status import RESUBMIT, SUBMIT, WITHDRAW, AssessmentStatus
from charter.clock import local_date
from charter.errors import Refusal
from charter.framework.models import Framework, FrameworkStatus
from charter.organisation import engagement
from charter.organisation import queries as organisations
from charter.organisation.engagement import EngagementKind
from charter.organisation.models import Organisation

NAMED_AT_MOST = 3


def start(
    session: Session, organisation: Organisation, framework: Framework, *, target_level: int, by: User, at: datetime
) -> Assessment:
    """A new assessment of `organisation` on this version of the charter, with what it said in its last one.

    Raises Refusal when the employer has one open already, the version is retired or has no such level.
    """
    # The employer's row is locked, so that two colleagues cannot both start in the same moment.
    session.execute(sa.select(Organisation.id).where(Organisation.id == organisation.id).with_for_update())
    if queries.open_one(session, organisation.id) is not None:
        raise Refusal("You have an assessment under way. Finish or withdraw it before you start another.")
    if framework.status is not FrameworkStatus.PUBLISHED:
        raise Refusal("A newer version of the charter is out. Open this page again and start on that one.")
    if framework.content.level(target_level) is None:
        raise Refusal("Choose the level you are aiming for.", field="target_level")
    assessment = Assessment(
        organisation=organisation,
        organisation_id=organisation.id,
        framework=framework,
        framework_id=framework.id,
        came_from_id=None,
        target_level=target_level,
        status=AssessmentStatus.DRAFT,
        round=1,
        started_at=at,
        submitted_at=None,
        decided_at=None,
        decided_level=None,
    )
    session.add(assessment)
    session.flush()  # for its id
    carried = carrying.carry_over(session, assessment)
    engagement.note(session, organisation, EngagementKind.STARTED, on=local_date(at), level=target_level)
    audit.record(session, "assessment:start", assessment, by=by.id, at=at, target_level=target_level, carried=carried)
    return assessment


def change_target(session: Session, assessment: Assessment, *, target_level: int, by: User, at: datetime) -> None:
    """Aim for another level; every answer stays. Raises Refusal once the assessment was submitted."""
    session.refresh(assessment, with_for_update=True)
    if assessment.status is not AssessmentStatus.DRAFT:
        raise Refusal("You can change the level only before you send your assessment.")
    if assessment.framework.content.level(target_level) is None:
        raise Refusal("Choose the level you are aiming for.", field="target_level")
    if target_level != assessment.target_level:
        audit.record(
            session,
            "assessment:retarget",
            assessment,
            by=by.id,
            at=at,
            case=assessment.id,
            before=assessment.target_level,
            after=target_level,
        )
        assessment.target_level = target_level


def submit(
    session: Session,
    assessment: Assessment,
    *,
    declared_by: str,
    declared_role: str,
    by: User,
    at: datetime,
    on: date,
    only_owner: bool | None = None,
) -> Submission:
    """Submit the assessment, or submit it again after more was asked, and freeze what it says.

    `declared_by` and `declared_role` are the name and role of the person who declares it true; `only_owner` is what the
    employer says of a second owner (`Submission.only_owner`). Raises Refusal when something is missing, naming it, when
    the assessment cannot be submitted from where it is, when it is a draft on a version of the charter that is closed
    for it (`closing`), and when the employer wants it approved first (`sign_off`) and it is not.
    """
    session.refresh(assessment, with_for_update=True)
    again = assessment.status is AssessmentStatus.MORE_INFORMATION
    if assessment.status is AssessmentStatus.DRAFT:
        closing.check_open(session, assessment, on=on)
    said = queries.material(session, assessment)
    reached = progress.progress(said, on=on, before=metric_values.last_time(session, said))
    assessment.move(RESUBMIT if again else SUBMIT)
    assessment.submitted_at = at
    if reached.gaps:
        raise Refusal(_not_complete(reached.gaps))
    if again:
        assessment.round += 1
    frozen = sign_off.frozen(session, said, on=on, round=assessment.round)
    approval = sign_off.settle(session, assessment, content=frozen, needed=assessment.organisation.needs_sign_off)
    submission = Submission(
        assessment_id=assessment.id,
        round=assessment.round,
        submitted_at=at,
        submitted_by_id=by.id,
        declared_by=declared_by,
        declared_role=declared_role,
        attained_level=reached.attainment.level,
        only_owner=only_owner,
        snapshot=frozen,
        snapshot_hash=snapshot.digest(frozen),
        sign_off=approval,
    )
    session.add(submission)
    metric_values.of_submission(session, said, at=at)
    if not again:
        engagement.note(
            session, assessment.organisation, EngagementKind.SUBMITTED, on=on, level=assessment.target_level
        )
    audit.record(
        session,
        "assessment:resubmit" if again else "assessment:submit",
        assessment,
        by=by.id,
        at=at,
        case=assessment.id,
        round=assessment.round,
        attained_level=submission.attained_level,
        snapshot=submission.snapshot_hash,
        signed_off=approval is not None,
    )
    return submission


def second_owner_missing(session: Session, assessment: Assessment) -> bool:
    """Whether to ask for a second owner before this assessment is sent: there is one who can sign in, and nobody has
    said of an earlier round that there is no other (two queries)."""
    owners = organisations.owners(session, [assessment.organisation_id]).get(assessment.organisation_id, [])
    said = sa.select(Submission.id).where(Submission.assessment_id == assessment.id, Submission.only_owner.is_(True))
    return len(owners) == 1 and session.scalars(said).first() is None


def withdraw(session: Session, assessment: Assessment, *, by: User, at: datetime) -> None:
    """Take the assessment back for good; whoever is asked to approve it is asked no longer.

    Raises Refusal when it is decided or withdrawn already.
    """
    author = by.id
    session.refresh(assessment, with_for_update=True)
    assessment.move(WITHDRAW)
    sign_off.end(session, assessment, by=by, at=at)
    metric_values.replace(session, metric_values.Source(assessment_id=assessment.id), at=at)
    audit.record(session, "assessment:withdraw", assessment, by=author, at=at, case=assessment.id)


def _not_complete(gaps: tuple[progress.Gap, ...]) -> str:
    named = " ".join(f"{gap.title}: {gap.sentence}" for gap in gaps[:NAMED_AT_MOST])
    more = len(gaps) - NAMED_AT_MOST
    rest = f" And {more} more {'thing' if more == 1 else 'things'}." if more > 0 else ""
    return f"Your assessment is not complete yet. {named}{rest}"
