"""What comes after an award: which levels an employer may aim for next, from when it is asked, and starting anew.

The rules are the charter's: `Level.renewable` and `Renewal`. A level that cannot be renewed is held once; whoever held
it goes on to a higher one. An award that was taken back does not count as held.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from charter.account.models import User
from charter.assessment import submission
from charter.assessment.models import Assessment
from charter.award.models import Award
from charter.award.status import AwardStatus
from charter.errors import Refusal
from charter.framework.content import Content, Level
from charter.framework.models import Framework
from charter.organisation.models import Organisation


@dataclass(frozen=True)
class Ending:
    """An employer's newest award, as it looks on a day."""

    award: Award
    days_left: int
    """Until its last day; 0 on that day, negative once it has ended."""
    level: Level
    """Its level, in the version of the charter that counts now."""
    next: Level | None
    """The level above it, if there is one."""
    opens_on: date
    """From this day on the employer is asked what comes next."""

    @property
    def is_near(self) -> bool:
        """Whether the employer is asked now."""
        return self.award.ends_on - timedelta(days=self.days_left) >= self.opens_on

    @property
    def has_ended(self) -> bool:
        """Whether its last day has passed."""
        return self.days_left < 0


def ending(award: Award, content: Content, *, on: date) -> Ending | None:
    """How an award looks on the day `on`, by this version of the charter; None when it has no such level any more."""
    level = content.level(award.level)
    if level is None:
        return None
    return Ending(
        award=award,
        days_left=(award.ends_on - on).days,
        level=level,
        next=content.level(award.level + 1),
        opens_on=award.ends_on - timedelta(days=content.renewal.opens_days),
    )


def newest(awards: Collection[Award], *, on: date) -> Award | None:
    """Of an employer's awards, the one that ends last and that nobody ended before: a successor that is to begin later
    comes before the one it follows. None when there is none.

    Of two that a merge brought together, only the one that counts on the day `on` is looked at.
    """
    less = outranked(awards, on=on)
    standing = [award for award in awards if award.ended_on is None and award.id not in less]
    return max(standing, key=lambda award: (award.ends_on, award.issued_at), default=None)


def outranked(awards: Collection[Award], *, on: date) -> frozenset[UUID]:
    """Those beside which another of the same employer counts on the day `on`, or counted on their own last day when
    that is past. Only employers that were merged hold several at once."""
    return frozenset(
        one.id
        for one in awards
        if one.beside_another
        and any(
            other.organisation_id == one.organisation_id
            and other.standing > one.standing
            and other.is_valid_on(min(on, one.ends_on))
            for other in awards
        )
    )


def of_organisation(session: Session, organisation_id: UUID) -> list[Award]:
    """All the awards an employer was ever given, the newest first, with their versions of the charter."""
    return list(
        session.scalars(
            sa.select(Award)
            .where(Award.organisation_id == organisation_id)
            .options(joinedload(Award.framework))
            .order_by(Award.starts_on.desc(), Award.issued_at.desc())
        )
    )


def levels_held(session: Session, organisation_id: UUID, *, but: UUID | None = None) -> frozenset[int]:
    """The levels that an employer holds or once held; what was taken back does not count (one query).

    `but` is an assessment whose own award does not count: its case was opened again, and may end at the same level.
    """
    held = sa.select(Award.level).where(Award.organisation_id == organisation_id, Award.status != AwardStatus.REVOKED)
    if but is not None:
        held = held.where(Award.assessment_id != but)
    return frozenset(session.scalars(held))


def why_not(content: Content, rank: int, held: Collection[int]) -> str | None:
    """Why an employer that held these levels cannot be given level `rank`, in a sentence; None when it can."""
    level = content.level(rank)
    if level is None or level.renewable or rank not in held:
        return None
    higher = content.level(rank + 1)
    onward = f" Aim for {higher.title}: your answers and evidence come with you." if higher else ""
    return f"{level.title} is held once and cannot be renewed.{onward}"


def start(
    session: Session, organisation: Organisation, framework: Framework, *, target_level: int, by: User, at: datetime
) -> Assessment:
    """Start an assessment, as `submission.start` does, unless its level was held before and cannot be renewed.

    Raises Refusal on `target_level` in that case, and whenever `submission.start` does.
    """
    _check(session, organisation.id, framework, target_level)
    return submission.start(session, organisation, framework, target_level=target_level, by=by, at=at)


def change_target(session: Session, assessment: Assessment, *, target_level: int, by: User, at: datetime) -> None:
    """Aim for another level, as `submission.change_target` does, unless it was held before and cannot be renewed."""
    if target_level != assessment.target_level:
        _check(session, assessment.organisation_id, assessment.framework, target_level)
    submission.change_target(session, assessment, target_level=target_level, by=by, at=at)


def _check(session: Session, organisation_id: UUID, framework: Framework, rank: int) -> None:
    reason = why_not(framework.content, rank, levels_held(session, organisation_id))
    if reason is not None:
        raise Refusal(reason, field="target_level")
