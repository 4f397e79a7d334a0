"""The whole main job in a real browser: from signing up to a stranger who scans the certificate on a wall."""

import io
import re
from pathlib import Path

import pyotp
import pytest
import sqlalchemy as sa
from PIL import Image
from reportlab.pdfgen import canvas

from charter import worker
from charter.account.models import User
from charter.award.models import Award
from charter.clock import now
from charter.extensions import db, transaction
from charter.framework.content import Content, Extent
from charter.notification.models import Message
from charter.reporting import targets
from tests.browser.conftest import Person, Portal
from tests.factories import PASSWORD, Factory
from tests.readers import scanned

STAFF = (("assessor", "Asha Assessor"), ("moderator", "Mo Moderator"), ("board", "Bea Board"))
NEW_PASSWORD = "orchard gate kettle 1912"


def mailed(portal: Portal, address: str, kind: str) -> str:
    """The path of the link in the newest message of a kind to an address."""
    query = (
        sa.select(Message.body)
        .where(Message.to_address == address, Message.kind == kind)
        .order_by(Message.written_at.desc())
    )
    body = portal.inside(lambda: db.session.scalars(query).first())
    assert body is not None, f"no {kind} to {address}"
    found = re.search(r"\[portal\](/\S+/\S+)", body)
    assert found, body
    return found[1]


def the_scheme() -> tuple[Content, User, User, User]:
    """What the scheme has before any employer comes: a framework, measures, and its people."""
    make = Factory(now())
    with transaction() as session:
        targets.load_measures(session, by=None, at=now())
    people = [make.staff(role, name) for role, name in STAFF]
    return (make.framework().content, *people)


def signs_up(person: Person, portal: Portal, name: str, email: str) -> None:
    person.opens("/sign-up")
    person.fills("name", name)
    person.fills("email", email)
    person.fills("password", NEW_PASSWORD)
    person.presses("Create account")
    person.opens(mailed(portal, email, "confirm_email"))
    person.presses("Yes, confirm it")


def signs_in(person: Person, user: User) -> None:
    person.opens("/sign-in")
    person.fills("email", user.email)
    person.fills("password", PASSWORD)
    person.presses("Sign in")
    if user.totp_secret:
        person.fills("code", pyotp.TOTP(user.totp_secret).now())
        person.sends()


def a_pdf(title: str) -> bytes:
    out = io.BytesIO()
    page = canvas.Canvas(out)
    page.drawString(72, 720, title)
    page.save()
    return out.getvalue()


def a_photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 200), "#d9e7df").save(out, "JPEG")
    return out.getvalue()


def answers(person: Person, assessment: str, code: str, met_by_us: str, *, needs_evidence: bool, number: int) -> None:
    """Say that a criterion is fully in place, with a file or a written account where evidence is needed."""
    person.opens(f"{assessment}/criteria/{code}")
    person.ticks("value", met_by_us)
    if not needs_evidence:
        person.presses("Save and go back to the list")
        return
    person.presses("Save and add evidence")
    if number % 3 == 0:
        person.ticks("kind", "account")
        person.fills("text", "We are six people and talk every morning. New people get a sheet that says so.")
    else:
        person.ticks("kind", "file")
        name, kind, content = (
            ("Our page.pdf", "application/pdf", a_pdf(f"Page {number}"))
            if number % 3 == 1
            else ("Noticeboard.jpg", "image/jpeg", a_photo())
        )
        person.page.locator("[name=file]").set_input_files({"name": name, "mimeType": kind, "buffer": content})
    person.presses("Add evidence")


def sends_findings(person: Person, button: str) -> None:
    """Press a button of the case's form. With scripts it goes off once what is being saved by itself has arrived."""
    with person.page.expect_navigation():
        person.page.get_by_role("button", name=button, exact=True).first.click()
    person.looks()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_an_employer_earns_a_level_and_anyone_can_check_it(
    at_browser, portal: Portal, tmp_path: Path, scripts: bool
) -> None:
    content, assessor_user, moderator_user, board_user = portal.inside(the_scheme)

    # Olive signs up, adds the garage and invites Colin ------------------------------------------------------------
    olive = at_browser(scripts=scripts)
    olive.opens("/")
    signs_up(olive, portal, "Olive Owner", "olive@garage.example.org")
    if "/organisations/new" not in olive.page.url:
        olive.opens("/organisations/new")
    olive.fills("name", "Leadon Vale Garage Ltd")
    olive.ticks("county", content.counties[0].code)
    olive.ticks("size_band", content.size_bands[0].code)
    olive.page.locator("[name=sector]").select_option(index=7)
    olive.ticks("scope", "whole")
    olive.fills("company_number", "01234567")
    olive.ticks("listed", "yes")
    olive.presses("Save and continue")
    organisation = re.search(r"/organisations/[0-9a-f-]{36}", olive.page.url)
    assert organisation
    olive.opens(f"{organisation[0]}/recognitions/new")
    olive.presses("Add this award")  # with nothing chosen: what is wrong is said, and axe reads that page too
    olive.reads("Choose a scheme from the list.")
    held = next(place for place, one in enumerate(content.passports) if "expiry_date" in one.needs)
    olive.page.locator("[name=scheme]").select_option(str(held))
    olive.fills("reference", "DCS012345")
    for field, year in (("starts_on", "2025"), ("ends_on", "2028")):
        for part, text in (("day", "1"), ("month", "4"), ("year", year)):
            olive.fills(f"{field}-{part}", text)
    olive.fills("url", "https://example.org/who-holds-it")
    olive.presses("Add this award")
    olive.reads(f"{content.passports[held].title} is added. We will check it.")
    olive.opens(f"{organisation[0]}/team/invite")
    olive.fills("email", "colin@garage.example.org")
    olive.ticks("role", "contributor")
    olive.presses("Send the invitation")
    colin = at_browser(scripts=scripts, width=320)
    colin.opens("/")
    assert not colin.page.locator("nav[aria-label=Main] a").first.is_visible(), "the menu is folded on a phone"
    colin.page.locator(".charter-menu__button").click()
    colin.follows("What the charter asks")
    colin.reads("What each level needs")
    signs_up(colin, portal, "Colin Colleague", "colin@garage.example.org")
    colin.opens(mailed(portal, "colin@garage.example.org", "invitation_to_employer"))
    colin.presses("Join")
    colin.reads("Leadon Vale Garage Ltd")

    # They answer together -----------------------------------------------------------------------------------------
    olive.opens(f"{organisation[0]}/assessments/new")
    olive.ticks("target_level", "1")
    olive.presses("Start")
    found = re.search(r"/assessments/[0-9a-f-]{36}", olive.page.url + olive.page.content())
    assert found
    assessment = found[0]
    fully = next(value.value for value in content.scale if value.extent is Extent.MET)
    asked = content.asked(1, content.size_bands[0].max)
    for number, criterion in enumerate(asked):
        answers(
            colin if number % 2 else olive,
            assessment,
            criterion.code,
            fully,
            needs_evidence=criterion.evidence_required,
            number=number,
        )
    olive.opens(f"{assessment}/declarations")
    for declaration in content.declarations:
        olive.page.locator(f"input[name='declaration-{declaration.code}'][value='yes']").check()
    olive.presses("Save and go back to the list")
    colin.opens(f"{assessment}/figures")
    for part, text in zip(("day", "month", "year"), ("31", "3", "2026"), strict=True):
        colin.page.locator(f"input[name='period_end-{part}']").fill(text)
    for box in colin.page.locator("input[name^='number-']").all():
        box.fill("6" if "headcount" in (box.get_attribute("name") or "") else "0")
    for name, text in (("fte", "5.5"), ("avg_headcount", "6")):
        if colin.page.locator(f"input[name='number-{name}']").count():
            colin.page.locator(f"input[name='number-{name}']").fill(text)
    colin.presses("Save and go back to the list")
    colin.opens(f"{assessment}/submit")
    colin.reads("You cannot open this page")  # only an owner sends the answers

    olive.opens(f"{assessment}/level")
    olive.reads(content.levels[0].title)
    olive.opens(f"{assessment}/check")
    olive.presses("Continue and send")
    olive.fills("declared_by", "Olive Owner")
    olive.fills("declared_role", "Owner")
    olive.ticks("agreed")
    olive.presses("Agree and send")
    olive.reads("Your answers are sent")

    # Asha takes the case, finds, and asks for more on one ----------------------------------------------------------
    asha = at_browser(scripts=scripts)
    signs_in(asha, assessor_user)
    asha.opens("/admin/reviews/")
    asha.follows("Leadon Vale Garage Ltd")
    case = asha.page.url.split("#")[0]
    asha.opens(f"{case}/claim")
    asha.presses("Take this case")
    asha.opens(f"{case}?open=all")
    doubtful = next(criterion for criterion in asked if criterion.evidence_required)
    for criterion in asked:
        outcome = next(
            one
            for one in content.outcomes
            if one.asks_employer == (criterion is doubtful) and (criterion is doubtful or one.extent is Extent.MET)
        )
        asha.page.locator(f"input[name='outcome-{criterion.code}'][value='{outcome.value}']").check()
        asha.page.locator(f"#feedback-{criterion.code}").fill("Thank you." if criterion is not doubtful else "")
    asha.page.locator(f"#note-{asked[0].code}").fill("A private thought about this case.")
    sends_findings(asha, "Save findings")
    asha.opens(f"{case}/ask")
    asha.page.locator(f"input[name='questions'][value='criterion-{doubtful.code}']").check()
    asha.page.locator(f"#question-criterion-{doubtful.code}").fill("Please send one that you used this year.")
    asha.presses("Send the questions")

    # Olive answers only that ---------------------------------------------------------------------------------------
    olive.opens(assessment)
    olive.reads("Please send one that you used this year.")
    frozen = next(criterion for criterion in asked if criterion is not doubtful)
    olive.opens(f"{assessment}/criteria/{frozen.code}")
    olive.reads("This answer is with the assessor and cannot be changed now.")
    answers(olive, assessment, doubtful.code, fully, needs_evidence=True, number=4)
    olive.opens(f"{assessment}/submit")
    olive.fills("declared_by", "Olive Owner")
    olive.fills("declared_role", "Owner")
    olive.ticks("agreed")
    olive.presses("Agree and send")

    # Asha recommends, Mo decides -----------------------------------------------------------------------------------
    asha.opens(case)
    asha.reads("What changed since round 1")
    met = next(one for one in content.outcomes if one.extent is Extent.MET)
    asha.page.locator(f"input[name='outcome-{doubtful.code}'][value='{met.value}']").check()
    sends_findings(asha, "Save and go on")
    asha.reads("Every criterion that counts has a finding.")
    asha.opens(f"{case}/recommend")
    asha.page.locator("input[name='level'][value='1']").check()
    asha.page.locator("#reasons").fill("Everything this level asks is in place.")
    asha.presses("Send my recommendation")
    mo = at_browser(scripts=scripts)
    signs_in(mo, moderator_user)
    mo.opens(case)
    mo.opens(f"{case}/moderate")
    mo.page.locator("input[name='deed'][value='agree']").check()
    mo.presses("Confirm")

    # The award, its certificate, and a stranger with a phone -------------------------------------------------------
    olive.opens("/dashboard")
    olive.reads(content.levels[0].title)
    olive.opens(assessment)
    olive.reads("Thank you.")
    assert "A private thought" not in olive.page.content()
    award = portal.inside(lambda: db.session.scalars(sa.select(Award)).one())
    assert mailed(portal, "olive@garage.example.org", "decision_awarded")
    assert portal.inside(lambda: worker.seal_certificates(portal.app)) == 1
    certificate = olive.page.request.get(f"{portal.url}/certificates/{award.code}.pdf").body()
    (leads_to,) = scanned(certificate, tmp_path)
    stranger = at_browser(scripts=scripts, width=320)
    stranger.opens(leads_to)
    stranger.reads("Leadon Vale Garage Ltd")
    stranger.reads("Genuine and current")
    stranger.opens("/employers")
    stranger.follows("Leadon Vale Garage Ltd")

    # The board -----------------------------------------------------------------------------------------------------
    bea = at_browser(scripts=scripts)
    signs_in(bea, board_user)
    bea.opens("/board")
    bea.reads("1 employer is accredited, 1 more than a year before.")
    table = bea.page.request.get(f"{portal.url}/board/accredited.csv").text()
    assert content.counties[0].title in table

    everyone = [olive, colin, asha, mo, stranger, bea]
    problems = {problem for person in everyone for problem in person.problems}
    assert not problems, "\n".join(sorted(problems))
