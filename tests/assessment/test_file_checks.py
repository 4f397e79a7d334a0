"""Uploaded files: genuine ones of each kind are taken, hostile and broken ones are turned away with advice."""

import struct
import subprocess
import sys
import time
import tracemalloc
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import docx
import openpyxl
import pikepdf
import pytest
from openpyxl.chart import BarChart, Reference
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, ImageDraw
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from charter.assessment import file_checks
from charter.assessment.file_checks import ACCEPT, Checked, FileKind, check, clean_name
from charter.errors import Refusal

LIMIT = 10_000_000
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"


# Makers of genuine files ---------------------------------------------------------------------------------------------


def pdf(pages: int = 1, **options: Any) -> bytes:
    made = BytesIO()
    canvas = Canvas(made, pagesize=A4, **options)
    for number in range(pages):
        canvas.drawString(72, 720, f"Flexible working, page {number + 1}")
        canvas.showPage()
    canvas.save()
    return made.getvalue()


def pdf_with(change: Callable[[pikepdf.Pdf], None], **options: Any) -> bytes:
    made = BytesIO()
    with pikepdf.open(BytesIO(pdf(2))) as document:
        change(document)
        document.save(made, **options)
    return made.getvalue()


def word(change: Callable[[Any], None] | None = None) -> bytes:
    document = docx.Document()
    document.add_heading("Sick leave")
    document.add_paragraph("We pay sick leave from the first day.")
    if change:
        change(document)
    made = BytesIO()
    document.save(made)
    return made.getvalue()


def excel(change: Callable[[Any], None] | None = None) -> bytes:
    workbook = openpyxl.Workbook()
    for row in range(1, 50):
        workbook.active.append([row, row * 2])
    if change:
        change(workbook)
    made = BytesIO()
    workbook.save(made)
    return made.getvalue()


def picture(kind: str = "PNG", mode: str = "RGB", size: tuple[int, int] = (120, 80), **options: Any) -> bytes:
    image = Image.effect_noise(size, 40).convert("RGB")
    ImageDraw.Draw(image).line((0, 0, *size), fill="green", width=3)
    made = BytesIO()
    image.convert(mode).save(made, kind, **options)
    return made.getvalue()


def chart(workbook: Any) -> None:
    drawn = BarChart()
    drawn.add_data(Reference(workbook.active, min_col=2, min_row=1, max_row=10))
    workbook.active.add_chart(drawn, "D2")


def link(document: Any) -> None:
    document.part.relate_to("https://example.org/policy", _relation("hyperlink"), is_external=True)


def _relation(name: str) -> str:
    return f"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{name}"


def repacked(package: bytes, put: dict[str, bytes | None] | None = None) -> bytes:
    """The same package with some parts put in, changed, or (None) left out."""
    put = dict(put or {})
    made = BytesIO()
    with ZipFile(BytesIO(package)) as old, ZipFile(made, "w", ZIP_DEFLATED) as new:
        for part in old.infolist():
            content = put.pop(part.filename, old.read(part))
            if content is not None:
                new.writestr(part.filename, content)
        for name, content in put.items():
            if content is not None:
                new.writestr(name, content)
    return made.getvalue()


def part_of(package: bytes, name: str) -> bytes:
    with ZipFile(BytesIO(package)) as archive:
        return archive.read(name)


def types_of(package: bytes, old: str, new: str) -> bytes:
    types = part_of(package, "[Content_Types].xml").decode()
    assert old in types
    return repacked(package, {"[Content_Types].xml": types.replace(old, new).encode()})


def related(package: bytes, rels: str, relation: str, target: str, mode: str = ' TargetMode="External"') -> bytes:
    content = part_of(package, rels).decode()
    one = f'<Relationship Id="rIdX" Type="{relation}" Target="{target}"{mode}/></Relationships>'
    return repacked(package, {rels: content.replace("</Relationships>", one).encode()})


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, data: bytes, colour: int = 0) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def embedded_chart() -> bytes:
    """A Word document with a workbook behind a chart, as Word makes them."""
    return repacked(word(), {"word/embeddings/Microsoft_Excel_Worksheet.xlsx": excel()})


GENUINE: dict[str, tuple[str, Callable[[], bytes], FileKind]] = {
    "a one-page pdf": ("policy.pdf", pdf, FileKind.PDF),
    "a long pdf": ("handbook.pdf", lambda: pdf(60), FileKind.PDF),
    "a pdf whose name is in capitals": ("POLICY.PDF", pdf, FileKind.PDF),
    "a pdf with compressed pages": ("policy.pdf", lambda: pdf(3, pageCompression=1), FileKind.PDF),
    "a pdf with object streams": (
        "policy.pdf",
        lambda: pdf_with(lambda _: None, object_stream_mode=pikepdf.ObjectStreamMode.generate),
        FileKind.PDF,
    ),
    "a linearised pdf": ("policy.pdf", lambda: pdf_with(lambda _: None, linearize=True), FileKind.PDF),
    "a pdf with a link": (
        "policy.pdf",
        lambda: pdf_with(lambda document: annotate(document, Dictionary(S=Name.URI, URI=String("https://x.org")))),
        FileKind.PDF,
    ),
    "a pdf that ends in line breaks": ("policy.pdf", lambda: pdf() + b"\r\n\r\n", FileKind.PDF),
    "a pdf padded with zeros": ("policy.pdf", lambda: pdf() + b"\x00" * 100, FileKind.PDF),
    "a pdf with a byte order mark": ("policy.pdf", lambda: b"\xef\xbb\xbf" + pdf(), FileKind.PDF),
    "a word document": ("Sick leave.docx", word, FileKind.DOCX),
    "a word document with a table": ("a.docx", lambda: word(lambda it: it.add_table(3, 3)), FileKind.DOCX),
    "a word document with a picture": (
        "a.docx",
        lambda: word(lambda it: it.add_picture(BytesIO(picture()))),
        FileKind.DOCX,
    ),
    "a word document with a link": ("a.docx", lambda: word(link), FileKind.DOCX),
    "a word document with a chart's figures": ("a.docx", embedded_chart, FileKind.DOCX),
    "a workbook": ("figures.xlsx", excel, FileKind.XLSX),
    "a workbook with a chart": ("figures.xlsx", lambda: excel(chart), FileKind.XLSX),
    "a workbook with several sheets": (
        "figures.xlsx",
        lambda: excel(lambda it: [it.create_sheet() for _ in range(9)]),
        FileKind.XLSX,
    ),
    "a png": ("photo.png", picture, FileKind.PNG),
    "a png with transparency": ("photo.png", lambda: picture(mode="RGBA"), FileKind.PNG),
    "a png with a palette": ("photo.png", lambda: picture(mode="P"), FileKind.PNG),
    "a png in black and white": ("photo.png", lambda: picture(mode="1"), FileKind.PNG),
    "a jpeg": ("photo.jpg", lambda: picture("JPEG"), FileKind.JPEG),
    "a jpeg with the long ending": ("photo.jpeg", lambda: picture("JPEG"), FileKind.JPEG),
    "a progressive jpeg": ("photo.jpg", lambda: picture("JPEG", progressive=True), FileKind.JPEG),
    "a grey jpeg": ("photo.jpg", lambda: picture("JPEG", mode="L"), FileKind.JPEG),
    "a print jpeg": ("photo.jpg", lambda: picture("JPEG", mode="CMYK"), FileKind.JPEG),
    "a phone's jpeg with a second picture": (
        "photo.jpg",
        lambda: picture("JPEG") + picture("JPEG", size=(20, 20)),
        FileKind.JPEG,
    ),
    "plain text": ("note.txt", lambda: b"We asked our staff.\n", FileKind.TXT),
    "text with accents": ("note.txt", lambda: "Café and crèche\r\n".encode(), FileKind.TXT),
    "text from Notepad": ("note.txt", lambda: "\ufeffPolicy – agreed".encode(), FileKind.TXT),
    "text from old Windows": ("note.txt", lambda: "Policy – “agreed”".encode("cp1252"), FileKind.TXT),
    "text in Arabic": ("سياسة.txt", lambda: "سياسة العمل المرن".encode(), FileKind.TXT),
    "text that speaks of tags": ("note.txt", lambda: b"Use <b> for bold & 1 < 2", FileKind.TXT),
}


def annotate(document: pikepdf.Pdf, action: Any, **values: Any) -> None:
    note = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=action, **values)
    document.pages[0].Annots = document.make_indirect(Array([document.make_indirect(note)]))


def script(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


def script_in_names(document: pikepdf.Pdf) -> None:
    act = Dictionary(S=Name.JavaScript, JS=String("1"))
    document.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("x"), act])))


def script_in_page(document: pikepdf.Pdf) -> None:
    document.pages[1].AA = Dictionary(O=Dictionary(S=Name.JavaScript, JS=document.make_stream(b"app.alert(1)")))


def launch(document: pikepdf.Pdf) -> None:
    annotate(document, Dictionary(S=Name.Launch, F=String("cmd.exe")))


def attach(document: pikepdf.Pdf) -> None:
    document.attachments["evil.exe"] = b"MZ..."


def form(document: pikepdf.Pdf) -> None:
    document.Root.AcroForm = Dictionary(Fields=Array(), XFA=String("<xdp/>"))


def no_pages() -> bytes:
    made = BytesIO()
    with pikepdf.new() as document:
        document.save(made)
    return made.getvalue()


def locked_pdf(**passwords: str) -> bytes:
    return pdf_with(lambda _: None, encryption=pikepdf.Encryption(**passwords))


def pdf_bomb() -> bytes:
    """A PDF whose list of objects unpacks to a gigabyte."""
    packed = zlib.compressobj(9)
    packets = [packed.compress(b" " * 10_000_000) for _ in range(100)]
    stream = b"".join(packets) + packed.flush()
    head = b"%PDF-1.5\n"
    objects = b"4 0 obj\n<</Type/ObjStm/N 1/First 5/Filter/FlateDecode/Length %d>>\nstream\n" % len(stream)
    body = head + objects + stream + b"\nendstream\nendobj\n"
    at = len(body)
    rows = b"".join(
        [
            b"\x00\x00\x00\x00\x00\x00\xff",
            b"\x02\x00\x00\x00\x04\x00\x00",
            b"\x00\x00\x00\x00\x00\x00\x00",
            b"\x00\x00\x00\x00\x00\x00\x00",
            b"\x01" + struct.pack(">I", len(head)) + b"\x00\x00",
            b"\x01" + struct.pack(">I", at) + b"\x00\x00",
        ]
    )
    body += b"5 0 obj\n<</Type/XRef/W[1 4 2]/Size 6/Root 1 0 R/Length %d>>\nstream\n" % len(rows)
    return body + rows + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % at


def zipped(*parts: tuple[str | ZipInfo, bytes], method: int = ZIP_DEFLATED) -> bytes:
    made = BytesIO()
    with ZipFile(made, "w", method) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return made.getvalue()


def symlink() -> bytes:
    info = ZipInfo("word/link")
    info.external_attr = 0o120777 << 16
    made = BytesIO(word())
    with ZipFile(made, "a") as archive:
        archive.writestr(info, "/etc/passwd")
    return made.getvalue()


def twice() -> bytes:
    made = BytesIO(word())
    with ZipFile(made, "a") as archive:
        archive.writestr("WORD/document.xml", "<other/>")
    return made.getvalue()


def encrypted_part() -> bytes:
    content = bytearray(word())
    at = content.find(b"PK\x01\x02")
    content[at + 8] |= 1
    return bytes(content)


def old_office(*streams: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 504 + b"".join(one.encode("utf-16-le") for one in streams)


def billion_laughs() -> bytes:
    types = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]><Types>&b;</Types>'
    return repacked(word(), {"[Content_Types].xml": types})


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"

IS_NOT = "but is not a"
LOCKED = "is protected with a password"
INSIDE = "inside it, which we cannot accept"
DAMAGED = "is damaged or only part of it was saved"
ADDED = "has something added after its end"

HOSTILE: dict[str, tuple[str, Callable[[], bytes], str]] = {
    # of another kind than the name says
    "an empty file": ("policy.pdf", lambda: b"", "This file is empty"),
    "text named pdf": ("policy.pdf", lambda: b"Just words", "named .pdf but is not a PDF"),
    "a png named pdf": ("policy.pdf", picture, IS_NOT),
    "a pdf named docx": ("policy.docx", pdf, "named .docx but is not a Word document"),
    "a pdf named txt": ("policy.txt", pdf, IS_NOT),
    "a pdf named png": ("photo.png", pdf, IS_NOT),
    "a jpeg named png": ("photo.png", lambda: picture("JPEG"), "named .png but is not a PNG picture"),
    "a png named jpg": ("photo.jpg", picture, "named .jpg but is not a JPEG picture"),
    "a gif named png": ("photo.png", lambda: picture("GIF", mode="P"), IS_NOT),
    "a workbook named docx": ("a.docx", excel, IS_NOT),
    "a document named xlsx": ("a.xlsx", word, "named .xlsx but is not an Excel workbook"),
    "a plain zip named docx": ("a.docx", lambda: zipped(("a.txt", b"x")), IS_NOT),
    "a program named pdf": ("a.pdf", lambda: b"MZ\x90\x00" + b"\x00" * 100, IS_NOT),
    "a program named txt": ("a.txt", lambda: b"MZ\x90\x00" + b"\x00" * 100, IS_NOT),
    "a script named txt": ("a.txt", lambda: b"#!/bin/sh\nrm -rf /", IS_NOT),
    "a web page named txt": ("a.txt", lambda: HTML, IS_NOT),
    "an svg named txt": ("a.txt", lambda: SVG, IS_NOT),
    "an svg named png": ("a.png", lambda: SVG, IS_NOT),
    "an svg": ("a.svg", lambda: SVG, "We cannot accept .svg pictures"),
    "a web page": ("a.html", lambda: HTML, "We cannot accept .html files"),
    "a program": ("a.exe", lambda: b"MZ", "We cannot accept .exe files"),
    "a program behind a pdf's name": ("policy.pdf.exe", pdf, "We cannot accept .exe files"),
    "a program whose name is turned round": ("policy\u202efdp.exe", pdf, "We cannot accept .exe files"),
    "a file without an ending": ("policy", pdf, "We cannot accept this kind of file"),
    "an old word document": ("a.doc", lambda: old_office(), "Save it as a Word document (.docx)"),
    "an old word document named docx": ("a.docx", lambda: old_office("WordDocument"), IS_NOT),
    "an iphone picture": ("a.heic", lambda: b"ftypheic", "Settings, Camera, Formats"),
    "utf-16 text": ("a.txt", lambda: "words".encode("utf-16"), IS_NOT),
    "text with a null": ("a.txt", lambda: b"words\x00more", IS_NOT),
    "text with an escape": ("a.txt", lambda: b"\x1b[2Jwords", IS_NOT),
    "text of spaces": ("a.txt", lambda: b" \r\n\t ", "has no words in it"),
    # pdf
    "a pdf with a script when opened": ("a.pdf", lambda: pdf_with(script), INSIDE),
    "a pdf with a named script": ("a.pdf", lambda: pdf_with(script_in_names), INSIDE),
    "a pdf with a script on a page": ("a.pdf", lambda: pdf_with(script_in_page), INSIDE),
    "a pdf with a script in an object stream": (
        "a.pdf",
        lambda: pdf_with(script, object_stream_mode=pikepdf.ObjectStreamMode.generate),
        INSIDE,
    ),
    "a pdf whose script is spelt in hexadecimal": (
        "a.pdf",
        lambda: pdf_with(script).replace(b"/JavaScript", b"/J#61vaScr#69pt"),
        INSIDE,
    ),
    "a pdf that starts a program": ("a.pdf", lambda: pdf_with(launch), INSIDE),
    "a pdf with a file in it": ("a.pdf", lambda: pdf_with(attach), INSIDE),
    "a pdf with an xfa form": ("a.pdf", lambda: pdf_with(form), INSIDE),
    "a pdf that needs a password": ("a.pdf", lambda: locked_pdf(user="u", owner="o"), LOCKED),
    "a pdf that forbids printing": ("a.pdf", lambda: locked_pdf(user="", owner="o"), LOCKED),
    "a pdf without pages": ("a.pdf", no_pages, DAMAGED),
    "a pdf cut short": ("a.pdf", lambda: pdf(5)[:1500], DAMAGED),
    "a pdf that is only a beginning and an end": ("a.pdf", lambda: b"%PDF-1.7\n%%EOF", DAMAGED),
    "a pdf with a program after it": ("a.pdf", lambda: pdf() + b"MZ\x90\x00program", ADDED),
    "a pdf with a zip after it": ("a.pdf", lambda: pdf() + zipped(("a", b"b")), ADDED),
    "a pdf with a web page after it": ("a.pdf", lambda: pdf() + HTML, ADDED),
    "a pdf with a web page before it": ("a.pdf", lambda: HTML + pdf(), IS_NOT),
    "a pdf with a zip before its last line": (
        "a.pdf",
        lambda: pdf() + zipped(("evil.docm", b"b" * 100)) + b"\n%%EOF",
        "other files packed inside it",
    ),
    "a pdf bomb": ("a.pdf", pdf_bomb, DAMAGED),
    # word and excel
    "a docm named docx": (
        "a.docx",
        lambda: types_of(word(), f"{WORD}.document.main+xml", "application/vnd.ms-word.document.macroEnabled.main+xml"),
        "macros",
    ),
    "a docm": ("a.docm", word, "can hold macros"),
    "a template named docx": (
        "a.docx",
        lambda: types_of(word(), f"{WORD}.document.main+xml", f"{WORD}.template.main+xml"),
        IS_NOT,
    ),
    "a docx with a macro part": ("a.docx", lambda: repacked(word(), {"word/vbaProject.bin": b"x"}), "macros"),
    "an xlsx with a macro part": ("a.xlsx", lambda: repacked(excel(), {"xl/vbaProject.bin": b"x"}), "macros"),
    "a docx with a control": ("a.docx", lambda: repacked(word(), {"word/activeX/activeX1.xml": b"<x/>"}), "macros"),
    "an xlsx with old macros": ("a.xlsx", lambda: repacked(excel(), {"xl/macrosheets/s.xml": b"<x/>"}), "macros"),
    "a docx with an ole object": ("a.docx", lambda: repacked(word(), {"word/embeddings/oleObject1.bin": b"x"}), INSIDE),
    "a docx with a docm in it": ("a.docx", lambda: repacked(word(), {"word/embeddings/a.docm": word()}), INSIDE),
    "a docx with macros in its chart": (
        "a.docx",
        lambda: repacked(word(), {"word/embeddings/a.xlsx": repacked(excel(), {"xl/vbaProject.bin": b"x"})}),
        INSIDE,
    ),
    "a docx with a template elsewhere": (
        "a.docx",
        lambda: related(
            word(), "word/_rels/document.xml.rels", _relation("attachedTemplate"), "https://evil.org/t.dotm"
        ),
        "fetched from elsewhere",
    ),
    "a docx with an object elsewhere": (
        "a.docx",
        lambda: related(word(), "word/_rels/document.xml.rels", _relation("oleObject"), "mhtml:https://evil.org!x"),
        "fetched from elsewhere",
    ),
    "a docx with a picture elsewhere": (
        "a.docx",
        lambda: related(word(), "word/_rels/document.xml.rels", _relation("image"), "https://evil.org/pixel.png"),
        "fetched from elsewhere",
    ),
    "a docx that needs a password": ("a.docx", lambda: old_office("EncryptedPackage"), LOCKED),
    "a docx with a locked part": ("a.docx", encrypted_part, LOCKED),
    "a docx with entities": ("a.docx", billion_laughs, DAMAGED),
    "a docx without its list of types": ("a.docx", lambda: repacked(word(), {"[Content_Types].xml": None}), IS_NOT),
    "a docx cut short": ("a.docx", lambda: word()[:-100], DAMAGED),
    "a docx with a changed part": (
        "a.docx",
        lambda: zipped(("[Content_Types].xml", b"x" * 100), method=ZIP_STORED).replace(b"xxx", b"xyx"),
        DAMAGED,
    ),
    "a docx with a program after it": ("a.docx", lambda: word() + b"MZ\x90\x00", DAMAGED),
    "a docx with a note after its directory": ("a.docx", lambda: word()[:-2] + b"\x04\x00note", DAMAGED),
    "a docx that climbs out": ("a.docx", lambda: repacked(word(), {"../../evil.txt": b"x"}), DAMAGED),
    "a docx with an absolute path": ("a.docx", lambda: repacked(word(), {"/etc/cron.d/x": b"x"}), DAMAGED),
    "a docx with a drive": ("a.docx", lambda: repacked(word(), {"C:evil.exe": b"x"}), DAMAGED),
    "a docx with backslashes": ("a.docx", lambda: repacked(word(), {"..\\evil.exe": b"x"}), DAMAGED),
    "a docx with a link in its files": ("a.docx", symlink, DAMAGED),
    "a docx with one part twice": ("a.docx", twice, DAMAGED),
    "a docx packed in another way": ("a.docx", lambda: zipped(("a", b"x"), method=ZIP_BZIP2), DAMAGED),
    "a zip bomb": ("a.docx", lambda: repacked(word(), {"word/a.bin": b"\x00" * 60_000_000}), "unpacks to far more"),
    "a broader zip bomb": (
        "a.xlsx",
        lambda: repacked(excel(), {f"xl/media/{n}.bin": b"\x00" * 11_000_000 for n in range(10)}),
        "unpacks to far more",
    ),
    "a docx of many parts": (
        "a.docx",
        lambda: repacked(word(), {f"word/{n}": b"" for n in range(2_001)}),
        "too many parts",
    ),
    # pictures
    "a vast png": ("a.png", lambda: png(30_000, 30_000, zlib.compress(b"")), "30,000 by 30,000 pixels"),
    "a png of nothing": ("a.png", lambda: png(0, 0, zlib.compress(b"")), DAMAGED),
    "a png bomb": ("a.png", lambda: png(10, 10, zlib.compress(b"\x00" * 50_000_000)), DAMAGED),
    "a png cut short": ("a.png", lambda: picture()[:-30], DAMAGED),
    "a png with its end alone missing": ("a.png", lambda: picture()[:-12], DAMAGED),
    "a png with a changed byte": ("a.png", lambda: picture()[:200] + b"\x00\x01\x02" + picture()[203:], DAMAGED),
    "a png with pixels that do not unpack": ("a.png", lambda: png(10, 10, b"not zlib"), DAMAGED),
    "a png with a zip after it": ("a.png", lambda: picture() + zipped(("a", b"b")), ADDED),
    "a png with a web page after it": ("a.png", lambda: picture() + HTML, ADDED),
    "a png with a pdf in it": (
        "a.png",
        lambda: picture()[:33] + chunk(b"tEXt", b"x\x00%PDF-1.7") + picture()[33:],
        "PDF hidden inside it",
    ),
    "a png with a zip in its last chunk": (
        "a.png",
        lambda: picture()[:-12] + chunk(b"zzZz", zipped(("a", b"b"))) + chunk(b"IEND", b""),
        "other files packed inside it",
    ),
    "a jpeg cut short": ("a.jpg", lambda: picture("JPEG")[:-400], DAMAGED),
    "a jpeg that is only a beginning": ("a.jpg", lambda: b"\xff\xd8\xff\xe0", DAMAGED),
    "a jpeg with a zip after it": ("a.jpg", lambda: picture("JPEG") + zipped(("a", b"b")), ADDED),
    "a jpeg with a zip after its second picture": (
        "a.jpg",
        lambda: picture("JPEG") * 2 + zipped(("a", b"b")),
        "other files packed inside it",
    ),
    "a jpeg with a program after it": ("a.jpg", lambda: picture("JPEG") + b"<?php system($_GET[0]); ?>", ADDED),
    "a jpeg with a pdf in its comment": ("a.jpg", lambda: picture("JPEG", comment=b"%PDF-1.7"), "PDF hidden inside it"),
    "a vast jpeg": (
        "a.jpg",
        lambda: picture("JPEG").replace(struct.pack(">HH", 80, 120), struct.pack(">HH", 30_000, 30_000), 1),
        "30,000 by 30,000 pixels",
    ),
}


@pytest.mark.parametrize("case", GENUINE)
def test_a_genuine_file_is_taken(case: str) -> None:
    filename, content, kind = GENUINE[case]
    extension = filename.rpartition(".")[2].lower()
    assert check(filename, content(), limit=LIMIT) == Checked(kind, kind.media_type, extension)


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_or_broken_file_is_turned_away_with_advice(case: str) -> None:
    filename, content, says = HOSTILE[case]
    with pytest.raises(Refusal) as refused:
        check(filename, content(), limit=LIMIT)
    sentence = str(refused.value)
    assert says in sentence
    assert refused.value.field == "file"
    assert sentence.endswith(".")
    assert any(word in sentence for word in ("Choose", "choose", "Save", "Open", "Print", "Make"))


@pytest.mark.parametrize("case", ["a zip bomb", "a broader zip bomb", "a vast png", "a png bomb", "a vast jpeg"])
def test_a_bomb_is_defused_with_little_memory_and_time(case: str) -> None:
    filename, content, _ = HOSTILE[case]
    made = content()
    began = time.process_time()
    tracemalloc.start()
    try:
        with pytest.raises(Refusal):
            check(filename, made, limit=LIMIT)
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()
    assert time.process_time() - began < 5


def test_a_pdf_bomb_does_not_fill_the_memory(tmp_path: Path) -> None:
    """Its memory is not Python's own, so it is measured from outside: unpacked whole it would take over a gigabyte."""
    (tmp_path / "a.pdf").write_bytes(pdf_bomb())
    code = (
        "import resource, sys, pathlib\n"
        "from charter.assessment.file_checks import check\n"
        "from charter.errors import Refusal\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: check('a.pdf', pathlib.Path(sys.argv[1]).read_bytes(), limit=10_000_000)\n"
        "except Refusal: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    root = Path(file_checks.__file__).parents[2]
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.pdf")], cwd=root, capture_output=True, text=True, check=True
    )
    assert int(ran.stdout) < 250_000  # kilobytes


@pytest.mark.parametrize("filename", ["a.pdf", "a.docx", "a.xlsx", "a.png", "a.jpg", "a.txt"])
@pytest.mark.parametrize("cut", range(1, 12))
def test_no_part_of_a_file_makes_the_check_fall_over(filename: str, cut: int) -> None:
    whole = {"a.pdf": pdf, "a.docx": word, "a.xlsx": excel, "a.png": picture, "a.jpg": lambda: picture("JPEG")}
    content = whole.get(filename, lambda: b"\xffwords\x00" * 20)()
    for part in (content[: len(content) * cut // 12], content[len(content) * cut // 12 :]):
        with pytest.raises(Refusal):
            check(filename, part, limit=LIMIT)


def test_a_file_at_the_limit_is_taken_and_one_byte_more_is_not() -> None:
    assert check("a.txt", b"x" * 1_000_000, limit=1_000_000).kind is FileKind.TXT
    with pytest.raises(Refusal, match=r"up to 1 MB\. Choose a smaller one") as refused:
        check("a.txt", b"x" * 1_000_001, limit=1_000_000)
    assert refused.value.field == "file"


def test_size_is_judged_before_anything_is_opened() -> None:
    with pytest.raises(Refusal, match="too large"):
        check("a.pdf", b"not a pdf" * 1000, limit=100)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("policy.pdf", "policy.pdf"),
        ("C:\\Users\\olive\\policy.pdf", "policy.pdf"),
        ("../../etc/passwd", "passwd"),
        ("/srv/files/policy.pdf", "policy.pdf"),
        ("policy\u202efdp.exe", "policyfdp.exe"),
        ("\u2066policy\u2069\u200b\ufeff.pdf", "policy.pdf"),
        ("po\x00li\x07cy\n.pdf", "policy.pdf"),
        ("a\u2028b\tc.pdf", "a b c.pdf"),
        ("  two   spaces .pdf ", "two spaces.pdf"),
        ("سياسة العمل.pdf", "سياسة العمل.pdf"),
        ("מדיניות.docx", "מדיניות.docx"),
        ("cafe\u0301.txt", "café.txt"),
        ('a"b<c>|d?*.pdf', "abcd.pdf"),
        (".pdf", "pdf"),
        ("...", "file"),
        ("", "file"),
        ("\u202e\u202d", "file"),
        ("a" * 300 + ".docx", "a" * 115 + ".docx"),
        ("a" * 300, "a" * 120),
        ("\ud800bad.pdf", "bad.pdf"),
        ("policy.pdf.", "policy.pdf"),
    ],
)
def test_a_name_is_cleaned_before_it_is_shown(given: str, shown: str) -> None:
    assert clean_name(given) == shown
    assert clean_name(shown) == shown


def test_every_kind_says_what_it_is() -> None:
    assert ACCEPT == ".pdf,.docx,.xlsx,.png,.jpg,.jpeg,.txt"
    for kind in FileKind:
        assert kind.label
        assert "/" in kind.media_type
