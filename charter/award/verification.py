"""Is this certificate real, and does it still hold? Says only what the public may know."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, joinedload

from charter.award.models import Award, Suspension
from charter.award.numbering import CODE
from charter.award.status import AwardStatus
from charter.lifecycle import Status
from charter.organisation.models import Organisation, Scope


class Standing(Status):
    """What the public is told about a certificate on a day."""

    CURRENT = "current"
    UNDER_REVIEW = "under_review"
    SUSPENDED = "suspended"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"

    @property
    def label(self) -> str:
        """The standing at a glance."""
        return {
            "current": "Genuine and current",
            "under_review": "Genuine and valid, under review",
            "suspended": "Suspended: do not rely on it now",
            "not_yet_valid": "Genuine, but not valid yet",
            "expired": "Expired",
            "superseded": "Replaced by a newer certificate",
            "revoked": "Taken back: do not rely on it",
        }[self.value]

    @property
    def may_be_relied_on(self) -> bool:
        """Whether the employer holds the level on that day."""
        return self in {Standing.CURRENT, Standing.UNDER_REVIEW}

    @property
    def is_withdrawn(self) -> bool:
        """Whether what was made out for the award is no longer given out: its last day to come would mislead."""
        return self in {Standing.REVOKED, Standing.SUPERSEDED, Standing.SUSPENDED}


@dataclass(frozen=True)
class Verification:
    """What anyone may know about an award, as it stands on a day."""

    standing: Standing
    code: str
    number: str
    name: str
    level: int
    level_title: str
    level_summary: str
    depth: str
    """How far the scheme checked."""
    check: str
    """How the scheme checks at this level."""
    scope: Scope
    county_title: str
    framework_version: str
    starts_on: date
    ends_on: date
    ended_on: date | None
    suspended_on: date | None
    """Since when it does not count, while it is suspended."""
    listed: UUID | None
    """The employer's id on the public register, when it is there."""
    newer: str | None
    """The code of the certificate that may be relied on now, when this one no longer may."""


def standing(award: Award, on: date) -> Standing:
    """How the award stands on the local day `on`. What somebody decided comes before what time brought."""
    if award.status is AwardStatus.REVOKED:
        return Standing.REVOKED
    if award.status is AwardStatus.SUPERSEDED:
        return Standing.SUPERSEDED
    if on < award.starts_on:
        return Standing.NOT_YET_VALID
    if on > award.ends_on:
        return Standing.EXPIRED
    if award.status is AwardStatus.SUSPENDED:
        return Standing.SUSPENDED
    return Standing.UNDER_REVIEW if award.status is AwardStatus.UNDER_REVIEW else Standing.CURRENT


def find(session: Session, code: str) -> Award | None:
    """The award with this code, with its framework and employer."""
    if not CODE.fullmatch(code):
        return None  # PostgreSQL would choke on some of what people put into an address
    query = sa.select(Award).where(Award.code == code)
    return session.scalars(query.options(joinedload(Award.framework), joinedload(Award.organisation))).one_or_none()


def look_up(session: Session, code: str, on: date) -> Verification | None:
    """What the public may know about the certificate with this code; None when there is none."""
    award = find(session, code)
    return None if award is None else verify(session, award, on)


def verify(session: Session, award: Award, on: date) -> Verification:
    """What the public may know about this award on the local day `on`."""
    found = standing(award, on)
    content = award.framework.content
    level = content.level(award.level)
    assert level is not None
    held = award if found.may_be_relied_on else held_on(session, award.organisation, on)
    return Verification(
        standing=found,
        code=award.code,
        number=award.number,
        name=award.name,
        level=award.level,
        level_title=level.title,
        level_summary=level.summary,
        depth=level.depth,
        check=level.check,
        scope=award.scope,
        county_title=content.county_title(award.county),
        framework_version=content.meta.version,
        starts_on=award.starts_on,
        ends_on=award.ends_on,
        ended_on=award.ended_on,
        suspended_on=award.suspensions[-1].from_on if found is Standing.SUSPENDED and award.suspensions else None,
        listed=award.organisation_id if award.organisation.listed and held is not None else None,
        newer=held.code if held is not None and held is not award else None,
    )


def held_on(session: Session, organisation: Organisation, on: date) -> Award | None:
    """The award the employer may be relied on to hold that day, if it holds one."""
    query = (
        sa.select(Award)
        .where(Award.organisation_id == organisation.id, *valid_on(on))
        .order_by(Award.level.desc(), Award.starts_on.desc(), Award.id.desc())
        .limit(1)
    )
    return session.scalars(query.options(joinedload(Award.framework))).first()


def valid_on(on: date) -> tuple[sa.ColumnElement[bool], ...]:
    """`Award.is_valid_on` as conditions of a query."""
    return _valid(Award, on)


def _valid(award: Any, on: date) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        award.starts_on <= on,
        award.ends_on >= on,
        sa.or_(award.ended_on.is_(None), award.ended_on > on),
        sa.or_(sa.not_(award.ever_suspended), ~suspended_on(on, award)),
    )


def suspended_on(on: date, award: Any = Award) -> sa.Exists:
    """For a query with the award: whether it was suspended that day."""
    one = aliased(Suspension)  # of its own, so that a query may have several
    return (
        sa.select(one.id)
        .where(one.award_id == award.id, one.from_on <= on, sa.or_(one.to_on.is_(None), one.to_on > on))
        .correlate(award)
        .exists()
    )


def counts_on(on: date) -> tuple[sa.ColumnElement[bool], ...]:
    """As `valid_on`, with one award of an employer that may hold several: the highest, of two alike the newest.

    Only employers that were here twice and were merged hold several; all others are not looked up.
    """
    other = aliased(Award)
    comes_before = sa.or_(
        other.level > Award.level,
        sa.and_(
            other.level == Award.level,
            sa.or_(
                other.starts_on > Award.starts_on,
                sa.and_(other.starts_on == Award.starts_on, other.id > Award.id),
            ),
        ),
    )
    better = sa.select(other.id).where(
        other.organisation_id == Award.organisation_id,
        *_valid(other, on),
        comes_before,
    )
    return *valid_on(on), sa.or_(sa.not_(Award.beside_another), ~better.correlate(Award).exists())
