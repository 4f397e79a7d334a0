"""An employer joins the scheme, says who and where it is, and keeps that up to date."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.errors import Refusal, Stale
from charter.organisation import engagement, interests
from charter.organisation.engagement import EngagementKind
from charter.organisation.models import MemberRole, Membership, Organisation, Scope, Site
from charter.organisation.numbers import charity_number, company_number, postcode

SENT_AGAIN = timedelta(hours=1)
"""For how long the same form from the same person is taken for one that was sent twice."""


@dataclass(frozen=True)
class Details:
    """What an employer says of itself. County, size band and sector are codes of the framework."""

    name: str
    county: str
    district: str | None
    size_band: str
    sector: str
    company_number: str | None
    """As it was typed, like the charity number."""
    charity_number: str | None
    website: str | None
    about: str | None
    scope: Scope
    listed: bool
    needs_sign_off: bool = False
    """Whether a senior person must approve what an assessment says before it is sent."""


@dataclass(frozen=True)
class Place:
    """A site as it is typed in."""

    name: str
    town: str
    postcode: str | None
    county: str


def register(
    session: Session,
    details: Details,
    *,
    sites: Sequence[Place],
    by: User,
    at: datetime,
    on: date,
) -> Organisation:
    """A new employer, with `by` as its first owner.

    The same form sent again gives the employer it made.
    Raises Refusal (on its field) when a number cannot be one, or another employer already has it.
    """
    made = _just_made(session, details, by=by, at=at)
    if made is not None:
        return made
    organisation = Organisation(listed=False, listed_at=None, registered_at=at)
    _describe(session, organisation, details, at=at)
    session.add(organisation)
    _flush(session)
    for place in sites:
        _add_place(session, organisation, place)
    session.add(
        Membership(organisation_id=organisation.id, user_id=by.id, role=MemberRole.OWNER, joined_at=at, chosen_at=at)
    )
    engagement.note(session, organisation, EngagementKind.REGISTERED, on=on)
    interests.bind(session, organisation, at=at)
    audit.record(
        session,
        "organisation:register",
        organisation,
        by=by.id,
        at=at,
        county=details.county,
        size_band=details.size_band,
        sector=details.sector,
        listed=details.listed,
    )
    return organisation


def change(
    session: Session,
    organisation: Organisation,
    details: Details,
    *,
    version: int,
    by: User,
    at: datetime,
) -> None:
    """Change an employer's details. `version` is the one the person saw.

    Raises Stale when somebody saved meanwhile, and Refusal (on its field) as `register` does.
    """
    session.refresh(organisation, with_for_update=True)
    if organisation.version != version:
        raise Stale(
            "Somebody else changed these details while you were typing. Check what they are now and save again.",
            current=organisation,
        )
    _describe(session, organisation, details, at=at)
    changed = sorted(attribute.key for attribute in sa.inspect(organisation).attrs if attribute.history.has_changes())
    if changed:
        audit.record(session, "organisation:change", organisation, by=by.id, at=at, fields=changed)
        _flush(session)
        interests.bind(session, organisation, at=at)


def add_site(session: Session, organisation: Organisation, place: Place, *, by: User, at: datetime) -> Site:
    """A new place where the employer's staff work; the one that is there when the same is added again.

    Raises Refusal when the postcode cannot be one.
    """
    session.execute(sa.select(Organisation.id).where(Organisation.id == organisation.id).with_for_update())
    there = session.scalars(
        sa.select(Site).where(
            Site.organisation_id == organisation.id,
            Site.name == place.name,
            Site.town == place.town,
            Site.postcode.is_not_distinct_from(postcode(place.postcode)),
            Site.county == place.county,
        )
    ).first()
    if there is not None:
        return there
    site = _add_place(session, organisation, place)
    audit.record(session, "site:add", site, by=by.id, at=at, organisation=str(organisation.id))
    return site


def remove_site(session: Session, site: Site, *, by: User, at: datetime) -> None:
    """Take a place away."""
    audit.record(session, "site:remove", site, by=by.id, at=at, organisation=str(site.organisation_id))
    session.delete(site)


def _just_made(session: Session, details: Details, *, by: User, at: datetime) -> Organisation | None:
    """The employer that `by` added a moment ago with the same form. Holds the person's row, so that of two forms in
    one moment the second sees what the first made."""
    session.execute(sa.select(User.id).where(User.id == by.id).with_for_update())
    return session.scalars(
        sa.select(Organisation)
        .join(Membership)
        .where(
            Membership.user_id == by.id,
            Membership.role == MemberRole.OWNER,
            Organisation.registered_at > at - SENT_AGAIN,
            Organisation.name == details.name,
            Organisation.county == details.county,
            Organisation.company_number.is_not_distinct_from(company_number(details.company_number)),
            Organisation.charity_number.is_not_distinct_from(charity_number(details.charity_number)),
        )
    ).first()


def number_faults(
    session: Session, *, company: str | None, charity: str | None, of: Organisation | None
) -> tuple[Refusal, ...]:
    """Everything that is wrong with the numbers typed for an employer (None: a new one), each on its field.

    For a page that shows all that is wrong at once; `register` and `change` refuse with the first of these.
    """
    faults: list[Refusal] = []
    for field, typed, read in (
        ("company_number", company, company_number),
        ("charity_number", charity, charity_number),
    ):
        try:
            _unused(session, of, field, read(typed))
        except Refusal as refusal:
            faults.append(refusal)
    return tuple(faults)


def _describe(session: Session, organisation: Organisation, details: Details, *, at: datetime) -> None:
    for fault in number_faults(
        session, company=details.company_number, charity=details.charity_number, of=organisation
    ):
        raise fault
    organisation.name = details.name
    organisation.county = details.county
    organisation.district = details.district or None
    organisation.size_band = details.size_band
    organisation.sector = details.sector
    organisation.company_number = company_number(details.company_number)
    organisation.charity_number = charity_number(details.charity_number)
    organisation.website = details.website or None
    organisation.about = details.about or None
    organisation.scope = details.scope
    organisation.needs_sign_off = details.needs_sign_off
    if details.listed != organisation.listed:
        organisation.listed = details.listed
        organisation.listed_at = at if details.listed else None


def _unused(session: Session, organisation: Organisation | None, field: str, number: str | None) -> None:
    """Refuse a number that another employer has: one employer is here once, so that its awards are too."""
    if number is None:
        return
    column = getattr(Organisation, field)
    with session.no_autoflush:
        holder = session.scalars(sa.select(Organisation.id).where(column == number)).first()
    if holder is not None and (organisation is None or holder != organisation.id):
        raise _taken(field)


def _taken(field: str) -> Refusal:
    return Refusal(
        "An employer with this number is here already. Ask to join it, or write to us: our address is at the foot of "
        "the page.",
        field=field,
    )


def _flush(session: Session) -> None:
    """Let the database settle it when two people give the same number in the same moment."""
    try:
        session.flush()
    except IntegrityError as error:
        raise _taken("charity_number" if "charity_number" in str(error.orig) else "company_number") from error


def _add_place(session: Session, organisation: Organisation, place: Place) -> Site:
    site = Site(
        organisation_id=organisation.id,
        name=place.name,
        town=place.town,
        postcode=postcode(place.postcode),
        county=place.county,
    )
    session.add(site)
    return site
