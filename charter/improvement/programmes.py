"""The directory of services: find a programme, and say which ones help with what."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.framework.content import Criterion
from charter.improvement.models import Programme, ProgrammeStatus


def helping(
    session: Session, *, criteria: Iterable[Criterion], county: str, headcount_ceiling: int | None
) -> dict[str, tuple[Programme, ...]]:
    """The open programmes that help with each of `criteria`, by its code, best first; a criterion has none at worst.

    They are those an employer in `county` with at most `headcount_ceiling` people (None when unlimited or unknown) may
    use. A programme that names criteria helps with these alone, and comes before one that helps with a whole theme;
    among equals one of the county comes first, then one that helps with fewer themes. One query.
    """
    suiting = [one for one in _open(session, county) if one.suits(fewest=None, most=headcount_ceiling)]
    suiting.sort(key=lambda one: (not one.criteria, one.county is None, len(one.themes), one.name, one.code))
    return {
        criterion.code: tuple(one for one in suiting if helps(one, criterion.code, criterion.theme))
        for criterion in criteria
    }


def helps(programme: Programme, criterion: str, theme: str) -> bool:
    """Whether a programme helps with the criterion with this code, which is in the theme with that code."""
    return criterion in programme.criteria if programme.criteria else theme in programme.themes


def _open(session: Session, county: str = "") -> Sequence[Programme]:
    """What the directory shows, by name: in one county, or anywhere."""
    query = sa.select(Programme).where(Programme.status == ProgrammeStatus.OPEN)
    if county:
        query = query.where(sa.or_(Programme.county.is_(None), Programme.county == county))
    return session.scalars(query.order_by(Programme.name, Programme.code)).all()
