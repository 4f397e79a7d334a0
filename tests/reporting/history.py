"""Writes small histories straight into the tables, with dates of a test's own choosing."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from uuid import UUID

from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from charter.account.models import Role, User
from charter.assessment.models import Assessment
from charter.assessment.status import AssessmentStatus
from charter.award.models import Award
from charter.award.status import AwardStatus
from charter.framework import publishing
from charter.organisation.engagement import Engagement, EngagementKind
from charter.organisation.models import Organisation, Recognition, Scope

_numbers = count(1)


def moment(day: date) -> datetime:
    """Noon on a day."""
    return datetime.combine(day, time(12), UTC)


class History:
    """Flushes what it makes, so that queries of the same session see it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.framework = publishing.current(session)
        self.content = self.framework.content
        self.county, self.other_county = (county.code for county in self.content.counties[:2])
        self._clerk: User | None = None

    @property
    def clerk(self) -> User:
        """Somebody of the scheme, who decides and checks."""
        if self._clerk is None:
            self._clerk = User(
                id=uuid7(),
                email=f"clerk{next(_numbers)}@example.org",
                name="Clara Clerk",
                role=Role.ASSESSOR,
                created_at=moment(date(2024, 1, 1)),
            )
            self._add(self._clerk)
        return self._clerk

    def employer(self, county: str | None = None) -> Organisation:
        """An employer that no engagement tells of yet."""
        organisation = Organisation(
            id=uuid7(),
            name=f"Employer {next(_numbers)}",
            county=county or self.county,
            size_band=self.content.size_bands[0].code,
            sector=self.content.sectors[0].code,
            scope=Scope.WHOLE,
            listed=False,
            registered_at=moment(date(2024, 1, 1)),
        )
        self._add(organisation)
        return organisation

    def award(
        self,
        employer: Organisation,
        starts_on: date,
        *,
        level: int = 1,
        days: int = 730,
        ended_on: date | None = None,
        revoked: bool = False,
        headcount: int | None = None,
        size_band: str | None = None,
        sector: str | None = None,
    ) -> Award:
        """An award, with the decided assessment it stands on."""
        at = moment(starts_on)
        assessment = Assessment(
            id=uuid7(),
            organisation_id=employer.id,
            framework_id=self.framework.id,
            target_level=level,
            status=AssessmentStatus.DECIDED,
            round=1,
            started_at=at,
            submitted_at=at,
            decided_at=at,
        )
        self._add(assessment)
        ended = AwardStatus.REVOKED if revoked else AwardStatus.SUPERSEDED
        award = Award(
            id=uuid7(),
            organisation_id=employer.id,
            assessment_id=assessment.id,
            framework_id=self.framework.id,
            level=level,
            number=f"T-{next(_numbers)}",
            code=f"code-{next(_numbers)}",
            status=ended if ended_on else AwardStatus.ACTIVE,
            starts_on=starts_on,
            ends_on=starts_on + timedelta(days=days),
            ended_on=ended_on,
            end_reason="",
            issued_at=at,
            issued_by_id=self.clerk.id,
            name=employer.name,
            scope=employer.scope,
            county=employer.county,
            size_band=size_band or employer.size_band,
            sector=sector or employer.sector,
            headcount=headcount,
        )
        self._add(award)
        return award

    def engaged(self, employer: Organisation, kind: EngagementKind, on: date, county: str | None = None) -> None:
        """A dated fact that an employer took part in something."""
        self._add(
            Engagement(
                organisation_id=employer.id,
                kind=kind,
                on=on,
                county=county or employer.county,
                size_band=employer.size_band,
                sector=employer.sector,
                level=None,
            )
        )

    def recognition(
        self,
        employer: Organisation,
        scheme: str,
        starts_on: date,
        *,
        ends_on: date | None = None,
        checked: bool = True,
        county: str | None = None,
        level: str | None = None,
    ) -> Recognition:
        """Another scheme's award."""
        by: UUID | None = self.clerk.id if checked else None
        recognition = Recognition(
            id=uuid7(),
            organisation_id=employer.id,
            scheme=scheme,
            level=level,
            reference=None,
            county=county or employer.county,
            starts_on=starts_on,
            ends_on=ends_on,
            stated_at=moment(starts_on),
            checked_at=moment(starts_on) if checked else None,
            checked_by_id=by,
        )
        self._add(recognition)
        return recognition

    def _add(self, made: object) -> None:
        self.session.add(made)
        self.session.flush()
