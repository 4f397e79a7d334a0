"""Run a staff survey: open it, make its codes, close it. What is past its time is closed and forgotten by the day."""

from datetime import date, datetime, timedelta
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from charter import audit
from charter.account.models import User
from charter.clock import local_date
from charter.errors import Refusal
from charter.framework.content import StaffSurvey
from charter.framework.models import Framework
from charter.notification import emails
from charter.organisation import queries as organisations
from charter.organisation.models import Organisation
from charter.survey import codes
from charter.survey.models import CLOSE, Ballot, Survey, SurveyStatus

MOST_PEOPLE = 5_000
LONGEST = timedelta(days=92)
REST = timedelta(days=90)
"""Between one survey with results and the next. Two close together, with one person more or less, would give that
person's answers away."""
CODES_KEPT = timedelta(days=90)
"""After a survey closed: who comes late is told that it is over. Then the codes are removed."""
TITLE_LIMIT = 120


def questions(framework: Framework) -> StaffSurvey:
    """What a version of the charter asks staff. Raises Refusal when it has no survey."""
    found = framework.content.survey
    if found is None:
        raise Refusal("This version of the charter has no staff survey.")
    return found


def too_small(organisation: Organisation, framework: Framework) -> bool:
    """Whether the employer has, by its details, fewer people than results are shown from."""
    band = framework.content.size_band(organisation.size_band)
    return band is not None and band.max is not None and band.max < questions(framework).min_answers


def next_from(session: Session, organisation: Organisation) -> date | None:
    """The first day on which the employer may open its next survey; None when it may at any time."""
    last = session.scalars(
        sa.select(Survey)
        .where(Survey.organisation_id == organisation.id, Survey.status == SurveyStatus.CLOSED)
        .order_by(Survey.closed_at.desc(), Survey.id.desc())
        .limit(20)
    )
    shown = [local_date(survey.closed_at) for survey in last if survey.sums and survey.closed_at]
    return max(shown) + REST if shown else None


def start(
    session: Session,
    organisation: Organisation,
    framework: Framework,
    *,
    title: str,
    people: int,
    closes_on: date,
    by: User,
    at: datetime,
    on: date,
) -> Survey:
    """Open a survey of `people` people until the end of `closes_on`.

    Raises Refusal, on the field it is about, when fewer people are asked than an answer is shown for, or more than an
    employer of its size has, when the day is past or far off, when another survey is open, or when the last one with
    results is too near.
    """
    title = " ".join(title.split())
    # The employer's row is locked, so that of two who press the button at once the second finds what the first did.
    session.execute(sa.select(Organisation.id).where(Organisation.id == organisation.id).with_for_update())
    check(session, organisation, framework, title=title, people=people, closes_on=closes_on, on=on)
    survey = Survey(
        id=uuid7(),
        organisation_id=organisation.id,
        framework_id=framework.id,
        title=title,
        people=people,
        opens_on=on,
        closes_on=closes_on,
        status=SurveyStatus.OPEN,
        created_at=at,
        created_by_id=by.id,
        closed_at=None,
        codes_made_at=None,
        answers=0,
        sums={},
    )
    session.add(survey)
    audit.record(session, "survey:open", survey, by=by.id, at=at, people=people, closes_on=closes_on.isoformat())
    return survey


def check(
    session: Session,
    organisation: Organisation,
    framework: Framework,
    *,
    title: str,
    people: int,
    closes_on: date,
    on: date,
) -> None:
    """Raises Refusal as `start` does when such a survey cannot be opened now; changes nothing."""
    asked = questions(framework)
    title = " ".join(title.split())
    if not title or len(title) > TITLE_LIMIT:
        raise Refusal(f"Give the survey a name of {TITLE_LIMIT} characters or fewer.", field="title")
    if people < asked.min_answers:
        raise Refusal(
            f"You need at least {asked.min_answers} people. With fewer, somebody could tell who said what. "
            "Ask your staff in another way, such as a talk with each of them.",
            field="people",
        )
    if people > MOST_PEOPLE:
        raise Refusal(f"One survey can ask {MOST_PEOPLE:,} people at most.", field="people")
    band = framework.content.size_band(organisation.size_band)
    if band is not None and band.max is not None and people > band.max:
        # Codes that belong to nobody could be used up by the employer, until what one person said is what is left.
        raise Refusal(
            f"Your details say: {band.title}. Ask no more people than work for you. "
            "If you have grown, change your details first.",
            field="people",
        )
    if not on <= closes_on <= on + LONGEST:
        raise Refusal("The last day must be today or later, and within three months.", field="closes_on")
    is_open = sa.select(Survey.id).where(Survey.organisation_id == organisation.id, Survey.status == SurveyStatus.OPEN)
    if session.scalars(is_open).first() is not None:
        raise Refusal("You have a survey open already. Close it before you open another.")
    first = next_from(session, organisation)
    if first is not None and on < first:
        raise Refusal(
            "Wait three months after one survey before you ask again. Results that are close together could give away "
            "what somebody said who joined or left in between."
        )


def make_codes(session: Session, survey: Survey, *, by: User, at: datetime, again: bool = False) -> tuple[str, ...]:
    """The codes, one for each person asked. They are returned here and never again.

    With `again`, codes made before stop working; without, there must be none yet. Raises Refusal when there are (on
    "again"), when the survey is closed, or when somebody has answered: that person could then answer twice.
    """
    session.refresh(survey, with_for_update={"of": Survey})
    if survey.status is not SurveyStatus.OPEN:
        raise Refusal("This survey is closed.")
    # In this order: a press of the button that changes nothing must not say whether the first answer is in.
    if survey.codes_made_at is not None and not again:
        raise Refusal("You have made the codes already. Say whether you want new ones.", field="again")
    if survey.answers:
        raise Refusal("Somebody has answered, so the slips you have must stay as they are.")
    session.execute(sa.delete(Ballot).where(Ballot.survey_id == survey.id))
    made = tuple(codes.new() for _ in range(survey.people))
    # In the order of their hashes and with random keys: the rows do not say which slip stood where.
    session.execute(
        sa.insert(Ballot),
        [
            {"id": uuid4(), "survey_id": survey.id, "token_hash": digest, "used": False}
            for digest in sorted(map(codes.hashed, made))
        ],
    )
    survey.codes_made_at = at
    audit.record(session, "survey:codes", survey, by=by.id, at=at, people=survey.people)
    return made


def close(session: Session, survey: Survey, *, by: User | None, at: datetime) -> None:
    """Let nobody answer any more. Sums of fewer answers than may be shown are dropped for good.

    Raises Refusal when it is closed already.
    """
    session.refresh(survey, with_for_update={"of": Survey})
    survey.move(CLOSE)
    survey.closed_at = at
    enough = survey.answers >= questions(survey.framework).min_answers
    if not enough:
        survey.sums = {}
    audit.record(session, "survey:close", survey, by=by.id if by else None, at=at, enough=enough)


def close_due(session: Session, on: date, at: datetime) -> int:
    """Close the surveys whose last day is past, tell their owners, and say how many. A job of the day."""
    due = session.scalars(
        sa.select(Survey)
        .where(Survey.status == SurveyStatus.OPEN, Survey.closes_on < on)
        .order_by(Survey.id)
        .with_for_update(of=Survey)
    ).all()
    owners = organisations.owners(session, {survey.organisation_id for survey in due})
    for survey in due:
        close(session, survey, by=None, at=at)
        emails.survey_closed(
            session,
            to=owners.get(survey.organisation_id, ()),
            organisation_name=survey.organisation.name,
            survey_title=survey.title,
            enough=bool(survey.sums),
            survey_path=f"/organisations/{survey.organisation_id}/surveys/{survey.id}",
            event_key=f"survey-closed:{survey.id}",
            at=at,
        )
    return len(due)


def forget_codes(session: Session, on: date, at: datetime) -> int:
    """Remove the codes of surveys that closed long ago, and say how many. A job of the day."""
    old = sa.select(Survey.id).where(Survey.status == SurveyStatus.CLOSED, Survey.closed_at < at - CODES_KEPT)
    gone = sa.delete(Ballot).where(Ballot.survey_id.in_(old)).returning(Ballot.id)
    return len(session.execute(gone.execution_options(synchronize_session=False)).all())
