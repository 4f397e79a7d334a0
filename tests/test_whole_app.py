"""A few tests that watch the whole: conventions that hold because something checks them."""

import re
from pathlib import Path

import pytest
from flask import Flask

from charter.app import resource
from charter.framework import publishing
from charter.lifecycle import Status
from charter.permissions import POLICY, Permission

OPEN_IN_FLASK = {"static", "admin.static"}
POST_ONLY = {"account.sign_out"}
TEMPLATES = sorted(resource("templates").rglob("*.html"))


def views_of_the_panel(app: Flask) -> dict[str, object]:
    return {view.endpoint: view for view in app.extensions["charter_admin"]._views}


def test_every_permission_has_a_rule() -> None:
    assert set(POLICY) == set(Permission)


def test_every_permission_is_asked_for_somewhere() -> None:
    source = "\n".join(
        path.read_text()
        for folder in (Path(__file__).parents[1] / "charter", resource("templates"))
        for path in folder.rglob("*")
        if path.suffix in {".py", ".html"} and path.name != "permissions.py"
    )
    assert [one for one in Permission if f"Permission.{one.name}" not in source] == []


def test_every_route_says_who_may(app: Flask) -> None:
    panel = views_of_the_panel(app)
    silent = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint in OPEN_IN_FLASK or rule.endpoint.endswith(".static"):
            continue
        view = panel.get(rule.endpoint.split(".")[0])
        if view is not None:
            if not isinstance(getattr(view, "permission", None), Permission):
                silent.append(rule.endpoint)
        elif not hasattr(app.view_functions[rule.endpoint], "permission"):
            silent.append(rule.endpoint)
    assert silent == []


def test_every_post_has_a_page_to_come_back_to(app: Flask) -> None:
    panel = views_of_the_panel(app)
    without = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or set())
        and "GET" not in (rule.methods or set())
        and rule.endpoint not in POST_ONLY
        and rule.endpoint.split(".")[0] not in panel
    ]
    assert without == []


def all_statuses(kind: type[Status] = Status) -> list[type[Status]]:
    return [one for sub in kind.__subclasses__() for one in (sub, *all_statuses(sub))]


def test_every_status_that_pages_tag_has_a_colour() -> None:
    coloured = re.findall(r'"(\w+)": "', (resource("templates") / "components/status_tag.html").read_text())
    tagged = {"AssessmentStatus", "ReviewStatus", "AwardStatus", "FrameworkStatus", "MessageStatus"}
    kinds = [kind for kind in all_statuses() if kind.__name__ in tagged]
    assert len(kinds) == len(tagged)
    assert [member for kind in kinds for member in kind if member.value not in coloured] == []


def test_every_status_has_a_label() -> None:
    assert [member for kind in all_statuses() for member in kind if not member.label.strip()] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(resource("templates"))))
def test_templates_keep_to_the_content_security_policy(template: Path) -> None:
    text = template.read_text()
    assert not re.search(r"\sstyle=[\"']", text), "inline style"
    assert not re.search(r"\son[a-z]+=[\"']", text), "inline handler"
    assert "javascript:" not in text
    for script in re.findall(r"<script\b[^>]*>", text):
        assert "nonce=" in script, script


def test_nothing_in_code_or_templates_names_a_criterion_a_theme_or_a_metric() -> None:
    content = publishing.SHIPPED[-1].read_text()
    codes = set(re.findall(r"code: ([A-Z]{3,4}(?:-\d\d)?)\b", content))
    assert len(codes) > 40
    root = Path(__file__).parents[1]
    for path in [*(root / "charter").rglob("*.py"), *TEMPLATES]:
        found = {code for code in codes if re.search(rf"[\"']{re.escape(code)}[\"']", path.read_text())}
        assert not found, f"{path.name} names {found}"


def test_nothing_in_code_or_templates_names_a_level() -> None:
    content = publishing.read(publishing.SHIPPED[-1])
    root = Path(__file__).parents[1]
    for path in [*(root / "charter").rglob("*.py"), *TEMPLATES]:
        text = path.read_text()
        found = {level.title for level in content.levels if re.search(rf"\b{level.title}\b", text)}
        assert not found, f"{path.name} names {found}"


def test_every_page_says_where_scripts_may_come_from(client, app: Flask) -> None:
    answer = client.get("/sign-in")
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    nonce = re.search(r"'nonce-([^']+)'", policy)
    assert nonce
    assert f'nonce="{nonce[1]}"' in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
