"""People who come and go in the demo: one asks to join, one is asked to take over, two claim an employer."""

from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.account import people, registering
from charter.account.models import User
from charter.demo.people import ACCOUNTS, Staff, at, person
from charter.extensions import transaction
from charter.organisation import team
from charter.organisation.models import MemberRole, Membership, Organisation
from charter.succession import asking, claiming, domains, transferring
from charter.succession.models import Afterwards, Matched

DOMAIN = "lugg-and-arrow.example"
"""The domain of the employer whose owner has gone."""
ASKS, CLAIMS = 8, 9
"""Places among the accounts: who asks to join, and who claims."""


def add(staff: Staff, on: date) -> None:
    """Let people come and go by the verbs, up to the day `on`; nothing when there are too few employers."""
    with transaction() as session:
        quiet = _quiet(session, on)
        if len(quiet) < 2:
            return
        _asks_to_join(session, staff, on)
        _is_asked_to_take_over(session, staff, on)
        _claims_by_domain(session, quiet[0], staff, on)
        _claims_without(session, quiet[1], staff, on)


def _asks_to_join(session: Session, staff: Staff, on: date) -> None:
    employer = _employer_of(session, ACCOUNTS[0][1])
    nia = _arrives(session, ACCOUNTS[ASKS][1], ACCOUNTS[ASKS][2], staff, on - timedelta(days=3))
    asking.ask(
        session,
        asking.Match(employer, Matched.COMPANY if employer.company_number else Matched.CHARITY),
        message="I started as HR assistant this month. Colin Yapp told me that we do this.",
        by=nia,
        at=at(on - timedelta(days=3), 11),
    )


def _is_asked_to_take_over(session: Session, staff: Staff, on: date) -> None:
    employer = _employer_of(session, ACCOUNTS[2][1])
    wanda = session.scalars(sa.select(User).where(User.email == ACCOUNTS[2][1])).one()
    tomos = _arrives(session, "tomos.lloyd@example.org", "Tomos Lloyd", staff, on - timedelta(days=90))
    _joins(session, employer, tomos, wanda, on - timedelta(days=90))
    transferring.offer(
        session,
        employer,
        to=tomos.email,
        afterwards=Afterwards.STAYS,
        by=wanda,
        at=at(on - timedelta(days=2), 15),
    )


def _claims_by_domain(session: Session, employer: Organisation, staff: Staff, on: date) -> None:
    """The owner named the domain and left, and their account was closed; a new colleague claims the employer."""
    owner = _owner(session, employer)
    first = on - timedelta(days=40)
    moved = registering.ask_to_change_email(session, owner, email=f"office@{DOMAIN}", at=at(first))
    assert moved.token is not None, "nobody has this address yet"
    session.flush()  # the link is looked up again
    registering.confirm(session, moved.token, at=at(first))
    domains.add(session, employer, by=owner, at=at(first, 11))
    cerys = _arrives(session, f"cerys.watkins@{DOMAIN}", "Cerys Watkins", staff, first)
    _joins(session, employer, cerys, owner, first)
    administrator = session.get_one(User, staff.administrator)
    people.disable(session, owner, by=administrator, at=at(on - timedelta(days=20)))
    iwan = _arrives(session, ACCOUNTS[CLAIMS][1], ACCOUNTS[CLAIMS][2], staff, on - timedelta(days=6))
    claiming.claim(
        session,
        employer,
        message="Our office manager retired. I do her work now.",
        by=iwan,
        at=at(on - timedelta(days=5), 9),
    )


def _claims_without(session: Session, employer: Organisation, staff: Staff, on: date) -> None:
    """The owner has not been seen for long, and nobody can prove by an address where they work: the scheme decides."""
    owner = _owner(session, employer)
    since = on - timedelta(days=100)
    elin = _arrives(session, "elin.rowlands@example.org", "Elin Rowlands", staff, since)
    _joins(session, employer, elin, owner, since)
    claiming.claim(
        session,
        employer,
        message="I have been the supervisor here since 2019. You can call the office and ask for me.",
        by=elin,
        at=at(on - timedelta(days=16), 14),
    )


def _quiet(session: Session, on: date) -> list[Organisation]:
    """Employers that did nothing for months, whose owners nobody signs in as, the longest here first."""
    shown = {email for _, email, _ in ACCOUNTS}
    return [
        one
        for one in session.scalars(
            sa.select(Organisation)
            .where(Organisation.registered_at < at(on - timedelta(days=120)))
            .order_by(Organisation.registered_at.desc(), Organisation.name)
        )
        if _owner(session, one).email not in shown
    ][:2]


def _owner(session: Session, employer: Organisation) -> User:
    return session.scalars(
        sa.select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organisation_id == employer.id, Membership.role == MemberRole.OWNER)
        .order_by(User.id)
        .limit(1)
    ).one()


def _employer_of(session: Session, email: str) -> Organisation:
    return session.scalars(
        sa.select(Organisation)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .join(User, User.id == Membership.user_id)
        .where(User.email == email)
    ).one()


def _arrives(session: Session, email: str, name: str, staff: Staff, day: date) -> User:
    user = person(email, name, staff.password_hash, at(day, 8))
    session.add(user)
    session.flush()  # for its id
    return user


def _joins(session: Session, employer: Organisation, user: User, by: User, day: date) -> None:
    _, token = team.invite(session, employer, email=user.email, role=MemberRole.CONTRIBUTOR, by=by, at=at(day, 9))
    assert token is not None, "the first invitation to this address"
    session.flush()  # the invitation is looked up again
    team.accept(session, token=token, by=user, at=at(day, 10))
