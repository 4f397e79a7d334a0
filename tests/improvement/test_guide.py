"""The printed guide: every service, found by need and by name on the page that is said."""

import re
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pikepdf
import pytest
from sqlalchemy.orm import Session

from charter.award.certificate import Issuer
from charter.framework.content import Content
from charter.framework.models import Framework
from charter.improvement import guide, programmes
from charter.improvement.models import Programme, ProgrammeStatus
from tests.conftest import AT

ON = date(2026, 11, 22)
SAID = guide.Facts(
    issuer=Issuer("Good Employment Charter", "Herefordshire and Worcestershire", "The Health Board"),
    on=ON,
    address="https://charter.example.org/services",
)


@pytest.fixture
def content(framework: Framework) -> Content:
    return framework.content


@pytest.fixture
def found(session: Session, content: Content) -> tuple[Programme, ...]:
    programmes.load(session, by=None, at=AT, on=ON)
    session.flush()
    return programmes.search(session, programmes.Search(), content)


def made_up(number: int, content: Content, **values: object) -> Programme:
    said = {
        "code": f"service-{number}",
        "name": f"Service number {number}",
        "provider": "A Trust",
        "county": None,
        "for_whom": "Employers.",
        "offers": "Advice.",
        "themes": [theme.code for theme in content.themes],
        "criteria": [],
        "size_min": None,
        "size_max": None,
        "how_to_start": "Call.",
        "website": None,
        "status": ProgrammeStatus.OPEN,
        **values,
    }
    return Programme(**said)


def pages(pdf: bytes, folder: Path) -> list[str]:
    """The text of each page, as another program reads it."""
    if shutil.which("pdftotext") is None:
        pytest.fail("pdftotext is missing: install poppler-utils")
    (folder / "guide.pdf").write_bytes(pdf)
    text = subprocess.run(
        ["pdftotext", "-layout", str(folder / "guide.pdf"), "-"], check=True, capture_output=True, text=True
    ).stdout
    return text.split("\f")[:-1]


def test_it_prints_every_service_with_what_it_offers_and_how_to_start(
    found: tuple[Programme, ...], content: Content, tmp_path: Path
) -> None:
    read = pages(guide.draw(found, content, SAID), tmp_path)
    text = re.sub(r"\s+", "", "".join(read))
    assert "22 November 2026" in read[0]
    for one in found:
        for said in (one.name, one.provider, one.offers, one.for_whom, one.how_to_start, f"{SAID.address}/{one.code}"):
            assert re.sub(r"\s+", "", said) in text, said


def test_each_page_number_is_that_of_the_page(found: tuple[Programme, ...], content: Content, tmp_path: Path) -> None:
    many = (*found, *(made_up(number, content) for number in range(40)))
    read = pages(guide.draw(many, content, SAID), tmp_path)
    first = next(number for number, page in enumerate(read) if "Each service" in page)
    checked = 0
    for one in many:
        (place,) = (
            number + 1 for number, page in enumerate(read) if number >= first and f"{SAID.address}/{one.code}\n" in page
        )
        lines = re.findall(rf"^{re.escape(one.name)} {{2,}}.*?(\d+)$", "".join(read), flags=re.M)
        assert len(lines) > len(one.themes), one.name  # under each need, and in the index
        assert set(lines) == {str(place)}, one.name
        checked += 1
    assert checked == len(many)


def test_a_need_that_nothing_helps_with_says_whom_to_ask(content: Content, tmp_path: Path) -> None:
    read = "".join(pages(guide.draw([], content, SAID), tmp_path))
    assert read.count("Ask your Growth Hub what there is.") == len(content.themes)
    assert "0 services" in read


def test_what_is_typed_is_printed_as_it_is_typed(content: Content, tmp_path: Path) -> None:
    odd = made_up(
        1,
        content,
        name='Żółć <b>& "Sons"</b> <a href="x">',
        offers="W" * 900,
        how_to_start="5 < 6 & 7 > 6",
        website='https://example.org/?a=1&b="2"',
    )
    read = "".join(pages(guide.draw([odd], content, SAID), tmp_path))
    assert 'Żółć <b>& "Sons"</b> <a href="x">' in read
    close = re.sub(r"\s+", "", read)
    assert "5<6&7>6" in close
    assert close.count("W" * 900) == 1


def test_the_same_services_and_day_give_the_same_bytes(found: tuple[Programme, ...], content: Content) -> None:
    assert guide.draw(found, content, SAID) == guide.draw(found, content, SAID)


def test_it_has_a_title_a_language_and_an_outline(
    found: tuple[Programme, ...], content: Content, tmp_path: Path
) -> None:
    (tmp_path / "guide.pdf").write_bytes(guide.draw(found, content, SAID))
    with pikepdf.open(tmp_path / "guide.pdf") as pdf:
        assert str(pdf.docinfo["/Title"]) == "Employer Guide and Directory of Services 2026"
        assert str(pdf.Root["/Lang"]) == "en-GB"
        with pdf.open_outline() as outline:
            titles = [item.title for item in outline.root]
            assert titles == ["How to use this guide", "What do you need help with?", "Each service", "Index"]
            assert {child.title for child in outline.root[2].children} == {one.name for one in found}
