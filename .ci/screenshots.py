"""Take the pictures of the README: ten pages of a running demo, on a wide and on a narrow screen.

Start the demo with `make run`, then run this from another terminal.
"""

import json
import shutil
import sqlite3
from pathlib import Path
from uuid import UUID

import pyotp
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
DEMO = json.loads((ROOT / "var" / "demo.json").read_text())
IMAGES = ROOT / "docs" / "images"
TALLEST = {1280: 1500, 320: 1100}


def one(query: str) -> str:
    """An id (as an address writes it) or a code, from the demo's database."""
    with sqlite3.connect(ROOT / "var" / "charter.db") as database:
        (found,) = database.execute(query).fetchone()
    return str(UUID(found)) if len(found) == 32 else str(found)


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
    code = one("SELECT code FROM award WHERE status = 'active' AND level = 3")
    return [
        ("home", "", "/"),
        ("criteria", "", "/criteria"),
        ("register", "", "/employers"),
        ("certificate", "", f"/certificates/{code}"),
        ("dashboard", "owner", "/dashboard"),
        ("task-list", "owner", f"/assessments/{mine}"),
        ("criterion", "owner", f"/assessments/{mine}/criteria/{asked}"),
        ("queue", "assessor", "/admin/reviews/"),
        ("case", "assessor", f"/admin/reviews/{case}"),
        ("board", "board", "/board"),
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
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        people = {role: signed_in(browser, role) for role in ("", "owner", "assessor", "board")}
        for name, role, path in pages():
            page = people[role]
            for width, tallest in TALLEST.items():
                page.set_viewport_size({"width": width, "height": 800})
                page.goto(f"{DEMO['url']}{path}")
                height = min(tallest, page.evaluate("document.documentElement.scrollHeight"))
                file = IMAGES / f"{name}-{width}.png"
                page.set_viewport_size({"width": width, "height": height})
                page.screenshot(path=file)
                Image.open(file).convert("P", palette=Image.Palette.ADAPTIVE, colors=64).save(file, optimize=True)
                print(file.relative_to(ROOT))
        pdf = people[""].request.get(f"{DEMO['url']}{pages()[3][2]}.pdf").body()
        (ROOT / "var" / "certificate.pdf").write_bytes(pdf)
        browser.close()


if __name__ == "__main__":
    main()
