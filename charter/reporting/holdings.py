"""All that an employer holds in the portal, to take away: one JSON document and its evidence files.

Every table that belongs to an employer is either in `PARTS` or, with the reason, in `LEFT_OUT`; a test keeps that so.
What is private to the scheme (notes, recommendations, findings of a case that is not decided) is never part of it.
"""

import enum
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from charter import audit
from charter.account.models import User
from charter.aftercare.models import Appeal, AwardStep, Concern
from charter.aftercare.status import StepStatus
from charter.assessment import history
from charter.assessment.closing import LongerGrace
from charter.assessment.metric_values import MetricValue
from charter.assessment.models import (
    OPENS,
    Answer,
    Assessment,
    Declaration,
    Evidence,
    EvidenceKind,
    EvidenceUse,
    MetricReturn,
    SignOff,
    Submission,
    VirusFinding,
)
from charter.assessment.teamwork import Assignment, Comment
from charter.award import documents
from charter.award.documents import AwardDocument
from charter.award.models import Award, Suspension
from charter.award.verification import standing
from charter.award.yearly.models import YearlyReturn
from charter.clock import local_date
from charter.framework.content import Content
from charter.framework.models import Framework
from charter.improvement.models import Action, Programme, ProgrammeRequest
from charter.organisation import naming
from charter.organisation.engagement import Engagement
from charter.organisation.models import Invitation, Membership, Organisation, Recognition, Site
from charter.orm import Base
from charter.review.models import Finding, InformationRequest, Review
from charter.review.record.record_models import DecisionRecord
from charter.review.second.second_models import Conversation
from charter.review.status import ReviewStatus
from charter.succession.models import EmailDomain, JoinRequest, Transfer
from charter.succession.status import JoinStatus
from charter.survey.models import Survey
from charter.survey.results import results
from charter.time_spent.models import TimeSpent

FORMAT = "good-employment-charter/employer"
FORMAT_VERSION = 1
"""One more whenever a name that is there changes its meaning or goes. What is added does not count."""

_ALWAYS_OUT = {"organisation_id", "version"}


@dataclass(frozen=True)
class Part:
    """The rows of one table that belong to an employer, as a list in the document.

    `where` picks them by the employer's id. `out` names the columns that are left out, beside the count of saves.
    """

    name: str
    model: type[Base]
    where: Callable[[UUID], sa.ColumnElement[bool]]
    out: frozenset[str] = frozenset()
    order: str = "id"


def _own(model: Any) -> Callable[[UUID], sa.ColumnElement[bool]]:
    return lambda employer: model.organisation_id == employer


def _assessments(employer: UUID) -> sa.Select[Any]:
    return sa.select(Assessment.id).where(Assessment.organisation_id == employer)


def _of_assessment(model: Any) -> Callable[[UUID], sa.ColumnElement[bool]]:
    return lambda employer: model.assessment_id.in_(_assessments(employer))


def _decided(model: Any) -> Callable[[UUID], sa.ColumnElement[bool]]:
    """What was found in cases that are decided: before that it is the assessor's draft."""
    return lambda employer: model.review_id.in_(
        sa.select(Review.id).where(
            Review.assessment_id.in_(_assessments(employer)), Review.status == ReviewStatus.DECIDED
        )
    )


def _asked(model: Any) -> Callable[[UUID], sa.ColumnElement[bool]]:
    return lambda employer: model.review_id.in_(
        sa.select(Review.id).where(Review.assessment_id.in_(_assessments(employer)))
    )


PARTS: tuple[Part, ...] = (
    Part("employer", Organisation, lambda employer: Organisation.id == employer),
    Part("places", Site, _own(Site)),
    Part("people", Membership, _own(Membership)),
    Part("invitations", Invitation, _own(Invitation), frozenset({"token_hash"})),
    Part("email_domains", EmailDomain, _own(EmailDomain)),
    Part(
        "let_in",  # whoever was not let in is none of its people, and their words are their own
        JoinRequest,
        lambda employer: sa.and_(JoinRequest.organisation_id == employer, JoinRequest.status == JoinStatus.ACCEPTED),
    ),
    Part("handed_over", Transfer, _own(Transfer)),
    Part("awards_of_other_schemes", Recognition, _own(Recognition), frozenset({"checked_by_id", "declined_by_id"})),
    Part("assessments", Assessment, _own(Assessment)),
    Part("answers", Answer, _of_assessment(Answer)),
    Part("declarations", Declaration, _of_assessment(Declaration)),
    Part("figures", MetricReturn, _of_assessment(MetricReturn)),
    Part("yearly_figures", YearlyReturn, _own(YearlyReturn)),
    Part("figures_worked_out", MetricValue, _own(MetricValue)),
    Part("evidence", Evidence, _own(Evidence), frozenset({"scan_tries", "scan_after", "scan_problem"})),
    Part("viruses_found", VirusFinding, _own(VirusFinding)),
    Part("evidence_uses", EvidenceUse, _of_assessment(EvidenceUse)),
    Part("comments", Comment, _of_assessment(Comment), frozenset({"sent_as"})),
    Part("whose_tasks", Assignment, _of_assessment(Assignment)),
    Part(
        "approvals",
        SignOff,
        _of_assessment(SignOff),
        frozenset({"token_hash", "earlier_token_hash", "content", "email"}),
    ),
    Part("submissions", Submission, _of_assessment(Submission)),
    Part(
        "conversations",
        Conversation,
        lambda employer: Conversation.review_id.in_(
            sa.select(Review.id).where(Review.assessment_id.in_(_assessments(employer)))
        ),
        frozenset({"notes", "recorded_by_id"}),
    ),
    Part(
        "decisions",
        Review,
        lambda employer: sa.and_(
            Review.assessment_id.in_(_assessments(employer)), Review.status == ReviewStatus.DECIDED
        ),
        frozenset(
            {
                "assessor_id",
                "claimed_at",
                "recommended_level",
                "recommended_by_id",
                "recommended_at",
                "recommendation",
                "decided_by_id",
            }
        ),
    ),
    Part("feedback", Finding, _decided(Finding), frozenset({"private_note", "checked", "found_by_id"})),
    Part("questions_of_the_assessor", InformationRequest, _asked(InformationRequest), frozenset({"asked_by_id"})),
    Part("explanations", DecisionRecord, _asked(DecisionRecord), frozenset({"for_staff", "for_staff_sha256"})),
    Part("awards", Award, _own(Award), frozenset({"issued_by_id"})),
    Part(
        "suspensions",
        Suspension,
        lambda employer: Suspension.award_id.in_(sa.select(Award.id).where(Award.organisation_id == employer)),
    ),
    Part(
        "steps_about_awards",
        AwardStep,
        lambda employer: sa.and_(
            AwardStep.organisation_id == employer,
            sa.or_(AwardStep.at_once == "", AwardStep.status == StepStatus.CARRIED_OUT),
        ),
        frozenset({"concern_id", "proposed_by_id", "decided_by_id"}),
    ),
    Part("appeals", Appeal, _own(Appeal), frozenset({"handler_id"})),
    Part(
        "concerns_asked_about",  # of others the employer knows nothing; and of none, who raised it and in which words
        Concern,
        lambda employer: sa.and_(Concern.organisation_id == employer, Concern.asked_at.is_not(None)),
        frozenset(
            {
                *("certificate", "reference", "what", "happened", "known_by", "links", "raised_by", "email"),
                *("raised_at", "sent_as", "forgotten_at", "holder_id", "asked_by_id", "decided_by_id"),
            }
        ),
    ),
    Part("longer_times", LongerGrace, _of_assessment(LongerGrace), frozenset({"reason", "given_by_id"})),
    Part("actions", Action, _own(Action)),
    Part("requests_for_programmes", ProgrammeRequest, _own(ProgrammeRequest)),
    Part("staff_surveys", Survey, _own(Survey), frozenset({"answers", "sums"})),
    Part("time_spent", TimeSpent, _of_assessment(TimeSpent)),
    Part("taking_part", Engagement, _own(Engagement)),
)
"""The rows that are taken away, in the order of the document."""
MADE = ("survey_results", "history")
"""What is made from rows that are not taken away as they are: results of enough answers, and who did what when."""
NAMES = (*(part.name for part in PARTS), *MADE)
"""The lists of the document, in its order."""

LEFT_OUT: Mapping[str, str] = {
    "award_document": "the certificates as files: those that the portal still gives out are in the archive",
    "status_place": "where an award stands in the public list of badges that were taken back",
    "claim": "what somebody said to the scheme of an employer's owners; whoever it was granted to is among the people",
    "claim_notice": "links by which one person stops a claim: they are that person's alone",
    "doubt": "why an assessor was not sure of a case: it is for whoever looks again",
    "concern_note": "what the scheme's staff noted while they looked into what somebody told them",
    "conflict": "which of the scheme's staff may not judge the employer: it is about them",
    "ended_interest": "which of the scheme's staff could once not judge the employer: it is about them",
    "finding_change": "what a finding said before somebody changed it: what it says now is among the feedback",
    "former_member": "who left the team, kept so that nobody takes the employer over later",
    "likely_pair": "employers that may be one, for the scheme to look at: it is about others too",
    "moderation": "how one of the scheme's staff judged another's recommendation",
    "panel_absence": "who of the partners left the room: it is about them",
    "panel_item": "when the partners had the case before them, and what they said: the decision is among the decisions",
    "sample_draw": "the lot that was drawn for a case, which says nothing of the employer",
    "second_finding": "what a second person found before they saw the first: it is for whoever decides",
    "second_look": "who looked a second time: it is about the scheme's staff",
    "set_apart": "which of the scheme's staff had a part in a decision that an appeal overturned: it is about them",
    "turn": "whose turn it was on which days: its page counts them, and what was sent and decided has the dates",
    "survey_ballot": "codes of a survey: they must lead to nobody",
    "version_notice": "which emails about a newer version of the charter were sent, so that none is sent twice",
    "uploaded_sheet": "a spreadsheet that nobody confirmed: it is gone after a day",
}
"""Tables that belong to an employer and are no part of what it takes away, each with the reason."""


@dataclass(frozen=True)
class File:
    """A file of the employer, by its name in the archive."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Certificate:
    """A certificate of the employer, by its name in the archive: the award, and its file, if it was drawn."""

    name: str
    award: Award
    document: AwardDocument | None


@dataclass(frozen=True)
class Holdings:
    """Everything of one employer: the document, and the files that it names."""

    document: Mapping[str, Any]
    files: tuple[File, ...]
    certificates: tuple[Certificate, ...]

    def list_of(self, name: str) -> Sequence[Mapping[str, Any]]:
        """One part of the document."""
        found: Sequence[Mapping[str, Any]] = self.document[name]
        return found


def gather(session: Session, organisation: Organisation, *, at: datetime) -> Holdings:
    """All that the employer holds: a fixed number of queries, but for the words of each version of the charter."""
    found: dict[str, list[dict[str, Any]]] = {}
    for part in PARTS:
        table = part.model.__table__
        out = _ALWAYS_OUT | part.out
        columns = [column for column in table.columns if column.name not in out]
        rows = session.execute(sa.select(*columns).where(part.where(organisation.id)).order_by(table.c[part.order]))
        found[part.name] = [dict(row) for row in rows.mappings()]
    found["feedback"] = _that_stands(found["feedback"])
    found["invitations"] = [one for one in found["invitations"] if one["accepted_at"] or one["expires_at"] > at]
    files = tuple(_files(found["evidence"]))
    certificates = tuple(_certificates(session, organisation, found["awards"], on=local_date(at)))
    contents = _say_in_words(session, found)
    found["survey_results"] = list(_survey_results(session, organisation))
    found["history"] = [
        {"assessment_id": case, "at": event.at, "who": event.who, "what": event.what}
        for case, event in history.of_employer(session, organisation.id, contents)
    ]
    _name_people(session, organisation, found)
    _name_versions(session, found)
    document = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "made_at": at,
        "left_out": [
            "private notes and recommendations of the scheme's staff, and findings of cases that are not decided",
            "concerns that the scheme did not ask the employer about, and of all concerns who raised them and how",
            "results of staff surveys that are open, or that too few people answered to be shown",
            "names of people who left the team, and addresses of those who are not in it",
            "certificates that were taken back or replaced, or are suspended",
            "requests to join of people who were not let in, and claims",
            "passwords, second factors and sessions of people",
        ],
        **found,
    }
    plain: Mapping[str, Any] = _plain(document)
    return Holdings(plain, files, certificates)


def files_of(session: Session, organisation: Organisation) -> tuple[int, int]:
    """How many files the employer can take away, and how many bytes they have together (one query).

    Files that the virus scanner has not cleared are no part of it.
    """
    found = session.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(Evidence.size), 0)).where(
            Evidence.organisation_id == organisation.id,
            Evidence.kind == EvidenceKind.FILE,
            Evidence.removed_at.is_(None),
            Evidence.scan.in_(OPENS),
        )
    ).one()
    return int(found[0]), int(found[1] or 0)


def note(session: Session, organisation: Organisation, *, files: int, by: User, at: datetime) -> None:
    """Record that somebody took everything away."""
    audit.record(session, "organisation:export", organisation, by=by.id, at=at, files=files)


def _that_stands(findings: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The finding of the last round on each criterion: what was found before it was replaced, and never shown."""
    last: dict[tuple[Any, Any], dict[str, Any]] = {}
    for one in sorted(findings, key=lambda finding: finding["round"]):
        last[one["review_id"], one["criterion"]] = one
    return list(last.values())


def _files(pieces: Sequence[dict[str, Any]]) -> Iterator[File]:
    """Name each file of the evidence in its row, and list them: names that no program stumbles over, none twice."""
    for number, piece in enumerate(pieces, 1):
        piece["file"] = None
        if piece["kind"] is not EvidenceKind.FILE:
            piece["scan"] = None
        elif piece["sha256"] and piece["removed_at"] is None and piece["scan"] in OPENS:
            safe = re.sub(r"[^A-Za-z0-9._ -]", "_", piece["filename"] or "file").strip(" .") or "file"
            piece["file"] = f"evidence/{number:03}-{safe[-100:].lstrip(' .')}"
            yield File(piece["file"], piece["sha256"], piece["size"] or 0)


def _certificates(
    session: Session, organisation: Organisation, rows: Sequence[dict[str, Any]], *, on: date
) -> Iterator[Certificate]:
    """Name each certificate in the row of its award, and list them: those that the portal still gives out."""
    held = sa.select(Award).where(Award.organisation_id == organisation.id).options(joinedload(Award.framework))
    awards = {award.id: award for award in session.scalars(held)}
    for row in rows:
        award = awards[row["id"]]
        row["file"] = None
        if not standing(award, on).is_withdrawn:
            row["file"] = f"certificates/{re.sub(r'[^A-Za-z0-9-]', '-', award.number)}.pdf"
            yield Certificate(row["file"], award, documents.of(session, award.id))


def _survey_results(session: Session, organisation: Organisation) -> Iterator[dict[str, Any]]:
    """What staff said, question by question: only what the employer's own page shows (`survey.results`)."""
    for survey in session.scalars(
        sa.select(Survey)
        .where(Survey.organisation_id == organisation.id)
        .options(joinedload(Survey.framework))
        .order_by(Survey.id)
    ):
        said = results(survey)
        for one in said.questions if said else ():
            yield {
                "survey_id": survey.id,
                "survey": survey.title,
                "answers": survey.answers,
                "question": one.question.code,
                "question_said": one.question.statement,
                "answered": one.answered if one.shares else None,
                "shares": [
                    {
                        "value": share.value.value,
                        "value_said": share.value.label,
                        "number": share.number,
                        "percent": share.percent,
                    }
                    for share in one.shares
                ],
            }


def _say_in_words(session: Session, found: Mapping[str, Sequence[dict[str, Any]]]) -> dict[UUID, Content]:
    """Put the charter's words beside its codes: who reads the document has no charter at hand.

    Returns the version of the charter of each assessment.
    """
    used = {row["framework_id"] for row in (*found["assessments"], *found["awards"])}
    contents = {one.id: one.content for one in session.scalars(sa.select(Framework).where(Framework.id.in_(used)))}
    of = {row["id"]: contents[row["framework_id"]] for row in found["assessments"]}
    of_case = {row["id"]: of[row["assessment_id"]] for row in found["decisions"]}
    for name in ("answers", "evidence_uses", "comments", "feedback"):
        for row in found[name]:
            content = of_case[row["review_id"]] if name == "feedback" else of[row["assessment_id"]]
            criterion = content.criterion(row["criterion"])
            row["criterion_said"] = criterion.statement if criterion else None
            value, outcome = content.scale_value(row.get("value")), content.outcome(row.get("outcome"))
            if name == "answers":
                row["value_said"] = value.label if value else None
            if name == "feedback":
                row["outcome_said"] = outcome.label if outcome else None
    for row in found["declarations"]:
        statements = {one.code: one.statement for one in of[row["assessment_id"]].declarations}
        row["declaration_said"] = statements.get(row["code"])
    for row in found["awards"]:
        row["level_said"] = contents[row["framework_id"]].level_title(row["level"])
    for row in found["assessments"]:
        row["target_level_said"] = contents[row["framework_id"]].level_title(row["target_level"])
    return of


def _leads_to(part: Part, model: type[Base]) -> list[str]:
    """The columns of a part that name a row of this model."""
    key = model.__table__.c.id
    return [
        column.name
        for column in part.model.__table__.columns
        if column.references(key) and column.name not in _ALWAYS_OUT | part.out
    ]


def _name_people(session: Session, organisation: Organisation, found: Mapping[str, Sequence[dict[str, Any]]]) -> None:
    """Put names in the place of the ids of people: `saved_by` for `saved_by_id`. Members have an email address too.

    They are named as on the employer's own pages: who left the team is "A former colleague", without an address and
    without what they wrote to be let in. The scheme's staff are not named: what they did is the scheme's.
    """
    columns = {part.name: _leads_to(part, User) for part in PARTS}
    ids = {row[name] for part, names in columns.items() for row in found[part] for name in names} - {None}
    known = naming.names(session, organisation.id, acted=ids)
    emails = sa.select(User.id, User.email).where(User.id.in_(known.team))
    team = {person.id: person.email for person in session.execute(emails)}
    for row in found["let_in"]:
        if row["user_id"] not in team:
            row["message"] = None
    for part, column in (("invitations", "email"), ("handed_over", "to_email")):
        for row in found[part]:
            waits = part == "invitations" and row["accepted_at"] is None
            if not waits and row[column] not in team.values():
                row[column] = None
    for part, names in columns.items():
        for row in found[part]:
            for name in names:
                person_id = row.pop(name)
                said = (known.of(person_id, staff="") or None) if person_id else None
                if name == "user_id" and person_id is not None:
                    row |= {"name": said, "email": team.get(person_id)}
                elif name != "user_id":
                    row[name.removesuffix("_id")] = said


def _name_versions(session: Session, found: Mapping[str, Sequence[dict[str, Any]]]) -> None:
    """Put the version of the charter in the place of its id, and the name of a programme in the place of its."""
    versions = {one.id: one.version for one in session.execute(sa.select(Framework.id, Framework.version))}
    programmes = {one.id: one.name for one in session.execute(sa.select(Programme.id, Programme.name))}
    for part in PARTS:
        for row in found[part.name]:
            for name in _leads_to(part, Framework):
                said = "charter_version" if name == "framework_id" else f"{name.removesuffix('_id')}_charter_version"
                row[said] = versions.get(row.pop(name))
            for name in _leads_to(part, Programme):
                row[name.removesuffix("_id")] = programmes.get(row.pop(name))


def _plain(value: Any) -> Any:
    """The same in what JSON has: times in UTC, days as 2027-03-27, statuses by their value."""
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return str(value) if isinstance(value, UUID) else value
