"""Many made-up employers at once, written as rows instead of lived through the verbs.

They have all that pages list and count: people, sites, assessments with answers and links as evidence, submissions,
cases with findings, awards and engagements. They lack what only a real history leaves: audit events and messages.
"""

import secrets
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from charter.account.models import Role, User
from charter.assessment import snapshot
from charter.assessment.models import Answer, Assessment, Declaration, Evidence, EvidenceKind, EvidenceUse, Submission
from charter.assessment.status import AssessmentStatus
from charter.award import numbering, status_list
from charter.award.issuing import last_day
from charter.award.models import Award, Counter
from charter.award.status import AwardStatus
from charter.award.status_list import StatusPlace
from charter.demo import names, times
from charter.demo.people import Staff, at
from charter.extensions import transaction
from charter.framework.content import Content, Criterion, Extent
from charter.framework.models import Framework
from charter.organisation.engagement import Engagement, EngagementKind
from charter.organisation.models import MemberRole, Membership, Organisation, Scope, Site
from charter.orm import Base
from charter.review.models import Finding, Review
from charter.review.private import NO_NOTE
from charter.review.status import ReviewStatus
from charter.review.timing.turns import Turn, begun
from charter.time_spent.models import TimeSpent

CHUNK = 1000
"""Employers written in one transaction: memory stays flat however many are asked for."""

ORDER: tuple[type[Base], ...] = (
    User,
    Organisation,
    Membership,
    Site,
    Engagement,
    Assessment,
    Answer,
    TimeSpent,
    Declaration,
    Evidence,
    EvidenceUse,
    Submission,
    Review,
    Turn,
    Finding,
    Award,
    StatusPlace,
)

STAGES = (
    ("registered", 24),
    ("draft", 30),
    ("waiting", 3),
    ("in_review", 2),
    ("recommended", 1),
    ("declined", 2),
    ("awarded", 38),
)
"""Where employers stand, with their share in a hundred."""

_A, _R = AssessmentStatus, ReviewStatus
STATUSES = {
    "draft": (_A.DRAFT, None),
    "waiting": (_A.SUBMITTED, _R.WAITING),
    "in_review": (_A.SUBMITTED, _R.IN_REVIEW),
    "recommended": (_A.SUBMITTED, _R.RECOMMENDED),
    "declined": (_A.DECIDED, _R.DECIDED),
    "awarded": (_A.DECIDED, _R.DECIDED),
}

Rows = dict[type[Base], list[dict[str, Any]]]


def fill(
    framework_id: UUID, staff: Staff, random: Random, on: date, *, start: int, stop: int, say: Callable[[str], None]
) -> None:
    """Write the employers at positions `start` to `stop`, up to the day `on`, telling `say` of progress."""
    for first in range(start, stop, CHUNK):
        after = min(first + CHUNK, stop)
        with transaction() as session:
            writer = _Writer(session, framework_id, staff, random, on)
            for position in range(first, after):
                writer.add(position)
            writer.write()
        say(f"Made {after:,} of {stop:,} employers")


class _Writer:
    """Collects the rows of a chunk of employers, then writes each table's at once."""

    def __init__(self, session: Session, framework_id: UUID, staff: Staff, random: Random, on: date) -> None:
        self.session = session
        self.framework = session.get_one(Framework, framework_id)
        self.content: Content = self.framework.content
        self.staff = staff
        self.random = random
        self.on = on
        self.rows: Rows = defaultdict(list)
        self.met = next(one.value for one in self.content.scale if one.extent is Extent.MET)
        self.found = next(one.value for one in self.content.outcomes if one.extent is Extent.MET)

    def write(self) -> None:
        """Send the rows to the database, parents first."""
        self._number_awards()
        self._place_badges()
        for model in ORDER:
            if self.rows[model]:
                self.session.execute(sa.insert(model), self.rows[model])

    def _add(self, model: type[Base], **values: Any) -> UUID:
        key = uuid7()
        self.rows[model].append({"id": key, **values})
        return key

    def add(self, position: int) -> None:
        """Collect one employer's rows."""
        random, firm = self.random, names.firm(self.random, position)
        stage = random.choices([name for name, _ in STAGES], [share for _, share in STAGES])[0]
        recent = {"waiting": 40, "in_review": 50, "recommended": 60, "draft": 300}.get(stage, 1500)
        day = self.on - timedelta(days=random.randint(1, recent))
        joined = day - timedelta(days=random.randint(20, 120))
        user = self._add(
            User,
            email=f"person{position}@example.org",
            name=names.person(random),
            role=Role.EMPLOYER,
            password_hash=self.staff.password_hash,
            created_at=at(joined),
            email_confirmed_at=at(joined),
        )
        listed = random.random() < 0.9
        place = {"county": firm.county, "size_band": firm.size_band, "sector": firm.sector}
        organisation = self._add(
            Organisation,
            name=firm.name,
            district=firm.district,
            company_number=firm.company_number,
            charity_number=firm.charity_number,
            website=None,
            about=None,
            scope=Scope.WHOLE,
            listed=listed,
            listed_at=at(joined) if listed else None,
            registered_at=at(joined),
            version=1,
            **place,
        )
        self._add(Membership, organisation_id=organisation, user_id=user, role=MemberRole.OWNER, joined_at=at(joined))
        self._add(
            Site, organisation_id=organisation, name="Main site", town=firm.town, postcode=None, county=firm.county
        )

        def engaged(kind: EngagementKind, when: date, level: int | None = None) -> None:
            self._add(Engagement, organisation_id=organisation, kind=kind, on=when, level=level, **place)

        engaged(EngagementKind.REGISTERED, joined)
        if stage == "registered":
            return
        level = random.choices([one.rank for one in self.content.levels], [80, 17, 3])[0]
        status, case = STATUSES[stage]
        assessment = self._add(
            Assessment,
            organisation_id=organisation,
            framework_id=self.framework.id,
            target_level=level,
            status=status,
            round=1,
            started_at=at(joined),
            version=1,
            submitted_at=at(day - timedelta(days=10)) if case else None,
            decided_at=at(day) if status is _A.DECIDED else None,
        )
        engaged(EngagementKind.STARTED, joined + timedelta(days=5), level)
        band = self.content.size_band(firm.size_band)
        asked = self.content.asked(level, band.max if band else None)
        answered = asked if case else asked[: random.randint(1, len(asked))]
        said = self._answers(assessment, organisation, user, answered, joined + timedelta(days=9))
        if case is None:
            return
        submitted = day - timedelta(days=10)
        engaged(EngagementKind.SUBMITTED, submitted, level)
        self._declare(assessment, user, submitted)
        self._submit(assessment, organisation, user, level, firm, said, submitted)
        self._review(assessment, case, asked, level if stage == "awarded" else 0, level, submitted, day)
        if stage == "awarded":
            engaged(EngagementKind.ACCREDITED, day, level)
            self._award(assessment, organisation, level, firm, day)

    def _answers(
        self, assessment: UUID, organisation: UUID, user: UUID, criteria: tuple[Criterion, ...], day: date
    ) -> dict[str, Any]:
        said = []
        for number, criterion in enumerate(criteria):
            moment = at(day, 9 + number // 60, number % 60)
            spent = times.seconds(criterion, self.random)
            self._add(TimeSpent, assessment_id=assessment, task=criterion.code, seconds=spent, counted_at=moment)
            answer = {
                "criterion": criterion.code,
                "value": self.met,
                "explanation": "In place for everyone here.",
                "action": "",
                "action_owner": "",
                "action_due": None,
                "reason": "",
                "version": 1,
            }
            self._add(Answer, assessment_id=assessment, saved_at=moment, saved_by_id=user, **answer)
            said.append(answer)
        needing = [one.code for one in criteria if one.evidence_required]
        if not needing:
            return {"answers": said, "evidence": []}
        link = {
            "kind": EvidenceKind.LINK,
            "title": "Our page for staff",
            "filename": None,
            "media_type": None,
            "size": None,
            "sha256": None,
            "url": "https://www.example.org/staff",
            "text": None,
            "dated_on": None,
        }
        piece = self._add(Evidence, organisation_id=organisation, added_at=at(day), added_by_id=user, **link)
        for code in needing:
            self._add(EvidenceUse, assessment_id=assessment, criterion=code, evidence_id=piece)
        return {
            "answers": said,
            "evidence": [
                {**link, "id": str(piece), "kind": EvidenceKind.LINK.value, "criteria": needing, "places": {}}
            ],
        }

    def _declare(self, assessment: UUID, user: UUID, day: date) -> None:
        for one in self.content.declarations:
            self._add(
                Declaration, assessment_id=assessment, code=one.code, agreed=True, saved_at=at(day), saved_by_id=user
            )

    def _submit(
        self,
        assessment: UUID,
        organisation: UUID,
        user: UUID,
        level: int,
        firm: names.Firm,
        said: dict[str, Any],
        day: date,
    ) -> None:
        frozen = {
            "format": snapshot.FORMAT,
            "assessment": str(assessment),
            "round": 1,
            "target_level": level,
            "framework": {
                "code": self.framework.code,
                "version": self.framework.version,
                "hash": self.framework.content_hash,
            },
            "organisation": {
                "id": str(organisation),
                "name": firm.name,
                "county": firm.county,
                "size_band": firm.size_band,
                "sector": firm.sector,
                "scope": Scope.WHOLE.value,
            },
            "declarations": {one.code: True for one in self.content.declarations},
            "figures": None,
            **said,
        }
        self._add(
            Submission,
            assessment_id=assessment,
            round=1,
            submitted_at=at(day),
            submitted_by_id=user,
            declared_by="The owner",
            declared_role="Owner",
            attained_level=level,
            snapshot=frozen,
            snapshot_hash=snapshot.digest(frozen),
        )

    def _review(
        self,
        assessment: UUID,
        status: ReviewStatus,
        asked: tuple[Criterion, ...],
        decided: int,
        target: int,
        submitted: date,
        day: date,
    ) -> None:
        claimed = status is not _R.WAITING
        assessor = self.random.choice(self.staff.assessors)
        recommended = status in {_R.RECOMMENDED, _R.DECIDED}
        done = status is _R.DECIDED
        level = self.content.level(target)
        assert level is not None
        review = self._add(
            Review,
            assessment_id=assessment,
            status=status,
            waiting_since=at(submitted),
            version=1,
            due_on=submitted + timedelta(days=level.target_decision_working_days * 7 // 5),
            assessor_id=assessor if claimed else None,
            claimed_at=at(submitted) if claimed else None,
            recommended_level=(decided if done else target) if recommended else None,
            recommended_by_id=assessor if recommended else None,
            recommended_at=at(day) if recommended else None,
            recommendation="",
            reasons="",
            decided_level=decided if done else None,
            decided_by_id=self.random.choice(self.staff.moderators) if done else None,
            decided_at=at(day) if done else None,
        )
        stages = [(_R.WAITING, submitted)]
        stages += [(_R.IN_REVIEW, submitted)] if claimed else []
        stages += [(_R.RECOMMENDED, day)] if recommended else []
        stages += [(_R.DECIDED, day)] if done else []
        turns: list[Turn] = []
        for stage, began_on in stages:
            turn = begun(turns, stage, at(began_on))
            turns += [turn] if turn else []
        for turn in turns:
            self._add(
                Turn,
                review_id=review,
                number=turn.number,
                stage=turn.stage,
                began_at=turn.began_at,
                ended_at=turn.ended_at,
                days=turn.days,
                reminded_days=None,
            )
        for criterion in asked if recommended else ():
            self._add(
                Finding,
                review_id=review,
                round=1,
                criterion=criterion.code,
                outcome=self.found,
                feedback="",
                private_note=NO_NOTE,
                checked=[],
                found_at=at(day),
                found_by_id=assessor,
                version=1,
            )

    def _award(self, assessment: UUID, organisation: UUID, rank: int, firm: names.Firm, day: date) -> None:
        level = self.content.level(rank)
        assert level is not None
        self._add(
            Award,
            organisation_id=organisation,
            assessment_id=assessment,
            framework_id=self.framework.id,
            level=rank,
            number="",
            code=secrets.token_urlsafe(16),
            status=AwardStatus.ACTIVE,
            starts_on=day,
            ends_on=last_day(day, level.valid_months),
            ended_on=None,
            end_reason="",
            issued_at=at(day),
            issued_by_id=self.random.choice(self.staff.moderators),
            name=firm.name,
            scope=Scope.WHOLE,
            county=firm.county,
            size_band=firm.size_band,
            sector=firm.sector,
            headcount=firm.headcount,
        )

    def _number_awards(self) -> None:
        """Number the chunk's awards on from where each year's series stands."""
        prefix = self.content.meta.certificate_prefix
        for year, awards in self._by_year():
            series = f"{prefix}-{year}"
            counter = self.session.scalars(sa.select(Counter).where(Counter.series == series).with_for_update()).first()
            if counter is None:
                counter = Counter(series=series, last=0)
                self.session.add(counter)
            for award in awards:
                counter.last += 1
                award["number"] = numbering.written(series, counter.last)
        self.session.flush()

    def _place_badges(self) -> None:
        awards = self.rows[Award]
        for award, (list_number, position) in zip(
            awards, status_list.draw_many(self.session, len(awards)), strict=True
        ):
            self._add(
                StatusPlace,
                award_id=award["id"],
                edition=1,
                list_number=list_number,
                position=position,
                given_at=award["issued_at"],
                is_replaced=False,
            )

    def _by_year(self) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        years: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for award in self.rows[Award]:
            years[award["starts_on"].year].append(award)
        yield from sorted(years.items())
