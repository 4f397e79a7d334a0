"""Pictures of what a file shows: drawn apart, bounded, kept, and gone when the file goes."""

import io
from pathlib import Path
from uuid import uuid4

import pytest
from PIL import Image
from reportlab.pdfgen import canvas

from charter.assessment import drawing_pages, previews
from charter.assessment.file_checks import FileKind
from charter.assessment.models import Evidence, EvidenceKind, ScanState
from charter.storage import Store, open_store
from tests.assessment.test_file_checks import picture


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path))


def pdf(pages: int) -> bytes:
    out = io.BytesIO()
    drawn = canvas.Canvas(out)
    for number in range(pages):
        drawn.setFillColorRGB(1, 0, 0)
        drawn.rect(0, 0, 600, 900, fill=1)
        drawn.drawString(72, 720, f"Page {number + 1}")
        drawn.showPage()
    drawn.save()
    return out.getvalue()


def piece(store: Store, content: bytes, kind: FileKind = FileKind.PDF) -> Evidence:
    return Evidence(
        id=uuid4(),
        kind=EvidenceKind.FILE,
        sha256=store.put(content),
        media_type=kind.media_type,
        filename="a",
        scan=ScanState.CLEAN,
    )


def test_the_first_pages_of_a_pdf_are_drawn_and_no_more(store: Store) -> None:
    one = piece(store, pdf(5))
    assert previews.pages(store, one) == drawing_pages.PAGES
    first = previews.page(store, one, 1)
    assert first is not None
    with Image.open(io.BytesIO(first)) as shown:
        assert shown.format == "PNG"
        assert shown.width <= drawing_pages.WIDTH
        assert shown.height <= drawing_pages.HEIGHT
        assert shown.getpixel((shown.width // 2, shown.height // 2)) == (255, 0, 0)
    assert previews.page(store, one, 4) is None
    assert previews.page(store, one, 0) is None


def test_a_picture_is_drawn_anew_without_what_hides_in_it(store: Store) -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "Jane Doe's desk"
    Image.new("RGB", (4000, 100), "green").save(out, "JPEG", exif=exif)
    drawn = previews.page(store, piece(store, out.getvalue(), FileKind.JPEG), 1)
    assert drawn is not None
    assert b"Jane" in out.getvalue()
    assert b"Jane" not in drawn
    with Image.open(io.BytesIO(drawn)) as shown:
        assert shown.size == (1000, 25)


def test_they_are_drawn_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    one = piece(store, picture("png"), FileKind.PNG)
    assert previews.pages(store, one) == 1
    monkeypatch.setattr(previews, "draw", lambda *_: pytest.fail("drawn again"))
    assert previews.page(store, one, 1)


def test_a_file_that_cannot_be_drawn_has_none_and_that_is_remembered(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = piece(store, b"%PDF-1.7 not really")
    assert previews.pages(store, one) == 0
    monkeypatch.setattr(previews, "draw", lambda *_: pytest.fail("drawn again"))
    assert previews.pages(store, one) == 0


def test_what_takes_too_long_has_none(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "WAIT", 0.01)
    assert previews.draw("pdf", pdf(1)) == []


def test_other_kinds_and_what_was_removed_have_none(store: Store) -> None:
    assert previews.pages(store, piece(store, b"text", FileKind.TXT)) == 0
    assert not previews.by_name("minutes.docx")
    assert previews.by_name("Policy.PDF")
    assert not previews.by_name(None)


def test_they_go_when_the_file_goes(store: Store) -> None:
    one = piece(store, pdf(1))
    assert previews.pages(store, one) == 1
    assert one.sha256 is not None
    store.remove(one.sha256)
    assert store.beside(one.sha256, "preview-1.png") is None
    assert previews.pages(store, one) == 0
