"""A small bakery answers offline in a spreadsheet, goes the short way through the rest, and takes everything away."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pytest

from charter.account.models import User
from charter.assessment import sharing, short_path, spreadsheet
from charter.assessment.models import Assessment
from charter.clock import now
from charter.framework.content import Content, Extent
from tests.browser.conftest import Person, Portal
from tests.browser.test_main_job import signs_in
from tests.factories import Factory


def a_bakery() -> tuple[User, User, Assessment, Content]:
    """A small employer with two owners, who have begun."""
    make = Factory(now())
    content = make.framework().content
    short = content.evidence_rules.short_path
    assert short is not None
    band = next(one.code for one in content.size_bands if one.max == short.headcount_ceiling)
    bakery = make.organisation("Fly’s Bakery", size_band=band)
    owner, partner = (make.member(bakery, name) for name in ("Fleur Fly", "Piet Partner"))
    assessment = make.assessment(bakery, by=owner)
    assert short_path.offered(assessment) is not None
    return owner, partner, assessment, content


def write(path: Path, template: bytes, rows: dict[str, dict[str, object]]) -> None:
    """The downloaded workbook with these cells written, by code and heading, kept at a path."""
    book = openpyxl.load_workbook(io.BytesIO(template))
    sheet = book[spreadsheet.ANSWERS]
    places = {cell.value: cell.column for cell in sheet[1]}
    for row in sheet.iter_rows(min_row=2):
        for heading, value in rows.get(row[0].value, {}).items():
            sheet.cell(row[0].row, places[heading], value)
    book.save(path)


def stays(person: Person) -> None:
    """Somebody takes a moment over a page: less than a second is not counted."""
    person.page.wait_for_timeout(1_100)


@pytest.mark.parametrize(
    ("scripts", "width"), [(True, 1280), (False, 320)], ids=["with scripts", "without scripts, on a phone"]
)
def test_a_small_firm_answers_offline_goes_the_short_way_and_takes_everything_with_it(
    at_browser: Callable[..., Person], portal: Portal, tmp_path: Path, scripts: bool, width: int
) -> None:
    owner, partner, assessment, content = portal.inside(a_bakery)
    home = f"/assessments/{assessment.id}"
    labels = {one.extent: one.label for one in content.scale}
    first, second, third = content.asked(1)[:3]

    fleur = at_browser(scripts=scripts, width=width)
    signs_in(fleur, owner)
    fleur.opens(home)
    fleur.follows("Fill in your answers in a spreadsheet")
    template = fleur.downloads("Download the spreadsheet", role="button")
    piet = at_browser(scripts=scripts, width=width)
    signs_in(piet, partner)
    piet.opens(f"{home}/criteria/{second.code}")
    piet.ticks("value", content.scale[0].value)
    piet.presses("Save and go back to the list")

    offline = tmp_path / "filled.xlsx"
    write(
        offline,
        template,
        {
            first.code: {"Answer": labels[Extent.MET], "What is in place now": "The owner looks after it."},
            second.code: {"Answer": labels[Extent.MET]},
            third.code: {"Answer": "Sort of", "By when": "03/27/2027"},
        },
    )
    fleur.page.locator("main [name='file']").set_input_files(offline)
    fleur.presses("Upload and check")
    fleur.reads("“Sort of” is not one of the answers")
    fleur.reads("has the month first. Write 27/3/2027.")
    fleur.reads("The owner looks after it.")
    fleur.presses("Save what is shown here")
    fleur.reads(f"Choose which to keep for “{second.title}”.")
    fleur.ticks(f"choice-criterion-{second.code}", "sheet")
    fleur.presses("Save what is shown here")
    fleur.reads("Saved from your spreadsheet: 2 answers.")
    fleur.reads("“Sort of” is not one of the answers")
    fleur.presses("Go on with the tasks")

    fleur.page.get_by_role("button", name="the short way").click()
    fleur.page.wait_for_load_state()
    fleur.looks()
    stays(fleur)
    for _ in range(20):
        if "/quick/" not in fleur.page.url:
            break
        for box in fleur.page.locator(f"main [name$='-value'][value='{content.scale[-2].value}']").all():
            box.check()
        for box in fleur.page.locator("main [name$='-account']").all():
            if not scripts or box.is_visible():
                box.fill("We do this every week, since 2024. The diary shows it.")
        fleur.looks()
        fleur.presses("Save and continue")
    assert fleur.page.url.endswith("/declarations")
    stays(fleur)
    fleur.presses("Save and continue")  # on to the figures, and from there to the page to check: never by the list
    fleur.reads("Your figures")
    stays(fleur)
    fleur.presses("Save and continue")
    assert fleur.page.url.endswith("/check")
    fleur.opens("/privacy")
    fleur.reads("How long an assessment takes")

    fleur.opens(f"/organisations/{assessment.organisation_id}/export")
    taken = fleur.downloads("Download everything", role="button")
    with ZipFile(io.BytesIO(taken)) as archive:
        document = json.loads(archive.read("everything.json"))
    assert {one["criterion"] for one in document["answers"]} >= {one.code for one in content.asked(1)} - {
        one.code for one in content.asked(1) if one.min_headcount
    }
    # the time of each page that was saved, with and without scripts; no person, no visit
    timed = {one["task"]: one for one in document["time_spent"]}
    assert timed.keys() >= {sharing.DECLARATIONS, sharing.FIGURES}
    assert timed.keys() & {one.code for one in content.asked(1)}
    assert set(timed[sharing.FIGURES]) == {"id", "assessment_id", "task", "seconds", "counted_at"}
    for person in (fleur, piet):
        assert person.problems == []
        wide = person.page.evaluate("document.documentElement.scrollWidth") if scripts else width
        assert wide <= width
