"""A test client that reads every page as a careful reader would, and complains."""

import re
from typing import Any

import html5lib
from flask.testing import FlaskClient
from lxml import etree  # type: ignore[import-untyped]

from charter.account import sessions
from charter.account.models import User
from charter.clock import now
from charter.extensions import db, transaction


class CheckedClient(FlaskClient):
    """Checks each HTML page it is given: valid, titled, one h1, a token in each form that posts, no id twice.

    Staff who are shown the mail of what they do go on and send it, unless `goes_on` is switched off.
    """

    goes_on = True

    def open(self, *args: Any, **kwargs: Any) -> Any:
        response = super().open(*args, **kwargs)
        if response.mimetype == "text/html" and response.status_code not in {301, 302, 303, 308}:
            check_page(response.text)
            if self.goes_on and (fields := mail_fields(response.text)) and response.status_code == 200:
                kept = {name: kwargs[name] for name in ("follow_redirects",) if name in kwargs}
                fields["mail-deed"] = ["send"]
                return self.open(response.request.full_path.rstrip("?"), method="POST", data=fields, **kept)
        return response

    def run_wsgi_app(self, environ: Any, buffered: bool = False) -> Any:
        """Each request has a context of its own, as on a server, also while a test holds one open: Flask would share
        that one, and with it who is signed in."""
        with self.application.app_context():
            return super().run_wsgi_app(environ, buffered)

    def sign_in(self, person: User) -> None:
        """Start a session for `person` without the sign-in pages."""
        who = person.id  # read here: inside the transaction it could begin another one, which would wait for it
        with self.application.app_context(), transaction() as session:
            user = session.get(User, who)
            assert user is not None
            token = sessions.start(session, user, at=now())
        with self.session_transaction() as cookie:
            cookie["_user_id"] = token
            cookie["_fresh"] = True
        with self.application.app_context():
            db.session.rollback()

    def token(self, page: str) -> str:
        """The CSRF token that the form on `page` carries."""
        response = self.get(page)
        assert response.status_code == 200, (page, response.status_code)
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', response.text)
        assert found, f"no form on {page}"
        seen = re.search(r'name="seen_case"[^>]*value="([^"]+)"', response.text)
        self.seen_case = {"seen_case": seen[1]} if seen else {}
        return found[1]

    def send(self, page: str, data: dict[str, Any] | None = None, to: str | None = None, **kwargs: Any) -> Any:
        """Open `page`, then post its form (to `to`, when the form goes elsewhere), with what was seen of a case."""
        token = self.token(page)
        return self.post(to or page, data={"csrf_token": token, **self.seen_case, **(data or {})}, **kwargs)


def mail_fields(html: str) -> dict[str, list[str]]:
    """The fields of the page that shows mail before it leaves, as a browser sends them; none on any other page."""
    if 'id="before-it-leaves"' not in html:
        return {}
    document = html5lib.parse(html, treebuilder="lxml", namespaceHTMLElements=False)
    form = next(form for form in document.iter("form") if form.get("id") == "before-it-leaves")
    fields: dict[str, list[str]] = {}
    for field in form.iter("input", "textarea"):
        value = field.get("value") if field.tag == "input" else (field.text or "").removeprefix("\n")
        fields.setdefault(field.get("name"), []).append((value or "").replace("\r\n", "\n"))
    return fields


def check_page(html: str) -> None:
    """Raise AssertionError when a page is not one we would be glad to send."""
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("lxml"), strict=False, namespaceHTMLElements=False)
    document = parser.parse(html)
    errors = [
        (position, code, detail)
        for position, code, detail in parser.errors
        if code not in {"expected-doctype-but-got-eof"}
    ]
    assert not errors, [(html.splitlines()[position[0] - 1].strip()[:200], code) for position, code, _ in errors][:5]
    root = document.getroot() if hasattr(document, "getroot") else document
    assert root.get("lang") == "en-GB"
    title = root.findtext(".//title") or ""
    assert re.match(r"[^\s–]", title), f"the page has no title: {title!r}"
    headings = root.findall(".//h1")
    assert len(headings) == 1, f"{len(headings)} h1 on {title!r}"
    ids = [element.get("id") for element in root.iter() if isinstance(element.tag, str) and element.get("id")]
    doubles = {one for one in ids if ids.count(one) > 1}
    assert not doubles, f"ids used twice on {title!r}: {doubles}"
    for form in root.iter("form"):
        # Whoever answers a staff survey, or approves or answers a claim by a link, has no cookie to tie a token to: the
        # secret in the address is the right to send. A concern of the public has a signed stamp instead.
        cookieless = re.match(
            r"/(survey|sign-off|claims/(my-mailbox|still-here)|[^?]+/concern$)(/|$)", form.get("action") or ""
        )
        if (form.get("method") or "get").lower() == "post" and not cookieless:
            assert form.find(".//input[@name='csrf_token']") is not None, f"a form without a token on {title!r}"
    for element in root.iter():
        if isinstance(element.tag, str):
            bad = [name for name in element.attrib if name == "style" or name.startswith("on")]
            assert not bad, f"{bad} on {etree.tostring(element)[:200]!r}: the content security policy forbids it"
    referenced = {
        one
        for element in root.iter()
        if isinstance(element.tag, str)
        for one in (element.get("aria-describedby") or "").split()
    }
    assert referenced <= set(ids), f"aria-describedby names what is not there: {referenced - set(ids)}"
