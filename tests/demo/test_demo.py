"""The demo has something to show on every page, and the same in bulk."""

import re
from collections import deque
from collections.abc import Iterator
from datetime import date
from html import unescape
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.routing.exceptions import RequestRedirect

from charter import audit, demo
from charter.account.models import User
from charter.assessment import metrics
from charter.assessment.models import (
    Assessment,
    Evidence,
    EvidenceKind,
    MetricReturn,
    SignOff,
    SignOffStatus,
    Submission,
)
from charter.assessment.snapshot import digest
from charter.assessment.status import AssessmentStatus
from charter.assessment.teamwork import Assignment, Comment
from charter.award.models import Award, Counter
from charter.award.status import AwardStatus
from charter.demo import second_looks
from charter.demo.stories import plan
from charter.extensions import db
from charter.merging import duplicates
from charter.organisation.models import Membership, Organisation
from charter.panel import queries as panel
from charter.panel.models import Item, Meeting
from charter.panel.status import MeetingStatus, Outcome
from charter.review.models import Review
from charter.review.status import ReviewStatus
from charter.storage import Store, open_store
from charter.survey import results
from charter.survey.models import Survey, SurveyStatus
from tests.conftest import browser, empty_tables

ON = date(2026, 11, 22)


def values(session: Session, column: object) -> set[object]:
    return set(session.scalars(sa.select(column)))  # type: ignore[call-overload]


pytestmark = pytest.mark.xdist_group("demo")  # one worker makes it


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return open_store(str(tmp_path_factory.mktemp("evidence")))


@pytest.fixture(scope="module")
def filled(_built: Flask, _engine: sa.Engine, store: Store) -> Iterator[Session]:
    """The demo, made once on each database for all of these tests: they only read."""
    empty_tables(_engine)
    before = dict(_built.extensions)
    _built.extensions["charter_store"] = store
    with _built.app_context():
        demo.fill(employers=66, seed=1, on=ON, say=lambda line: None)
        yield db.session
    _built.extensions.clear()  # also what pages remembered of the demo
    _built.extensions.update(before)


def test_the_demo_shows_every_state_in_both_counties(filled: Session) -> None:
    assert len(plan()) == demo.BY_VERBS == 60
    assert filled.scalar(sa.select(sa.func.count()).select_from(Organisation)) == 66 + len(second_looks.STORIES)
    assert values(filled, Organisation.county) == {"herefordshire", "worcestershire"}
    assert values(filled, Assessment.status) == set(AssessmentStatus)
    assert values(filled, Review.status) >= set(ReviewStatus) - {ReviewStatus.CLOSED}
    assert values(filled, Award.status) == set(AwardStatus)
    assert values(filled, Award.level) == {1, 2, 3}
    assert any(not award.is_valid_on(ON) and award.ended_on is None for award in filled.scalars(sa.select(Award)))
    assert audit.verify(filled).sound


def test_the_panel_has_met_twice_meets_again_and_a_case_waits_for_it(filled: Session) -> None:
    meetings = filled.scalars(sa.select(Meeting).order_by(Meeting.meets_on)).all()
    assert [one.status for one in meetings] == [MeetingStatus.MINUTED, MeetingStatus.MINUTED, MeetingStatus.PLANNED]
    assert values(filled, Item.outcome) == {*Outcome, None} - {Outcome.SENT_BACK}
    assert panel.glance(filled, on=ON).on_no_agenda == 1


def test_somebody_has_two_employers_a_director_is_asked_and_an_employer_is_here_twice(filled: Session) -> None:
    tilda = filled.scalars(sa.select(User).where(User.email == "tilda.two@example.org")).one()
    assert len(tilda.memberships) == 2
    assert values(filled, SignOff.status) == {SignOffStatus.WAITING}
    assert any("name" in pair.reasons for pair in duplicates.waiting(filled))


def test_its_evidence_is_real_files_of_every_kind(filled: Session, store: Store) -> None:
    files = filled.scalars(sa.select(Evidence).where(Evidence.kind == EvidenceKind.FILE)).all()
    assert len({file.media_type for file in files}) == 6
    removed = {file.sha256 for file in files if file.is_gone}  # for privacy, or for a virus: its content is gone
    assert all(store.size(file.sha256) == file.size for file in files if file.sha256 not in removed)
    assert not any(store.exists(sha256) for sha256 in removed)


def test_rows_in_bulk_are_numbered_on_and_their_snapshots_hold(filled: Session) -> None:
    numbers = sorted(filled.scalars(sa.select(Award.number)))
    assert len(numbers) == len(set(numbers))
    for counter in filled.scalars(sa.select(Counter)):
        series = [number for number in numbers if number.startswith(f"{counter.series}-")]
        assert [int(number.split("-")[-2]) for number in series] == list(range(1, counter.last + 1))
    for submission in filled.scalars(sa.select(Submission)):
        assert digest(submission.snapshot) == submission.snapshot_hash


def test_its_figures_fit_the_employer_they_are_of(filled: Session) -> None:
    bands: dict[str, int] = {}
    for returned in filled.scalars(sa.select(MetricReturn)):
        assessment = filled.get_one(Assessment, returned.assessment_id)
        content = assessment.framework.content
        numbers = metrics.parse(content, returned.inputs).numbers
        people = numbers[content.headcount_field]
        band = content.size_band(assessment.organisation.size_band)
        assert band is not None
        assert band.min <= people <= (band.max or people)
        for metric in content.metrics_for(assessment.target_level):
            if metric.max == 100 and len(metric.inputs) > 1:
                whole = metric.inputs[1]
                if whole.name in numbers and whole.max_field == content.headcount_field:
                    assert numbers[whole.name] * 10 >= people * 9 - 5, f"{people} people, and {numbers} of {whole.name}"
        assert not metrics.check(content, returned.inputs)
        bands[band.code] = bands.get(band.code, 0) + 1
    assert len(bands) > 1


def test_one_staff_survey_is_open_and_one_has_results(filled: Session) -> None:
    found = {survey.status: results.results(survey) for survey in filled.scalars(sa.select(Survey))}
    assert found[SurveyStatus.OPEN] is None
    assert found[SurveyStatus.CLOSED] is not None


def test_a_team_shares_its_assessment_out_talks_about_it_and_one_has_left(filled: Session) -> None:
    shared = filled.scalars(sa.select(Assignment)).all()
    assert len({one.person_id for one in shared if one.assessment_id == shared[0].assessment_id}) == 3
    authors = set(filled.scalars(sa.select(Comment.author_id)))
    members = set(filled.scalars(sa.select(Membership.user_id)))
    assert len(authors - members) == 1
    assert {one.person_id for one in shared} <= members


# The titles of pages, by which tabs, bookmarks and screen readers tell them apart -----------------------------------


@pytest.fixture
def site(_built: Flask, filled: Session) -> Flask:
    """The application, on the demo (`app` would begin with empty tables)."""
    return _built


def titles(app: Flask, session: Session, who: str) -> dict[str, str]:
    """The title of one page of each kind that links lead this person to, by the name of its route."""
    client = browser(app)
    if who:
        client.sign_in(session.scalars(sa.select(User).where(User.email.startswith(f"{who}@"))).one())
    routes = app.url_map.bind("localhost")
    found: dict[str, str] = {}
    tried: dict[str, int] = {}
    waiting = deque(["/", "/dashboard", "/sign-in", "/sign-up", "/admin/", "/board"])
    while waiting:
        address = waiting.popleft()
        path = urlsplit(address).path
        try:
            endpoint, _ = routes.match(path, method="GET")
        except (NotFound, RequestRedirect):
            continue
        if endpoint in found or tried.get(endpoint, 0) > 3 or re.search(r"\.[a-z]+$|/download$|/sign-out$", path):
            continue
        tried[endpoint] = tried.get(endpoint, 0) + 1
        answer = FlaskClient.open(client, address, buffered=True)  # other tests read the whole page
        if answer.status_code in {302, 303}:
            waiting.append(urlsplit(answer.location).path)
        if answer.status_code != 200 or not answer.content_type.startswith("text/html"):
            continue
        shown = re.search(r"<title>(.*?)</title>", answer.text, re.DOTALL)
        assert shown, endpoint
        found[endpoint] = unescape(shown[1])
        waiting += [unescape(link) for link in re.findall(r'<a [^>]*href="(/[^"#]*)', answer.text)]
    return found


@pytest.mark.parametrize(
    ("who", "least"),
    [
        *(("", 15), ("olive.owner", 60), ("colin.colleague", 40), ("wanda.winner", 40), ("tilda.two", 40)),
        *(("nia.newcomer", 15), ("asha.assessor", 30), ("bea.board", 15), ("ada.admin", 50)),
    ],
)
def test_a_title_says_each_thing_once_and_no_other_page_has_it(
    site: Flask, filled: Session, who: str, least: int
) -> None:
    """It is the page, then where it stands or whose it is if need be, then the service."""
    found = titles(site, filled, who)
    assert len(found) >= least
    for endpoint, title in found.items():
        parts = title.casefold().split(" – ")
        assert len(parts) in {2, 3}, (endpoint, title)
        for place, part in enumerate(parts):
            others = " – ".join([*parts[:place], *parts[place + 1 :]])
            assert part == "staff" or part not in others, (endpoint, title)
    same = {title: [one for one in found if found[one] == title] for title in found.values()}
    assert {title: pages for title, pages in same.items() if len(pages) > 1} == {}
