"""The certificate: everything on it, in the right letters, whatever the employer is called."""

import shutil
import subprocess
from datetime import date
from pathlib import Path

import pikepdf
import pytest

from charter import drawing
from charter.award import certificate
from charter.award.certificate import Facts, Issuer

ISSUER = Issuer(
    "Good Employment Charter", "Herefordshire and Worcestershire", "Herefordshire and Worcestershire Health Board"
)
URL = "https://charter.example.org/certificates/Q3nW8s-7vKx0aB_dE2fG5h"
LONGEST = ("The Worshipful Company of Herefordshire and Worcestershire " * 3)[:159] + "!"


def facts(name: str = "Teme Valley Orchards Ltd", level: int = 2) -> Facts:
    return Facts(
        name=name,
        level=level,
        levels=3,
        level_title="Good",
        depth="Evidence checked by an assessor",
        scope="The whole organisation",
        county="Herefordshire",
        starts_on=date(2026, 11, 22),
        ends_on=date(2029, 11, 21),
        number="GEC-2026-000042",
    )


def drawn(said: Facts) -> bytes:
    return certificate.draw(said, issuer=ISSUER, verify_url=URL)


def run(tool: str, *arguments: str) -> str:
    """What one of the tools that read the PDF says; these tests are worth nothing without them."""
    if shutil.which(tool) is None:
        pytest.fail(
            f"{tool} is missing: install poppler-utils and zbar-tools (apt-get install poppler-utils zbar-tools)"
        )
    return subprocess.run([tool, *arguments], check=True, capture_output=True, text=True).stdout


def text_of(pdf: bytes, folder: Path) -> str:
    (folder / "certificate.pdf").write_bytes(pdf)
    return " ".join(run("pdftotext", str(folder / "certificate.pdf"), "-").split())


def test_it_says_everything_in_text_that_can_be_read_and_searched(tmp_path: Path) -> None:
    text = text_of(drawn(facts()), tmp_path)
    for said in (
        "Good Employment Charter",
        "Herefordshire and Worcestershire",
        "This is to certify that Teme Valley Orchards Ltd holds the level of Good",
        "Evidence checked by an assessor",
        "The whole organisation, Herefordshire",
        "22 November 2026",
        "21 November 2029",
        "GEC-2026-000042",
        "Check this certificate at https://charter.example.org/certificates/ Q3nW8s-7vKx0aB_dE2fG5h",
        "Herefordshire and Worcestershire Health Board",
    ):
        assert said in text


@pytest.mark.parametrize(
    "name",
    [
        "Ty",
        "Cymdeithas Tai Dŵr a Llŷn, Gŵyr Ŵ Ŷ ŵ ŷ â ê î ô û Cyf",
        "Zakład Usług Łączności Żółć Gęślą Jaźń Sp. z o.o.",
        "Marks & <b>Spencer</b> <Ltd> &amp; Sons",
        "Ačiū Šiauliai, Țară și Bun, Đặng, Ægir, Œuvre",
        LONGEST,
        "W" * 160,
        "ABCDEFGHIJ" * 16,
    ],
)
def test_a_name_of_any_length_and_in_any_latin_letters_is_printed_whole(name: str, tmp_path: Path) -> None:
    text = text_of(drawn(facts(name)), tmp_path)
    assert name.replace(" ", "") in text.replace(" ", "")


@pytest.mark.parametrize("name", ["Ty", "Teme Valley Orchards Ltd", LONGEST, "W" * 160, "i " * 80])
def test_a_name_stays_between_the_borders(name: str) -> None:
    drawing.fonts()
    lines, size = certificate._fitted(name, width=690)
    assert 1 <= len(lines) <= 4
    assert max(drawing.width_of(line, drawing.BOLD) * size for line in lines) <= 690.01
    assert len(lines) * size * 1.12 <= 106


def test_a_letter_that_the_font_lacks_is_shown_as_its_plain_letter_or_a_question_mark(tmp_path: Path) -> None:
    assert "A? Ltd" in text_of(drawn(facts("Ａ中 Ltd")), tmp_path)


@pytest.mark.parametrize("name", ["Teme Valley Orchards Ltd", LONGEST])
def test_a_phone_reads_the_address_from_the_printed_code(name: str, tmp_path: Path) -> None:
    (tmp_path / "certificate.pdf").write_bytes(drawn(facts(name)))
    run("pdftoppm", "-png", "-r", "100", "-singlefile", str(tmp_path / "certificate.pdf"), str(tmp_path / "page"))
    assert run("zbarimg", "-q", "--raw", str(tmp_path / "page.png")).strip() == URL


def test_it_is_one_landscape_page_of_a4_with_its_fonts_inside(tmp_path: Path) -> None:
    (tmp_path / "certificate.pdf").write_bytes(drawn(facts()))
    information = run("pdfinfo", str(tmp_path / "certificate.pdf"))
    assert "Pages:           1\n" in information
    assert "841.89 x 595.276 pts (A4)" in information
    fonts = run("pdffonts", str(tmp_path / "certificate.pdf")).splitlines()[2:]
    assert len(fonts) == 3
    for font in fonts:
        assert "EBGaramond" in font
        assert font.split()[-5:-2] == ["yes", "yes", "yes"]  # embedded, subset, with its letters' meaning


def test_it_says_what_it_is_to_programs(tmp_path: Path) -> None:
    (tmp_path / "certificate.pdf").write_bytes(drawn(facts("Marks & <Co>")))
    with pikepdf.open(tmp_path / "certificate.pdf") as pdf:
        assert str(pdf.docinfo["/Title"]) == "Good Employment Charter: Good, Marks & <Co>"
        assert str(pdf.docinfo["/Author"]) == ISSUER.owner
        assert str(pdf.docinfo["/Subject"]) == (
            "Certificate GEC-2026-000042, valid from 22 November 2026 to 21 November 2029"
        )
        assert str(pdf.Root["/Lang"]) == "en-GB"


def test_the_same_facts_give_the_same_bytes() -> None:
    assert drawn(facts()) == drawn(facts())
    assert drawn(facts(level=1)) != drawn(facts(level=2))
