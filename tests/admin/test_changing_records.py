"""A view of the panel that lets its records be changed keeps the promises of all."""

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from wtforms import StringField

from charter import audit
from charter.admin.base import PanelForm, RecordView
from charter.audit import AuditEvent
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.organisation.models import Site
from charter.permissions import Permission
from charter.web.forms import needed
from tests.admin.test_records import again
from tests.factories import Factory


def change(theirs: Any, page: str, fields: dict[str, str]) -> Any:
    """Open a record's form, change it and send it, as a browser does."""
    found = re.search(r'name="seen" value="(\w+)"', theirs.get(page).text)
    assert found is not None
    return theirs.send(page, {"seen": found[1], **fields})


class SiteForm(PanelForm):
    name = StringField("Name", validators=[needed("Enter a name.")])
    town = StringField("Town")


class SitesView(RecordView):
    permission = Permission.MANAGE_PEOPLE
    can_create = can_edit = can_delete = True
    noun = "site"
    column_list = ("name", "town", "postcode")
    form = SiteForm
    sensitive = frozenset({"postcode"})

    def title(self, model: Site) -> str:
        return model.name


@pytest.fixture
def app(own_app: Flask) -> Flask:
    with own_app.app_context():
        own_app.extensions["charter_admin"].add_view(SitesView(Site, db, name="Sites", endpoint="sites"))
    return own_app


@pytest.fixture
def site(make: Factory, employer) -> Site:
    with transaction() as session:
        found = Site(organisation_id=employer.id, name="Barn", town="Ledbury", postcode="HR8 1AA", county="x")
        session.add(found)
    return found


def test_a_change_and_its_event_with_before_and_after_are_one(sign_in, site, administrator) -> None:
    theirs = sign_in(administrator)
    page = f"/admin/sites/edit/?id={site.id}"
    wrong = theirs.send(page, {"name": "", "town": "Ross"})
    assert (wrong.status_code, "Enter a name." in wrong.text) == (200, True)
    assert change(theirs, page, {"name": "Mill", "town": "Ledbury"}).status_code == 302
    assert again(Site, site.id).name == "Mill"
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "site:change")).one()
    assert (event.actor_id, event.details) == (
        administrator.id,
        {"before": {"name": "Barn"}, "after": {"name": "Mill"}},
    )
    assert audit.verify(db.session).sound


def test_of_two_administrators_the_later_is_told_of_the_other_change(sign_in, site, administrator) -> None:
    theirs, page = sign_in(administrator), f"/admin/sites/edit/?id={site.id}"

    def seen(text: str) -> str:
        found = re.search(r'name="seen" value="([0-9a-f]{32})"', text)
        assert found is not None
        return found[1]

    old = seen(theirs.get(page).text)
    assert theirs.send(page, {"name": "Mill", "town": "Ledbury", "seen": old}).status_code == 302
    told = theirs.send(page, {"name": "Barn", "town": "Ross", "seen": old})
    assert "Somebody else changed this record" in told.text
    assert 'value="Ross"' in told.text, "what was typed is kept"
    assert (again(Site, site.id).name, again(Site, site.id).town) == ("Mill", "Ledbury")
    wrong = theirs.send(page, {"name": "", "town": "Ross", "seen": seen(told.text)})
    assert seen(wrong.text) == seen(told.text), "a mistake in the form does not make them have seen more"
    assert theirs.send(page, {"name": "Barn", "town": "Ross", "seen": seen(told.text)}).status_code == 302
    assert (again(Site, site.id).name, again(Site, site.id).town) == ("Barn", "Ross")


def test_a_change_that_is_refused_leaves_neither_change_nor_event(sign_in, site, administrator, monkeypatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise Refusal("Not today.")

    monkeypatch.setattr(SitesView, "_record", refuse)
    answer = change(sign_in(administrator), f"/admin/sites/edit/?id={site.id}", {"name": "Mill", "town": "Ledbury"})
    assert "Not today." in answer.text
    assert again(Site, site.id).name == "Barn"


def test_a_record_is_removed_with_an_event_that_keeps_no_secret(sign_in, site, administrator) -> None:
    theirs = sign_in(administrator)
    token = theirs.token(f"/admin/sites/edit/?id={site.id}")
    assert theirs.post("/admin/sites/delete/", data={"id": str(site.id), "csrf_token": token}).status_code == 302
    assert again(Site, site.id) is None
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "site:delete")).one()
    assert event.details["before"]["name"] == "Barn"
    assert "HR8" not in str(event.details)


def test_an_edit_without_the_token_changes_nothing(sign_in, site, administrator) -> None:
    answer = sign_in(administrator).post(f"/admin/sites/edit/?id={site.id}", data={"name": "Mill", "town": "Ledbury"})
    assert answer.status_code == 400
    assert again(Site, site.id).name == "Barn"
