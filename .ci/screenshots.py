"""Take pictures of pages of a running demo, on a wide and on a narrow screen, to look at them.

Those that the README or a page of `docs` shows go to `docs/images`, the others to `pictures` in the demo's folder.

Start the demo with `make run`, then run this from another terminal (`CHARTER_VAR` names the demo's folder when it is
another). With names of pictures after it, it takes only those.
"""

import io
import json
import os
import re
import shutil
import sqlite3
import sys
from pathlib import Path
from uuid import UUID

import openpyxl
import pyotp
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, sync_playwright

from charter.assessment import spreadsheet

ROOT = Path(__file__).parents[1]
VAR = Path(os.environ.get("CHARTER_VAR", ROOT / "var"))
DEMO = json.loads((VAR / "demo.json").read_text())
IMAGES = ROOT / "docs" / "images"
OTHERS = VAR / "pictures"
SHOWN = "".join(page.read_text() for page in (ROOT / "README.md", *ROOT.glob("docs/**/*.md")))
TALLEST = {1280: 1500, 320: 1100}
FILLED = (
    ("Fully in place", "Our director signed the statement in May, and it hangs in the workshop.", ""),
    ("Fully in place", "We look at it each January, with two people from the shop floor.", ""),
    ("Sort of", "Managers know, new people do not yet.", "03/27/2027"),
    ("Partly in place", "We began with the office.", ""),
)
"""The first rows of a spreadsheet as somebody filled it in: an answer, what is in place now, by when."""


def one(query: str) -> str:
    """An id (as an address writes it) or a code, from the demo's database."""
    with sqlite3.connect(VAR / "charter.db") as database:
        (found,) = database.execute(query).fetchone()
    return str(UUID(found)) if len(found) == 32 else str(found)


def role_of(query: str) -> str:
    """The role of one of the demo's accounts, from its address in the demo's database."""
    with sqlite3.connect(VAR / "charter.db") as database:
        found = [email for (email,) in database.execute(query)]
    return next(account["role"] for account in DEMO["accounts"] if account["email"] in found)


def the_link_to_sign_off() -> str:
    """The address that the newest email to a senior person leads to; nobody else knows it."""
    for mail in sorted((VAR / "mail").glob("*.eml"), reverse=True):
        found = re.search(r"/sign-off/[\w-]+", mail.read_text())
        if found:
            return found[0]
    raise SystemExit("No email of the demo asks anybody to sign off.")


def upload_a_spreadsheet(page: Page, assessment: str) -> None:
    """Fill in the spreadsheet of an assessment as people do, with a mistake or two, and upload it."""
    home = f"{DEMO['url']}/assessments/{assessment}/spreadsheet"
    book = openpyxl.load_workbook(io.BytesIO(page.request.get(f"{home}.xlsx").body()))
    sheet = book[spreadsheet.ANSWERS]
    places = {str(cell.value): cell.column for cell in sheet[1]}
    for row, (answer, now, when) in enumerate(FILLED, start=2):
        for heading, text in (("Answer", answer), ("What is in place now", now), ("By when", when)):
            if text:
                sheet.cell(row, places[heading], text)
    filled = io.BytesIO()
    book.save(filled)
    page.goto(home)
    file = FilePayload(name="Our answers.xlsx", mimeType="application/octet-stream", buffer=filled.getvalue())
    page.set_input_files("main [name=file]", file)
    page.get_by_role("button", name="Upload and check").click()
    page.wait_for_url("**/check")


def pages() -> list[tuple[str, str, str]]:
    """Each picture's name, who sees it, and its address."""
    mine = one(
        "SELECT a.id FROM assessment a JOIN membership m ON m.organisation_id = a.organisation_id "
        "JOIN user u ON u.id = m.user_id WHERE u.email = 'olive.owner@example.org'"
    )
    case = one(
        "SELECT r.id FROM review r JOIN user u ON u.id = r.assessor_id "
        "WHERE r.status = 'in_review' AND u.email = 'asha.assessor@example.org' ORDER BY r.id"
    )
    asked = one(f"SELECT criterion FROM answer WHERE assessment_id = '{UUID(mine).hex}' ORDER BY criterion LIMIT 1")
    employer, awarded = (
        one(
            "SELECT m.organisation_id FROM membership m JOIN user u ON u.id = m.user_id "
            f"WHERE u.email = '{email}' ORDER BY m.joined_at"
        )
        for email in ("olive.owner@example.org", "wanda.winner@example.org")
    )
    renewing = one(
        "SELECT m.organisation_id FROM membership m JOIN user u ON u.id = m.user_id "
        "WHERE u.email = 'rena.renewer@example.org'"
    )
    first, second = (
        one(f"SELECT {side} FROM likely_pair WHERE dismissed_at IS NULL ORDER BY score DESC, id")
        for side in ("first_id", "second_id")
    )
    older = one(
        f"SELECT id FROM organisation WHERE id IN ('{UUID(first).hex}', '{UUID(second).hex}') ORDER BY registered_at"
    )
    surveyed = one("SELECT organisation_id FROM survey WHERE status = 'closed' ORDER BY id")
    survey = one("SELECT id FROM survey WHERE status = 'closed' ORDER BY id")
    runs_survey = role_of(
        "SELECT u.email FROM user u JOIN membership m ON m.user_id = u.id JOIN survey s ON s.organisation_id = "
        "m.organisation_id WHERE s.status = 'closed' AND m.role = 'owner' ORDER BY s.id, m.joined_at"
    )
    code = one("SELECT code FROM award WHERE status = 'active' AND level = 3")
    meeting = one("SELECT id FROM panel_meeting WHERE status = 'minuted' ORDER BY meets_on DESC")
    return [
        ("home", "", "/"),
        ("criteria", "", "/criteria"),
        ("register", "", "/employers"),
        ("certificate", "", f"/certificates/{code}"),
        ("dashboard", "owner", "/dashboard"),
        ("task-list", "owner", f"/assessments/{mine}"),
        ("tasks", "owner", f"/assessments/{mine}#tasks"),
        ("criterion", "owner", f"/assessments/{mine}/criteria/{asked}"),
        ("team", "owner", f"/organisations/{employer}/team"),
        ("library", "owner", f"/organisations/{employer}/evidence"),
        ("spreadsheet", "owner", f"/assessments/{mine}/spreadsheet/check"),
        ("schemes", "owner who can renew", f"/organisations/{renewing}/schemes"),
        ("recognitions", "owner", f"/organisations/{employer}/recognitions"),
        ("sign-off", "", the_link_to_sign_off()),
        ("survey", runs_survey, f"/organisations/{surveyed}/surveys/{survey}"),
        ("renewal", "owner who can renew", f"/organisations/{renewing}/renew"),
        ("plan", "awarded owner", f"/organisations/{awarded}/plan"),
        ("figures", "owner who can renew", f"/organisations/{renewing}/figures"),
        ("services", "", "/services"),
        ("queue", "assessor", "/admin/reviews/"),
        ("case", "assessor", f"/admin/reviews/{case}"),
        ("quality", "moderator", "/admin/quality/"),
        ("meeting", "moderator", f"/admin/meetings/details/?id={meeting}"),
        ("board", "board", "/board"),
        ("stops", "administrator", "/admin/stops/"),
        ("merge", "administrator", f"/admin/duplicates/{first}/{second}/preview?stays={older}"),
    ]


def signed_in(browser: Browser, role: str) -> Page:
    page = browser.new_context().new_page()
    if role:
        account = next(account for account in DEMO["accounts"] if account["role"] == role)
        page.goto(f"{DEMO['url']}/sign-in")
        page.fill("main [name=email]", account["email"])
        page.fill("main [name=password]", account["password"])
        page.click("main form button")
        if account["totp_secret"]:
            page.fill("main [name=code]", pyotp.TOTP(account["totp_secret"]).now())
            page.click("main form button")
        page.wait_for_load_state()
    return page


def main() -> None:
    for folder in (IMAGES, OTHERS):
        folder.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        people: dict[str, Page] = {}
        wanted = [one for one in pages() if one[0] in sys.argv[1:] or not sys.argv[1:]]
        for name, role, path in wanted:
            if role not in people:
                people[role] = signed_in(browser, role)
            page = people[role]
            if name == "spreadsheet":
                upload_a_spreadsheet(page, path.split("/")[2])
            for width, tallest in TALLEST.items():
                page.set_viewport_size({"width": width, "height": 800})
                page.goto(f"{DEMO['url']}{path}")
                height = min(tallest, page.evaluate("document.documentElement.scrollHeight"))
                file = (IMAGES if f"/{name}-{width}.png" in SHOWN else OTHERS) / f"{name}-{width}.png"
                page.set_viewport_size({"width": width, "height": height})
                page.screenshot(path=file)
                Image.open(file).convert("P", palette=Image.Palette.ADAPTIVE, colors=48).save(file, optimize=True)
                print(file)
        for path in (path for name, _, path in wanted if name == "certificate"):
            (VAR / "certificate.pdf").write_bytes(people[""].request.get(f"{DEMO['url']}{path}.pdf").body())
        browser.close()


if __name__ == "__main__":
    main()
