"""Every page of the panel is closed to those it is not for."""

import re

import pytest
from flask import Flask

from charter.account.models import User
from charter.permissions import Permission
from tests.conftest import browser

ID = "0197f1a0-0000-7000-8000-000000000000"


def addresses(app: Flask) -> list[tuple[str, str]]:
    """Every address of the panel with a method it answers."""
    return sorted(
        (re.sub(r"<[^>]*>", lambda found: "csv" if "export" in found[0] else ID, rule.rule), method)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/admin")
        for method in (rule.methods or set()) & {"GET", "POST"}
    )


def test_the_panel_is_as_large_as_we_think(app: Flask) -> None:
    views = app.extensions["charter_admin"]._views
    assert {view.endpoint for view in views} == {
        "admin", "reviews", "organisations", "awards", "frameworks", "returns", "programmes", "requests", "people",
        "messages", "trail", "recognitions", "crosswalk", "scans", "claims",
        "phrases", "yearly", "stops", "duplicates", "desk", "interests", "declared",
        "second_looks", "explanations", "quality", "drafts", "meetings", "partners", "concerns", "steps", "appeals",
    }  # fmt: skip
    assert all(isinstance(view.permission, Permission) for view in views)
    assert len(addresses(app)) > 80


def test_nothing_of_flask_admins_own_look_is_served(app: Flask, client) -> None:
    assert not [rule for rule in app.url_map.iter_rules() if rule.endpoint.endswith(".static") and "admin" in rule.rule]
    assert client.get("/admin/static/bootstrap/bootstrap4/css/bootstrap.min.css").status_code == 404


def test_nobody_is_asked_to_sign_in_everywhere(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    nobody = browser(app)
    for address, method in addresses(app):
        answer = nobody.open(address, method=method)
        assert (answer.status_code, answer.location) == (303, "/sign-in"), (method, address, answer.status_code)


@pytest.mark.parametrize("who", ["owner", "stranger"])
def test_an_employers_people_are_refused_everywhere(
    app: Flask, sign_in, request: pytest.FixtureRequest, who: str
) -> None:
    person: User = request.getfixturevalue(who)
    app.config["WTF_CSRF_ENABLED"] = False
    theirs = sign_in(person)
    for address, method in addresses(app):
        assert theirs.open(address, method=method).status_code in {403, 404}, (method, address)


TABLE = [
    # address, then who may: assessor, moderator, administrator, board member
    ("/admin/", 200, 200, 200, 200),
    ("/admin/reviews/", 200, 200, 200, 403),
    ("/admin/employers/", 200, 200, 200, 403),
    ("/admin/awards/", 200, 200, 200, 403),
    ("/admin/claims/", 200, 200, 200, 403),
    ("/admin/frameworks/", 200, 200, 200, 403),
    ("/admin/returns/", 403, 403, 200, 403),
    ("/admin/returns/add", 403, 403, 200, 403),
    ("/admin/people/", 403, 403, 200, 403),
    ("/admin/people/invite", 403, 403, 200, 403),
    ("/admin/messages/", 403, 403, 200, 403),
    ("/admin/trail/", 403, 200, 200, 403),
    ("/admin/employers/export/csv/", 200, 200, 200, 403),
    ("/admin/trail/export/csv/", 403, 200, 200, 403),
]
STAFF = ("assessor", "moderator", "administrator", "board_member")


@pytest.mark.parametrize(("address", "answers"), [(row[0], row[1:]) for row in TABLE], ids=[row[0] for row in TABLE])
def test_each_page_opens_to_those_it_is_for(sign_in, request, make, address: str, answers: tuple[int, ...]) -> None:
    given = tuple(sign_in(request.getfixturevalue(who)).get(address).status_code for who in STAFF)
    assert given == answers


CASE_TABLE = [
    ("", 200, 200, 200, 403),
    ("/findings", 302, 302, 403, 403),
    ("/claim", 200, 200, 403, 403),
    ("/release", 200, 200, 403, 403),
    ("/conflict", 200, 200, 403, 403),
    ("/ask", 200, 200, 403, 403),
    ("/recommend", 200, 200, 403, 403),
    ("/moderate", 403, 200, 403, 403),
]


@pytest.mark.parametrize(("step", "answers"), [(row[0], row[1:]) for row in CASE_TABLE])
def test_each_step_of_a_case_opens_to_those_it_is_for(sign_in, request, waiting, step: str, answers) -> None:
    given = tuple(
        sign_in(request.getfixturevalue(who)).get(f"/admin/reviews/{waiting.id}{step}").status_code for who in STAFF
    )
    assert given == answers


def test_a_case_that_is_not_there_is_not_found(sign_in, assessor) -> None:
    assert sign_in(assessor).get(f"/admin/reviews/{ID}").status_code == 404


@pytest.mark.parametrize("address", ["employers", "awards", "frameworks"])
@pytest.mark.parametrize("asked", [ID, "nonsense", "1"])
def test_a_record_that_is_not_there_is_not_found(sign_in, assessor, address: str, asked: str) -> None:
    assert sign_in(assessor).get(f"/admin/{address}/details/?id={asked}").status_code == 404


@pytest.mark.parametrize(
    "address",
    ["employers", "awards", "frameworks", "returns", "people", "messages", "trail"],
)
def test_no_record_can_be_made_changed_or_removed_past_the_verbs(
    app, sign_in, administrator, employer, address
) -> None:
    theirs = sign_in(administrator)
    token = theirs.token("/admin/people/invite")
    view = next(one for one in app.extensions["charter_admin"]._views if one.url == f"/admin/{address}")
    assert (view.can_create, view.can_edit, view.can_delete) == (False, False, False)
    for page in ("new/", f"edit/?id={employer.id}", "delete/", "action/"):
        answer = theirs.post(
            f"/admin/{address}/{page}", data={"csrf_token": token, "id": str(employer.id), "name": "X"}
        )
        assert answer.status_code == 302, page
    assert theirs.get(f"/admin/employers/details/?id={employer.id}").status_code == 200


def test_a_form_without_its_token_does_nothing(sign_in, assessor, waiting) -> None:
    assert sign_in(assessor).post(f"/admin/reviews/{waiting.id}/claim").status_code == 400
    assert waiting.assessor_id is None
