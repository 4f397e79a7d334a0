"""Teams in the demo: who shares out an assessment, what colleagues say about it, and one who has left."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment import comments, progress, queries, sharing
from charter.assessment.models import Assessment
from charter.assessment.status import AssessmentStatus
from charter.demo import names
from charter.demo.people import ACCOUNTS, Staff, at, person
from charter.extensions import transaction
from charter.improvement import leaving
from charter.organisation import queries as organisations
from charter.organisation.models import MemberRole, Membership, Organisation

OTHERS = 2
"""So many other employers with a draft share theirs out too."""
TALK = (
    (1, "I have put what we do now. Is the sheet on the canteen wall still the newest one?"),
    (0, "No, there is a newer one from October. I will ask for the file and add it here."),
    (2, "I have it. It is in the shared folder under “Staff”, the one with the green front page."),
    (0, "Thank you, found it. I will add it this week."),
)
"""Who says what on the first criterion that is not whole: by their place in the team, the owner first."""
ALSO_SAID = (2, "Shall we say when the night shift hears of this? They do not come to the Monday meeting.")
LEFT_SAID = "I wrote this down before my last day. Somebody should check it in the new year."


def add(staff: Staff, *, seed: int, on: date) -> None:
    """Let the demo's first employer work as a team of four, one of whom has left since, and a few others as pairs."""
    random = Random(seed)  # noqa: S311 - nothing secret is drawn from it
    with transaction() as session:
        owner = session.scalars(sa.select(User).where(User.email == ACCOUNTS[0][1])).first()
        draft = _draft_of(session, owner) if owner is not None else None
        if owner is not None and draft is not None:
            _work_as_a_team(session, draft, owner, staff, random, on)
    with transaction() as session:
        drafts = session.scalars(
            sa.select(Assessment)
            .join(Organisation, Organisation.id == Assessment.organisation_id)
            .where(Assessment.status == AssessmentStatus.DRAFT, Assessment.target_level == 1)
            .order_by(Organisation.registered_at, Organisation.name)
            .limit(OTHERS)
        ).all()
        for place, draft in enumerate(drafts):
            queries.with_its_own(session, draft)
            [part, *_] = organisations.team(session, draft.organisation)
            helper = _joins(session, draft.organisation, f"helper{place}@example.org", staff, random, on)
            _give(session, draft, dict.fromkeys(sharing.tasks(draft)[1::2], helper), by=part.user, on=on)


def _draft_of(session: Session, user: User) -> Assessment | None:
    mine = sa.select(Membership.organisation_id).where(Membership.user_id == user.id)
    return session.scalars(
        sa.select(Assessment).where(Assessment.organisation_id.in_(mine), Assessment.status == AssessmentStatus.DRAFT)
    ).first()


def _work_as_a_team(session: Session, draft: Assessment, owner: User, staff: Staff, random: Random, on: date) -> None:
    contributor = session.scalars(sa.select(User).where(User.email == ACCOUNTS[1][1])).one()
    third = _joins(session, draft.organisation, "third.colleague@example.org", staff, random, on)
    leaver = _joins(session, draft.organisation, "left.colleague@example.org", staff, random, on)
    team = (owner, contributor, third)
    found = progress.progress(queries.material(session, draft), on=on)
    tasks = sharing.tasks(draft)
    to_do = [gap.code if gap.kind == "criterion" else f"page:{gap.kind}" for gap in found.gaps]
    shares = {task: team[place % 3] for place, task in enumerate(tasks) if place % 4}
    shares |= {task: team[place % 2 + 1] for place, task in enumerate(to_do)}
    last = next(task for task in reversed(tasks) if task not in sharing.PAGES)
    _give(session, draft, shares | {last: leaver}, by=owner, on=on - timedelta(days=3))
    first = next((task for task in to_do if task not in sharing.PAGES), tasks[0])
    _say(session, draft, first, [(team[place], text) for place, text in TALK], on=on - timedelta(days=2))
    _say(session, draft, tasks[1], [(team[ALSO_SAID[0]], ALSO_SAID[1])], on=on - timedelta(days=1))
    _say(session, draft, last, [(leaver, LEFT_SAID)], on=on - timedelta(days=2))
    leaving.leave(session, draft.organisation, person_id=leaver.id, by=leaver, at=at(on - timedelta(days=1), 16))


def _joins(session: Session, organisation: Organisation, email: str, staff: Staff, random: Random, on: date) -> User:
    """A colleague who joined ten days ago."""
    moment = at(on - timedelta(days=10))
    user = person(email, names.person(random), staff.password_hash, moment)
    session.add(user)
    session.flush()  # for its id
    session.add(
        Membership(organisation_id=organisation.id, user_id=user.id, role=MemberRole.CONTRIBUTOR, joined_at=moment)
    )
    session.flush()  # so that the team has them
    return user


def _give(session: Session, draft: Assessment, shares: dict[str, User], *, by: User, on: date) -> None:
    wanted = {task: user.id for task, user in shares.items()}
    sharing.assign(session, draft, wanted=wanted, seen={}, by=by, at=at(on, 9, 20))
    session.flush()  # so that whose a task is can be asked


def _say(session: Session, draft: Assessment, task: str, talk: Sequence[tuple[User, str]], *, on: date) -> None:
    for place, (user, text) in enumerate(talk):
        moment = at(on, 10 + place, 7 * place)
        comments.add(session, draft, criterion=task, text=text, sent_as=str(place), by=user, at=moment)
