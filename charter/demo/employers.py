"""In the demo: somebody with two employers, a director who is asked to approve, and an employer that is here twice."""

from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment import progress, queries, sign_off
from charter.assessment.models import Assessment
from charter.assessment.status import EDITABLE, AssessmentStatus
from charter.award.models import Award
from charter.clock import local_date, now
from charter.demo.people import ACCOUNTS, Staff, at, person
from charter.extensions import db, transaction
from charter.merging import duplicates
from charter.notification import emails
from charter.organisation import choosing, joining, team
from charter.organisation import queries as organisations
from charter.organisation.models import MemberRole, Membership, Organisation

DIRECTOR = ("Dee Lacey", "Director", "dee.lacey@example.org")


def add(staff: Staff, *, on: date) -> None:
    """Make them by the verbs, up to the day `on`. In a demo of few employers some have nobody to be about."""
    with transaction() as session:
        _ask_a_director(session, on)
    with transaction() as session:
        _belong_to_two(session, staff, on)
    with transaction() as session:
        _register_again(session, on)
    found = duplicates.find(db.session)
    with transaction() as session:
        duplicates.keep(session, found, at=now())


def _ask_a_director(session: Session, on: date) -> None:
    """The first employer whose answers are all there asks its director to approve them."""
    complete = (
        one
        for one in session.scalars(sa.select(Assessment).where(Assessment.status.in_(EDITABLE)).order_by(Assessment.id))
        if not progress.progress(queries.material(session, one), on=on).gaps
    )
    assessment = next(complete, None)
    if assessment is None:
        return
    owner = organisations.owners(session, [assessment.organisation_id])[assessment.organisation_id][0]
    name, role, email = DIRECTOR
    moment = at(on - timedelta(days=2))
    asked, token = sign_off.ask(session, assessment, name=name, role=role, email=email, by=owner, at=moment, on=on)
    assert token is not None
    emails.sign_off_asked(
        session,
        to=email,
        organisation_name=assessment.organisation.name,
        asked_by=owner.name,
        level_title=assessment.framework.content.level_title(assessment.target_level),
        token=token,
        expires_on=local_date(asked.expires_at),
        again=False,
        event_key=f"sign-off:{asked.token_hash}",
        at=moment,
    )


def _belong_to_two(session: Session, staff: Staff, on: date) -> None:
    """A consultant is an owner of one employer that holds an award, and of one that is still answering."""
    _, email, name = ACCOUNTS[-1]
    known = sa.select(Membership.organisation_id).join(User).where(User.email.in_([one for _, one, _ in ACCOUNTS]))
    led = sa.select(Membership.organisation_id).join(User).where(Membership.role == MemberRole.OWNER, User.can_sign_in)
    others = (
        sa.select(Organisation)
        .where(Organisation.id.not_in(known), Organisation.id.in_(led))
        .order_by(Organisation.id)
        .limit(1)
    )
    drafts = sa.select(Assessment.organisation_id).where(Assessment.status == AssessmentStatus.DRAFT)
    held = sa.select(Award.organisation_id).where(Award.ends_on > on, Award.ended_on.is_(None))
    mine = [
        session.scalars(others.where(Organisation.id.in_(held), Organisation.id.not_in(drafts))).first(),
        session.scalars(others.where(Organisation.id.in_(drafts))).first(),
    ]
    consultant = person(email, name, staff.password_hash, at(on - timedelta(days=40)))
    session.add(consultant)
    session.flush()  # for her id
    for days, employer in enumerate(mine, 20):
        if employer is not None:
            owner = organisations.owners(session, [employer.id])[employer.id][0]
            moment = at(on - timedelta(days=days))
            _, token = team.invite(session, employer, email=email, role=MemberRole.OWNER, by=owner, at=moment)
            assert token is not None
            team.accept(session, token=token, by=consultant, at=moment)
            session.flush()  # so that she can turn to it
            choosing.turn_to(session, employer.id, by=consultant, at=at(on - timedelta(days=days), 15))


def _register_again(session: Session, on: date) -> None:
    """An employer that only registered turns out to be one that was here: the name is the same but for how it is
    written."""
    award = session.scalars(
        sa.select(Award).where(Award.ends_on > on, Award.ended_on.is_(None)).order_by(Award.starts_on, Award.id)
    ).first()
    began = sa.select(Assessment.organisation_id)
    again = session.scalars(
        sa.select(Organisation)
        .where(Organisation.id.not_in(began))
        .order_by(Organisation.registered_at.desc(), Organisation.id)
    ).first()
    if award is None or again is None:
        return
    first = award.organisation
    owner = organisations.owners(session, [again.id])[again.id][0]
    details = joining.Details(
        name=f"{first.name.removesuffix(' Ltd')} Limited".upper(),
        county=first.county,
        district=first.district,
        size_band=first.size_band,
        sector=first.sector,
        company_number=None,
        charity_number=None,
        website="https://www.made-up-employer.example",
        about=again.about,
        scope=again.scope,
        listed=again.listed,
    )
    joining.change(session, again, details, version=again.version, by=owner, at=at(on - timedelta(days=1)))
