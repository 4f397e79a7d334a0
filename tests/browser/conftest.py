"""A real server and a real browser. Each person has a browser of their own; every page they pass is checked by axe.

To check takes longer than to walk, so a page is checked when it has something on it that no page checked before had
(see `tests.browser.shapes`).
"""

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, Response, expect, sync_playwright
from werkzeug.serving import make_server

from charter.app import create_app
from charter.config import Settings
from charter.extensions import db
from tests.browser.shapes import Seen

T = TypeVar("T")
HERE = Path(__file__).parent
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first one there is used. One without a window of its own does the same work with half of the processor's time."""
AXE = Axe().axe_script
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
    "resultTypes": ["violations"],
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Each journey is walked with scripts on SQLite and without on PostgreSQL.

    What a database does differently, the tests of the pages see, which run on both. When one database is asked for,
    nothing is left out.
    """
    if config.getoption("--database") != "both":
        return
    left_out = [item for item in items if HERE in item.path.parents and _is_twin(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


def _is_twin(item: pytest.Item) -> bool:
    """Whether another run walks the same way on the other database."""
    callspec = getattr(item, "callspec", None)
    values = callspec.params if callspec else {}
    return "scripts" in values and values["scripts"] != (values.get("database") == "sqlite")


@dataclass
class Portal:
    """The portal as people reach it."""

    url: str
    app: Flask

    def inside(self, work: Callable[[], T]) -> T:
        """Do some work in the application's context, in a thread of its own: the browser's driver has this one."""

        def with_context() -> T:
            with self.app.app_context():
                return work()

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(with_context).result()


@pytest.fixture
def portal(settings: Settings, tmp_path: Path) -> Iterator[Portal]:
    """The application behind a real HTTP server on a free port."""
    server = make_server("127.0.0.1", 0, lambda environ, start: app.wsgi_app(environ, start), threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    app = create_app(settings.model_copy(update={"base_url": url, "trusted_hosts": ["127.0.0.1"]}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    portal = Portal(url, app)
    yield portal
    server.shutdown()
    thread.join()
    server.server_close()
    portal.inside(lambda: [engine.dispose() for engine in db.engines.values()])


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert path, "No Chromium: install it with your package manager. These tests are not skipped."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        yield browser
        browser.close()


class Person:
    """Somebody at a browser. `opens` and `presses` do what a person does, then look at the page they get."""

    def __init__(self, page: Page, url: str, scripts: bool, checked: Seen) -> None:
        self.page = page
        self.url = url
        self.scripts = scripts
        self.checked = checked
        self.problems: list[str] = []
        self.reader: Page | None = None
        self.goes_on = True
        """Whether they send the mail of what they do as soon as it is shown."""
        page.on("console", self._console)
        page.on("response", self._response)

    def _console(self, message: object) -> None:
        text = getattr(message, "text", "")
        if getattr(message, "type", "") == "error" and "status of 4" not in text:
            self.problems.append(f"console on {self.page.url}: {text}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.problems.append(f"{response.status} from {response.url}")
        if not response.url.startswith((self.url, "data:")):
            self.problems.append(f"a request left the portal: {response.url}")

    def opens(self, path: str) -> None:
        """Go to an address."""
        self.page.goto(path if path.startswith("http") else f"{self.url}{path}")
        self.looks()

    def presses(self, name: str, *, role: str = "button", exact: bool = True) -> None:
        """Press a button or follow a link, by its words."""
        self.page.get_by_role(role, name=name, exact=exact).first.click()  # type: ignore[arg-type]
        self.page.wait_for_load_state()
        self.looks()
        self._reads_mail()

    def _reads_mail(self) -> None:
        """Go on from the mail that staff are shown before it leaves."""
        button = self.page.locator("#before-it-leaves [value='send']")
        if self.goes_on and button.count():
            button.click()
            self.page.wait_for_load_state()
            self.looks()

    def sends(self) -> None:
        """Press the button of the page's one form."""
        self.page.locator("main form button").click()
        self.page.wait_for_load_state()
        self.looks()
        self._reads_mail()

    def follows(self, name: str, *, exact: bool = True) -> None:
        """Follow a link."""
        self.presses(name, role="link", exact=exact)

    def downloads(self, name: str, *, role: str = "link") -> bytes:
        """Follow a link or press a button that gives a file, and return the file."""
        with self.page.expect_download() as waiting:
            self.page.get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type]
        return Path(waiting.value.path()).read_bytes()

    def file_behind(self, name: str) -> bytes:
        """The file that a link leads to and that the browser would show by itself."""
        link = self.page.get_by_role("link", name=name, exact=True).first.get_attribute("href")
        response = self.page.request.get(f"{self.url}{link}")
        assert response.ok, f"{response.status} from {link}"
        return response.body()

    def fills(self, field: str, text: str) -> None:
        """Type into the field of this name."""
        self.page.locator(f"main [name='{field}']").first.fill(text)

    def ticks(self, field: str, value: str | None = None) -> None:
        """Choose a radio or tick a box, by the field's name and its value."""
        self.page.locator(f"main [name='{field}']" + (f"[value='{value}']" if value else "")).first.check()

    def chooses(self, label: str) -> None:
        """Choose a radio or tick a box, by its label."""
        self.page.get_by_label(label, exact=True).first.check()

    def reads(self, words: str) -> None:
        """See some words on the page, once it is there, or fail."""
        expect(self.page.locator("body"), f"{words!r} on {self.page.url}").to_contain_text(words, use_inner_text=True)

    def looks(self) -> None:
        """Check the page, once it is there: axe finds nothing."""
        self.page.wait_for_load_state()
        size, html = self.page.viewport_size, self.page.content()
        assert size is not None
        if not self.checked.adds(html, size["width"]):
            return
        page = self.page if self.scripts else self._same_page(html)
        page.evaluate(AXE)
        violations = page.evaluate("rules => axe.run(rules).then(found => found.violations)", RULES)
        broken = [
            f"{violation['id']}: {violation['help']} at {[node['target'] for node in violation['nodes']][:3]}"
            for violation in violations
        ]
        if broken:
            self.problems.append(f"axe on {self.page.url}: {broken}")

    def _same_page(self, html: str) -> Page:
        """The page as it stands, without its scripts, in a browser that can run axe's own."""
        html = re.sub(r"<script\b.*?</script>", "", html, flags=re.S)
        if self.reader is None:
            browser = self.page.context.browser
            assert browser is not None
            self.reader = browser.new_context(viewport=self.page.viewport_size, bypass_csp=True).new_page()
        address = f"{self.url}/seen-without-scripts"
        self.reader.route(address, lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
        self.reader.goto(address)
        self.reader.unroute(address)
        return self.reader


@pytest.fixture(scope="session")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What axe has seen in this run, kept in one file for all workers."""
    own = tmp_path_factory.getbasetemp()
    return Seen((own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own) / "what-axe-has-seen")


@pytest.fixture
def at_browser(chromium: Browser, portal: Portal, checked: Seen) -> Iterator[Callable[..., Person]]:
    """`at_browser(scripts=True, width=1280)` is a new person at a new browser."""
    people: list[Person] = []

    def go(*, scripts: bool = True, width: int = 1280) -> Person:
        context = chromium.new_context(java_script_enabled=scripts, viewport={"width": width, "height": 900})
        person = Person(context.new_page(), portal.url, scripts, checked)
        person.page.set_default_timeout(10_000)
        people.append(person)
        return person

    yield go
    for person in people:
        if person.page.locator("main").count():  # nothing was opened when a test failed early
            print("Last seen:", person.page.url, person.page.locator("main").inner_text()[:1500], sep="\n")
        if person.reader is not None:
            person.reader.context.close()
        person.page.context.close()
