"""The panel is ours: our look, our token in each form, every list searched, filtered and downloaded, no blind bulk."""

import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from flask import Flask, template_rendered
from werkzeug.routing import Rule

from charter.account.models import User
from charter.admin.base import ActionView, PanelHome, RecordView
from charter.app import resource
from charter.extensions import csrf
from tests.conftest import browser
from tests.test_permissions_table import Fill, People, expected, fill, nowhere, people

__all__ = ["fill", "people"]

OURS = re.compile(r"(?:govuk|charter|js)(?:-|$)")
"""How each class of our own look begins."""

LISTS: Mapping[str, tuple[str, str]] = {
    "desk": ("no", "Everybody who works on cases, on one page: a handful."),
    "interests": ("no", "One's own interests: a handful. The list of everybody's is a list of records."),
    "duplicates": ("search", "Pairs to settle one by one. It is empty when they are."),
    "crosswalk": ("no", "Each item of the few schemes of one version of the charter, on one page."),
    "scans": ("no", "What waits or was found now. It is empty when all is well."),
    "reviews": ("search", "/admin/reviews/cases.csv"),
    "second_looks": ("search", "/admin/second-looks/lots.csv"),
    "stops": ("no", "/admin/stops/questions.csv"),
    "quality": ("no", "/admin/quality/people.csv"),
    "explanations": ("no", "It leads to the decided cases of the queue."),
    "drafts": ("no", "Versions in the making: one or two."),
}
"""The lists that are not lists of records: whether they are searched, and where they download or why they do not."""


def views(app: Flask) -> list[ActionView | RecordView | PanelHome]:
    found: list[ActionView | RecordView | PanelHome] = app.extensions["charter_admin"]._views
    return found


def of_panel(app: Flask, method: str = "GET") -> Iterator[Rule]:
    return (
        rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/admin") and method in (rule.methods or set())
    )


def records(app: Flask) -> list[RecordView]:
    return [view for view in views(app) if isinstance(view, RecordView)]


def test_every_page_of_the_panel_is_drawn_by_our_templates_in_our_look(app: Flask, people: People, fill: Fill) -> None:
    folder, drawn, strange = str(resource("templates")), set(), {}

    def note(sender: Flask, template, **more: object) -> None:
        drawn.add(template.filename)

    seen = 0
    with template_rendered.connected_to(note, app):
        for rule in of_panel(app):
            row = dict(zip(people, expected(rule.rule) or "", strict=True))
            who = next((name for name in ("administrator", "moderator", "assessor") if row.get(name) == "o"), None)
            if who is None:
                continue
            answer = people[who].get(fill(rule.rule))
            if answer.status_code != 200 or answer.mimetype != "text/html":
                continue
            seen += 1
            classes = {one for found in re.findall(r'\bclass="([^"]*)"', answer.text) for one in found.split()}
            foreign = {one for one in classes if not OURS.match(one)}
            if foreign or re.search(r"bootstrap|flask.admin|jquery|select2|fa-icon|glyphicon", answer.text, re.I):
                strange[rule.rule] = foreign
    assert seen > 90
    assert strange == {}
    assert {one for one in drawn if not (one or "").startswith(folder)} == set()


def test_no_form_of_the_panel_is_taken_without_its_token(app: Flask, people: People) -> None:
    ours = {name.split(".")[0] for name in (rule.endpoint for rule in of_panel(app))}
    assert csrf._exempt_blueprints & ours == set()
    assert [name for name in csrf._exempt_views if "admin" in name] == []
    taken = {}
    for rule in of_panel(app, "POST"):
        for name in ("assessor", "moderator", "administrator"):
            if people[name].post(nowhere(rule.rule)).status_code != 400:
                taken[rule.rule] = name
    assert taken == {}


def test_every_list_of_records_is_searched_filtered_and_downloaded_or_says_why_not(app: Flask) -> None:
    assert [view.endpoint for view in records(app) if not view.column_searchable_list] == []
    assert [view.endpoint for view in records(app) if not view.searched] == [], "what the search looks in, in words"
    assert [view.endpoint for view in records(app) if not view.column_filters] == []
    silent = []
    for view in records(app):
        if not view.can_export and not re.search(r"can_export = False  # \w+ \w+ \w+", inspect.getsource(type(view))):
            silent.append(view.endpoint)
    assert silent == []


def test_every_other_list_is_searched_and_downloaded_or_says_why_not(app: Flask, people: People) -> None:
    others = {view.endpoint: view for view in views(app) if isinstance(view, ActionView)}
    assert set(others) == set(LISTS)
    for endpoint, (search, file) in LISTS.items():
        page = people["administrator"].get(f"{others[endpoint].url}/").text
        assert ('type="search"' in page) == (search == "search"), endpoint
        if file.startswith("/"):
            answer = people["administrator"].get(file)
            assert (answer.status_code, answer.mimetype) == (200, "text/csv"), endpoint


def test_every_filter_narrows_and_leaves_the_list_standing(app: Flask, administrator: User) -> None:
    theirs = browser(app)
    theirs.sign_in(administrator)
    for view in records(app):
        for place, one in enumerate(view._filters or []):
            with app.test_request_context():
                choices = one.choices()
            for value in ["", "nonsense", *(code for code, _ in choices)]:
                answer = theirs.get(f"{view.url}/?flt{place}_{one.key}={value}")
                assert answer.status_code == 200, (view.endpoint, one.key, value)


def test_nothing_is_done_to_many_records_at_once_past_a_page_that_says_what_it_will_do(app: Flask) -> None:
    for view in records(app):
        assert view._actions == [("delete", "Delete")], view.endpoint  # Flask-Admin's own, and it is not allowed:
        assert not view.is_action_allowed("delete"), view.endpoint
    boxes = re.compile(r'<form method="post"(?:(?!</form>).)*name="(?:rowid|case|ids?)"', re.S)
    for template in (resource("templates") / "admin").rglob("*.html"):
        if not boxes.search(template.read_text()):
            continue
        name = str(template.relative_to(resource("templates")))
        assert name in CONFIRMED, f"{name} ticks many things and posts: it needs a page that says what it will do"


CONFIRMED = {"admin/reviews/allocate.html"}
"""Pages that say what they will do to many things, with the button that does it."""


def test_every_change_of_a_record_by_a_form_of_the_panel_keeps_what_was_there_before() -> None:
    root = Path(__file__).parents[2] / "charter"
    changes = re.compile(
        r'audit\.record\(\s*[^"]*"(' + "|".join(CHANGES) + r')"[^"]*?((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)'
    )
    found: dict[str, bool] = {}
    for path in root.rglob("*.py"):
        for action, details in changes.findall(path.read_text()):
            found[action] = "before=" in details or "instead_of=" in details
    assert found == dict.fromkeys(CHANGES, True)


CHANGES = (
    "finding:change", "meeting:attendance", "meeting:change", "partner:rename", "phrase:change", "programme:change",
    "programme:confirm", "sample:set-share", "user:change-role", "workload:set",
)  # fmt: skip
"""What forms of the panel change in a record that is there. Steps are told by their names."""


@pytest.mark.parametrize("name", ["administrator", "moderator", "assessor"])
def test_no_view_of_the_panel_opens_by_its_index_to_who_may_not(app: Flask, people: People, name: str) -> None:
    for view in views(app):
        row = dict(zip(people, expected(f"{view.url.rstrip('/')}/") or "", strict=True))
        assert people[name].get(f"{view.url.rstrip('/')}/").status_code in (
            {200, 302} if row[name] == "o" else {403}
        ), view.url
