"""Every page that takes evidence, or a text that an assessor reads, says once what to leave out."""

import re
from pathlib import Path

import pytest

from charter.account.models import User
from charter.app import resource
from charter.assessment.models import Assessment
from charter.organisation.models import Organisation
from tests.factories import Factory
from tests.web.employer.conftest import SignIn

GIVEN = re.compile(r'file_upload\(|type="file"|text_area\([^)]*\b(text|account|explanation)\b|text_area\(form\["note-')
"""What takes a file, a written account, or what somebody explains to the assessor."""
MACROS = {"components/forms.html", "employer/figures/parts.html"}
"""Parts of pages; the note on a figure has the reminder in its hint."""


def pages() -> dict[str, str]:
    root = Path(str(resource("templates")))
    found = {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in root.rglob("*.html")}
    return {
        name: text
        for name, text in found.items()
        if GIVEN.search(text) and name not in MACROS and not name.startswith("admin/")  # staff know it
    }


def test_every_template_that_takes_a_file_or_an_account_has_the_reminder_once() -> None:
    found = pages()
    assert {f"employer/{name}.html" for name in ("assessment/quick", "library/add", "evidence/add")} <= set(found)
    assert {name for name, text in found.items() if text.count("{{ privacy_reminder(") != 1} == set()


@pytest.fixture
def employer(make: Factory) -> Organisation:
    """An employer small enough for the short way."""
    bands = make.framework().content.size_bands
    return make.organisation("Fly's Bakery", size_band=next(one.code for one in bands if one.max == 9))


@pytest.mark.parametrize("path", ["/quick/{theme}", "/criteria/{code}", "/criteria/{code}/evidence", "/spreadsheet"])
def test_the_page_says_it(path: str, assessment: Assessment, owner: User, sign_in: SignIn) -> None:
    content = assessment.framework.content
    asked = content.asked(assessment.target_level)[0]
    text = sign_in(owner).get(f"/assessments/{assessment.id}{path.format(code=asked.code, theme=asked.theme)}").text
    assert text.count(content.evidence_rules.privacy) == 1
