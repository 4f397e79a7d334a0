"""The board's pages: who may see them, what they say, what they cost."""

import csv
import io
from collections.abc import Callable, Iterator
from contextvars import Context
from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from charter import audit
from charter.account.models import User
from charter.extensions import db, transaction
from charter.organisation import engagement
from charter.organisation.engagement import EngagementKind
from charter.organisation.models import Organisation
from charter.reporting import returns, targets
from charter.reporting.engagement import STAGES
from charter.reporting.exports import TABLES
from charter.reporting.overview import FIGURES
from tests.conftest import AT
from tests.factories import Factory
from tests.pages import CheckedClient
from tests.reporting.history import History

TODAY = AT.date()
PAGES = ["/board", "/board/definitions", *(f"/board/{table}.csv" for table in TABLES)]

SignIn = Callable[[User], CheckedClient]


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


def add_employers(make: Factory, number: int) -> None:
    """So many employers that came all the way, half of them in each county, with ten people each."""
    with transaction() as session:
        history = History(session)
        for place in range(number):
            employer = history.employer((history.county, history.other_county)[place % 2])
            for stage in STAGES:
                history.engaged(employer, stage, TODAY - timedelta(30))
            sector = history.content.sectors[place % len(history.content.sectors)].code
            award = history.award(employer, TODAY - timedelta(30), level=place % 3 + 1, headcount=10, sector=sector)
            audit.record(session, "award:issue", award, by=None, at=AT)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("person", "status"),
    [("board_member", 200), ("moderator", 200), ("administrator", 200), ("assessor", 403), ("owner", 403)],
)
def test_the_board_moderators_and_administrators_see_the_figures(
    request: pytest.FixtureRequest, sign_in: SignIn, person: str, status: int, page: str
) -> None:
    assert sign_in(request.getfixturevalue(person)).get(page).status_code == status


@pytest.mark.parametrize("page", PAGES)
def test_nobody_else_is_asked_to_sign_in(client: CheckedClient, page: str) -> None:
    response = client.get(page)
    assert (response.status_code, response.location) == (303, "/sign-in")


def test_the_answer_comes_first_in_words(make: Factory, sign_in: SignIn, board_member: User) -> None:
    add_employers(make, 3)
    with transaction() as session:
        history = History(session)
        history.award(history.employer(), TODAY - timedelta(800), days=600)
        history.award(history.employer(), TODAY - timedelta(10), headcount=None)
        targets.load_measures(session, by=None, at=AT)
    text = " ".join(sign_in(board_member).get("/board").text.split())
    assert "As at 22 November 2026 (today)" in text
    assert "<strong>4 employers</strong> are accredited, 3 more than a year before." in text
    assert "They employ 30 people, not counting 1 employer that gave no headcount." in text


def test_an_empty_scheme_says_so(sign_in: SignIn, board_member: User) -> None:
    text = sign_in(board_member).get("/board").text
    assert "No employer is accredited as at 22 November 2026." in text
    assert "No employer has registered as at 22 November 2026." in text
    assert "The measures of the strategy have not been loaded yet." in text


def test_a_headcount_below_ten_is_not_told(make: Factory, sign_in: SignIn, board_member: User) -> None:
    with transaction() as session:
        history = History(session)
        history.award(history.employer(), TODAY, headcount=7)
    text = sign_in(board_member).get("/board").text
    assert "They employ fewer than 10 people" in text
    assert "7 people" not in text


def test_the_past_is_shown_as_it_was(make: Factory, sign_in: SignIn, board_member: User) -> None:
    add_employers(make, 2)
    browser = sign_in(board_member)
    before = TODAY - timedelta(31)
    assert "<strong>2 employers</strong>" in browser.get("/board").text
    page = browser.get(f"/board?as-at={before.isoformat()}").text
    assert "As at 22 October 2026" in page
    assert "<strong>No employer</strong> is accredited, the same number as a year before.</p>" in " ".join(page.split())
    assert f'href="/board/sizes.csv?as-at={TODAY.isoformat()}"' in browser.get("/board").text


def test_the_form_leads_to_an_address_that_can_be_kept(sign_in: SignIn, board_member: User) -> None:
    browser = sign_in(board_member)
    response = browser.get("/board?as-at-day=31&as-at-month=march&as-at-year=2026")
    assert (response.status_code, response.location) == (302, "/board?as-at=2026-03-31")
    page = browser.get(response.location)
    assert 'name="as-at-day" type="text" inputmode="numeric" value="31"' in page.text


def test_an_empty_form_shows_today(sign_in: SignIn, board_member: User) -> None:
    response = sign_in(board_member).get("/board?as-at-day=&as-at-month=&as-at-year=")
    assert (response.status_code, response.location) == (302, "/board?as-at=2026-11-22")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("as-at=2026-11-23", "The date must be today or in the past."),
        ("as-at=1999-12-31", "The date must be in 2000 or later."),
        ("as-at=2026-02-30", "The date must be a real date, such as 27 3 2027."),
        ("as-at=yesterday", "The date must be a real date, such as 27 3 2027."),
        ("as-at=20260331", "The date must be a real date, such as 27 3 2027."),
        ("as-at-day=31&as-at-month=2&as-at-year=2026", "The date must be a real date"),
        ("as-at-day=31&as-at-month=&as-at-year=2026", "The date must include a month."),
        ("as-at-day=1&as-at-month=1&as-at-year=2027", "The date must be today or in the past."),
    ],
)
def test_a_day_that_cannot_be_asked_for_is_an_error_beside_the_field(
    sign_in: SignIn, board_member: User, asked: str, message: str
) -> None:
    browser = sign_in(board_member)
    response = browser.get(f"/board?{asked}")
    assert response.status_code == 400
    assert response.text.count(message) == 2  # above the form, and beside the field
    assert 'id="as-at-error"' in response.text
    assert "<title>Error: " in response.text
    assert "accredited" not in response.text
    download = browser.get(f"/board/sizes.csv?{asked}")
    assert (download.status_code, download.location) == (302, f"/board?{asked}")


def table(browser: CheckedClient, name: str, day: date = TODAY) -> list[dict[str, str]]:
    response = browser.get(f"/board/{name}.csv?as-at={day.isoformat()}")
    assert response.mimetype == "text/csv"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{name}-{day.isoformat()}.csv"'
    assert response.data.startswith(b"\xef\xbb\xbf")  # so that a spreadsheet reads it as UTF-8
    return list(csv.DictReader(io.StringIO(response.data.decode("utf-8-sig"), newline="")))


COLUMNS = {
    "accredited": "as_at level level_title county county_title employers",
    "sizes": "as_at size_band size_band_title employers",
    "sectors": "as_at sector sector_title employers",
    "funnel": "as_at stage county county_title employers_reached employers_no_further",
    "programmes": "as_at county county_title employers",
    "measures": "as_at priority code measure geography unit good_direction baseline financial_year target "
    "expected_by_now actual actual_as_at actual_source counted_by_portal status note",
}


@pytest.mark.parametrize("name", TABLES)
def test_the_columns_of_each_file_are_a_contract(sign_in: SignIn, board_member: User, name: str) -> None:
    line = sign_in(board_member).get(f"/board/{name}.csv").data.decode("utf-8-sig").split("\r\n", 1)[0]
    assert line.split(",") == COLUMNS[name].split()


def test_each_file_has_every_row_and_the_same_total(make: Factory, sign_in: SignIn, board_member: User) -> None:
    add_employers(make, 5)
    browser = sign_in(board_member)
    for name, rows in [("accredited", 6), ("sizes", 4), ("sectors", 21)]:
        found = table(browser, name)
        assert (len(found), sum(int(row["employers"]) for row in found)) == (rows, 5)
    reached = [(row["stage"], row["employers_reached"]) for row in table(browser, "funnel")]
    assert reached == [(stage.value, number) for stage in STAGES for number in ("3", "2")]
    assert {row["employers_reached"] for row in table(browser, "funnel", TODAY - timedelta(31))} == {"0"}


def test_employers_that_took_up_a_programme_are_counted(
    make: Factory, sign_in: SignIn, employer: Organisation, owner: User, board_member: User
) -> None:
    with transaction() as session:
        engagement.note(session, employer, EngagementKind.REGISTERED, on=TODAY)
    for programme in make.programmes()[:2]:
        make.asks(employer, programme, by=owner)
    browser = sign_in(board_member)
    assert "<strong>1 employer</strong> took up a programme" in browser.get("/board").text
    counted = {row["county"]: row["employers"] for row in table(browser, "programmes")}
    assert counted == dict.fromkeys(counted, "0") | {employer.county: "1"}


def test_the_measures_file_says_what_the_page_says(make: Factory, sign_in: SignIn, administrator: User) -> None:
    day = date(2026, 9, 30)
    with transaction() as session:
        measure = targets.load_measures(session, by=None, at=AT)[0]
        target = targets.target_for(measure, TODAY)
        assert target is not None
        session.flush()
        returns.enter(session, measure, value=target, as_at=day, source="=the council", by=administrator, at=AT)
    browser = sign_in(administrator)
    row = table(browser, "measures")[0]
    assert (row["code"], row["actual"], row["target"]) == (measure.code, str(target), str(target))
    assert (row["actual_as_at"], row["actual_source"], row["status"]) == ("2026-09-30", "'=the council", "met")
    page = " ".join(browser.get("/board").text.split())
    assert "30 September 2026, =the council" in page
    assert "Target met" in page
    assert "No value yet" in page
    assert "counted by this portal" in page
    for one in db.session.scalars(sa.select(targets.Measure.note).where(targets.Measure.note != "")):
        assert one.replace("'", "&#39;") in page
    assert table(browser, "measures", day - timedelta(1))[0]["actual"] == ""


@pytest.mark.parametrize("name", ["people", "nothing", "Accredited"])
def test_there_is_no_file_of_an_unknown_table(sign_in: SignIn, board_member: User, name: str) -> None:
    assert sign_in(board_member).get(f"/board/{name}.csv").status_code == 404


def test_every_figure_is_defined_and_every_table_links_to_its_meaning(
    make: Factory, sign_in: SignIn, board_member: User
) -> None:
    add_employers(make, 1)
    with transaction() as session:
        targets.load_measures(session, by=None, at=AT)
    browser = sign_in(board_member)
    definitions, page = browser.get("/board/definitions").text, browser.get("/board").text
    for figure in FIGURES:
        assert f'id="{figure.code}"' in definitions
        assert figure.definition in definitions
    for name in TABLES:
        assert f'href="/board/{name}.csv?as-at=2026-11-22"' in page
        assert f'href="/board/definitions#{name}"' in page


def test_the_number_of_queries_does_not_grow_with_the_employers(
    app: Flask, make: Factory, sign_in: SignIn, administrator: User
) -> None:
    with transaction() as session:
        for measure in targets.load_measures(session, by=None, at=AT):
            session.flush()
            if measure.takes_returns:
                returns.enter(session, measure, value=Decimal(50), as_at=TODAY, source="A", by=administrator, at=AT)
    browser = sign_in(administrator)
    said: list[str] = []
    sa.event.listen(
        db.engine, "before_cursor_execute", lambda connection, cursor, statement, *rest: said.append(statement)
    )

    def queries() -> int:
        said.clear()
        response = Context().run(browser.get, "/board")  # as a request comes in: nothing of this test is in reach
        assert response.status_code == 200
        return sum(statement != "BEGIN" for statement in said)

    add_employers(make, 1)
    assert queries() == 9
    add_employers(make, 29)
    assert queries() == 9
    assert queries() == 6  # nothing happened since: the counts are remembered


def test_what_happens_between_two_looks_is_counted(make: Factory, sign_in: SignIn, board_member: User) -> None:
    browser = sign_in(board_member)
    for number, said in [(1, "<strong>1 employer</strong>"), (2, "<strong>3 employers</strong>")]:
        add_employers(make, number)
        assert said in browser.get("/board").text
        assert said in browser.get("/board").text


def test_a_renewal_and_a_programme_are_no_stages_of_their_own() -> None:
    assert set(EngagementKind) - set(STAGES) == {EngagementKind.RENEWED, EngagementKind.PROGRAMME}
