"""The directory of services in the demo: checked by an administrator, but for some, and asked for by employers."""

from datetime import date, timedelta
from random import Random

import sqlalchemy as sa

from charter.account.models import User
from charter.demo.people import Staff, at
from charter.extensions import transaction
from charter.framework import publishing
from charter.improvement import programmes, taking_up
from charter.improvement.models import Programme
from charter.organisation.models import MemberRole, Membership, Organisation

ASKED = 24
"""How many requests employers have made."""
EVERY = 5
"""One programme in so many has not been checked in time."""
MESSAGES = (
    "We have two people off sick for a long time. What can you do for a firm of our size?",
    "Could you come and talk to our managers? Mornings are best.",
    "",
    "We would like to know what it costs and how soon it can start.",
)


def open_directory(staff: Staff, on: date) -> None:
    """Load the table half a year before `on`; since then an administrator checked most of it and named contacts."""
    loaded, checked = on - timedelta(days=200), on - timedelta(days=60)
    with transaction() as session:
        programmes.load(session, by=None, at=at(loaded), on=loaded)
    with transaction() as session:
        administrator = session.get_one(User, staff.administrator)
        for number, one in enumerate(session.scalars(sa.select(Programme).order_by(Programme.code))):
            if number % EVERY:
                programmes.confirm(
                    session,
                    one,
                    review_by=checked + timedelta(days=365),
                    seen_version=one.version,
                    by=administrator,
                    at=at(checked, 14),
                    on=checked,
                )
                one.contact_email = f"{one.code}@example.org"


def ask(on: date, random: Random, scheme_email: str) -> None:
    """Some employers asked for something that fits them in the fortnight before `on`."""
    with transaction() as session:
        content = publishing.current(session).content
        owners = session.execute(
            sa.select(Organisation, User)
            .join(Membership, Membership.organisation_id == Organisation.id)
            .join(User, User.id == Membership.user_id)
            .where(Membership.role == MemberRole.OWNER, Organisation.registered_at < at(on - timedelta(days=14)))
            .order_by(Organisation.registered_at, Organisation.name)
        ).all()
        for organisation, user in random.sample(owners, min(ASKED, len(owners))):
            fitting = programmes.search(
                session,
                programmes.Search(county=organisation.county, size=content.size_band(organisation.size_band)),
                content,
            )
            day = on - timedelta(days=random.randint(1, 13))
            taking_up.ask(
                session,
                organisation,
                random.choice(fitting),
                message=random.choice(MESSAGES),
                content=content,
                scheme_email=scheme_email,
                by=user,
                at=at(day, random.randint(9, 16)),
                on=day,
            )
