"""Is an uploaded file what it says it is? Judged by its content and structure, not by its name or first bytes alone.

Files are opened by assessors on council machines, so what could act when opened is turned away too: scripts, macros,
files inside files, parts fetched from elsewhere. Every refusal is one sentence that says what to do.
"""

import re
import struct
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from stat import S_ISLNK
from typing import NoReturn
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import pikepdf
import pikepdf.settings
from PIL import Image

from charter.errors import Refusal
from charter.lifecycle import Status

MAX_PIXELS = 50_000_000
MAX_PDF_OBJECTS = 300_000
MAX_PDF_STREAM = 50_000_000
MAX_UNPACKED = 100_000_000
MAX_RATIO = 100
"""A package that unpacks to more than `RATIO_FREE` bytes may unpack to at most so many times its size."""
RATIO_FREE = 10_000_000
MAX_PARTS = 2_000
MAX_XML = 2_000_000
FIELD = "file"
NAME_LENGTH = 120

# PDFs keep lists of their objects in compressed streams; without a limit a small file could fill the memory.
pikepdf.settings.set_qpdf_limits(
    flate_max_memory=MAX_PDF_STREAM, run_length_max_memory=MAX_PDF_STREAM, doc_max_warnings=200
)


class FileKind(Status):
    """A kind of file that evidence may be."""

    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    PNG = "png"
    JPEG = "jpeg"
    TXT = "txt"

    @property
    def label(self) -> str:
        """The kind as people call it."""
        return _FACTS[self][0]

    @property
    def media_type(self) -> str:
        """What the file is served as, whatever the browser said when it was sent."""
        return _FACTS[self][1]

    @property
    def extensions(self) -> tuple[str, ...]:
        """What its name may end in, the usual one first; without the dot."""
        return _FACTS[self][2]


_OFFICE = "application/vnd.openxmlformats-officedocument."
_FACTS: Mapping[FileKind, tuple[str, str, tuple[str, ...]]] = {
    FileKind.PDF: ("PDF", "application/pdf", ("pdf",)),
    FileKind.DOCX: ("Word document", f"{_OFFICE}wordprocessingml.document", ("docx",)),
    FileKind.XLSX: ("Excel workbook", f"{_OFFICE}spreadsheetml.sheet", ("xlsx",)),
    FileKind.PNG: ("PNG picture", "image/png", ("png",)),
    FileKind.JPEG: ("JPEG picture", "image/jpeg", ("jpg", "jpeg")),
    FileKind.TXT: ("text file", "text/plain", ("txt",)),
}
KIND_OF = {extension: kind for kind in FileKind for extension in kind.extensions}
ACCEPT = ",".join(f".{extension}" for extension in KIND_OF)
"""For the `accept` attribute of the file input."""
KINDS_SAID = "PDF, Word (.docx), Excel (.xlsx), PNG, JPEG or plain text (.txt)"


@dataclass(frozen=True)
class Checked:
    """What a file proved to be."""

    kind: FileKind
    media_type: str
    extension: str
    """As in its name, in lower case and without the dot."""


def check(filename: str, content: bytes, *, limit: int) -> Checked:
    """What the file is. `limit` is the most bytes it may have.

    Raises `Refusal` beside the field "file" when it is empty, too large, of another kind, not what its name says,
    damaged, locked, or holds something that could act by itself.
    """
    if not content:
        refuse("This file is empty. Choose a file with something in it.")
    if len(content) > limit:
        refuse(too_large(limit))
    extension = extension_of(filename)
    kind = KIND_OF.get(extension)
    if kind is None:
        refuse(_wrong_kind(extension))
    _CHECKS[kind](content, f".{extension}")
    if kind not in {FileKind.DOCX, FileKind.XLSX} and _is_package(content):
        refuse(f"This file is named .{extension} but has other files packed inside it. {_SAVE_A_COPY}")
    return Checked(kind, kind.media_type, extension)


def too_large(limit: int) -> str:
    """What to say of a file with more bytes than `limit`."""
    return (
        f"This file is too large: a file can have up to {limit // 1_000_000} MB. "
        "Choose a smaller one, or give a link or a written account instead."
    )


def clean_name(filename: str) -> str:
    """The name to show: without folders, without characters that cannot be seen or that turn the writing round."""
    name = re.split(r"[/\\]", filename)[-1]
    name = unicodedata.normalize("NFC", name)
    name = "".join(" " if unicodedata.category(one) in {"Zl", "Zp"} or one == "\t" else one for one in name)
    name = "".join(one for one in name if unicodedata.category(one)[0] != "C")
    name = re.sub(r'[<>:"|?*]', "", name)  # Windows, where assessors save files, has no names with these
    name = re.sub(r"\s+", " ", name).strip(" .")
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 10:
        return name[:NAME_LENGTH].strip() or "file"
    return f"{stem[: NAME_LENGTH - len(extension) - 1].strip() or 'file'}.{extension}"


def extension_of(filename: str) -> str:
    """What the name as shown ends in, in lower case and without the dot; empty when it has no dot."""
    _, dot, extension = clean_name(filename).rpartition(".")
    return extension.lower() if dot else ""


def refuse(sentence: str) -> NoReturn:
    """Turn the file away with a sentence beside its field."""
    raise Refusal(sentence, field=FIELD)


_SAVE_A_COPY = "Open it, save a new copy, and choose the copy."
_SAVE_AS_PDF = "Save it as a PDF and choose that instead."


def _wrong_kind(extension: str) -> str:
    if extension in {"docm", "dotm", "xlsm", "xltm", "xlsb"}:
        return f"A .{extension} file can hold macros, which we cannot accept. {_SAVE_AS_PDF}"
    if extension in {"doc", "dot", "odt", "rtf", "pages", "dotx"}:
        return f"We cannot accept .{extension} files. Save it as a Word document (.docx) or a PDF and choose that."
    if extension in {"xls", "ods", "csv", "numbers", "xltx"}:
        return f"We cannot accept .{extension} files. Save it as an Excel workbook (.xlsx) or a PDF and choose that."
    if extension in {"heic", "heif"}:
        return (
            f"We cannot accept .{extension} pictures. On an iPhone, open Settings, Camera, Formats, choose “Most "
            "Compatible” and take the picture again. Or save it as a JPEG or a PNG and choose that."
        )
    if extension in {"webp", "gif", "bmp", "tif", "tiff", "svg"}:
        return f"We cannot accept .{extension} pictures. Save it as a JPEG or a PNG and choose that."
    said = f".{extension} files" if extension.isascii() and extension.isalnum() else "this kind of file"
    return f"We cannot accept {said}. Choose a file that is {KINDS_SAID}."


def _not_that(named: str, kind: FileKind) -> NoReturn:
    a_kind = f"{'an' if kind.label[0] in 'AEIOU' else 'a'} {kind.label}"
    refuse(f"This file is named {named} but is not {a_kind}. Open it, save it as {a_kind}, and choose that.")


def _damaged(kind: FileKind) -> NoReturn:
    refuse(f"This {kind.label} is damaged or only part of it was saved. {_SAVE_A_COPY}")


def _is_package(content: bytes) -> bool:
    """Whether some program would find a zip file in this."""
    try:
        with ZipFile(BytesIO(content)) as archive:
            return bool(archive.infolist())
    except (BadZipFile, ValueError, NotImplementedError, OSError, struct.error):
        return False


# PDF ----------------------------------------------------------------------------------------------------------------

_ACTING_KEYS = {"/JS", "/JavaScript", "/EmbeddedFiles", "/EmbeddedFile", "/EF", "/RichMediaContent", "/XFA"}
_ACTING_ACTIONS = {"/JavaScript", "/Launch", "/GoToE", "/ImportData", "/Rendition", "/RichMediaExecute"}
_ACTING_TYPES = {"/EmbeddedFile"}
_ACTING_NOTES = {"/FileAttachment", "/RichMedia", "/Movie", "/Screen", "/3D"}


def _check_pdf(content: bytes, named: str) -> None:
    kind = FileKind.PDF
    if not content.lstrip(b"\xef\xbb\xbf \t\r\n\f").startswith(b"%PDF-"):
        _not_that(named, kind)
    end = content.rfind(b"%%EOF")
    if end < 0:
        _damaged(kind)
    if content[end + 5 :].strip(b"\x00\t\n\f\r "):
        refuse(f"This PDF has something added after its end. {_SAVE_A_COPY}")
    try:
        with pikepdf.open(BytesIO(content), suppress_warnings=True) as pdf:
            if pdf.is_encrypted:
                _locked(kind)
            if len(pdf.pages) < 1:
                _damaged(kind)
            if len(pdf.objects) > MAX_PDF_OBJECTS:
                refuse("This PDF has too many parts for us to check. Print it to a new PDF and choose that.")
            if any(_acts(found) for found in _dictionaries(pdf)):
                refuse(
                    "This PDF has a script, an action or another file inside it, which we cannot accept. "
                    "Print it to a new PDF and choose that."
                )
    except pikepdf.PasswordError:
        _locked(kind)
    except Refusal:
        raise
    except (pikepdf.PdfError, ValueError, RuntimeError, TypeError, KeyError, AttributeError, RecursionError):
        _damaged(kind)


def _locked(kind: FileKind) -> NoReturn:
    refuse(f"This {kind.label} is protected with a password. Save a copy without the password and choose the copy.")


def _dictionaries(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Every dictionary of a PDF, those inside other objects too; each object that has a number comes once."""
    waiting: list[pikepdf.Object] = [pdf.trailer, *pdf.objects]
    seen = 0
    while waiting:
        seen += 1
        if seen > MAX_PDF_OBJECTS * 10:
            refuse("This PDF has too many parts for us to check. Print it to a new PDF and choose that.")
        found = waiting.pop()
        if isinstance(found, pikepdf.Array):
            waiting.extend(_direct(found))
        elif isinstance(found, pikepdf.Dictionary | pikepdf.Stream):
            yield found
            waiting.extend(_direct(found[key] for key in found.keys()))  # noqa: SIM118 - a stream is not iterable


def _direct(parts: object) -> Iterator[pikepdf.Object]:
    for part in parts:  # type: ignore[attr-defined]
        if isinstance(part, pikepdf.Array | pikepdf.Dictionary) and not part.is_indirect:
            yield part


def _acts(found: pikepdf.Object) -> bool:
    keys = set(found.keys())
    return bool(
        keys & _ACTING_KEYS
        or ("/S" in keys and str(found.get("/S")) in _ACTING_ACTIONS)
        or ("/Type" in keys and str(found.get("/Type")) in _ACTING_TYPES)
        or ("/Subtype" in keys and str(found.get("/Subtype")) in _ACTING_NOTES)
    )


# Word and Excel -----------------------------------------------------------------------------------------------------

_MAIN = {
    FileKind.DOCX: f"{_OFFICE}wordprocessingml.document.main+xml",
    FileKind.XLSX: f"{_OFFICE}spreadsheetml.sheet.main+xml",
}
_ACTING_CONTENT = ("macroenabled", "vbaproject", "activex", "oleobject", "ms-package.obfuscated")
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TYPES_PART = "[Content_Types].xml"


def _check_docx(content: bytes, named: str) -> None:
    _check_office(content, named, FileKind.DOCX)


def _check_xlsx(content: bytes, named: str) -> None:
    _check_office(content, named, FileKind.XLSX)


def _check_office(content: bytes, named: str, kind: FileKind, *, inside: bool = False) -> None:
    if content.startswith(_OLD_OFFICE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            _locked(kind)
        _not_that(named, kind)
    if not content.startswith(b"PK\x03\x04"):
        _not_that(named, kind)
    try:
        with _opened(content, kind) as archive:
            types = _content_types(archive, named, kind)
            if any(word in one for one in types for word in _ACTING_CONTENT):
                _has_parts(kind, "macros or other programs")
            if types.count(_MAIN[kind]) != 1:
                _not_that(named, kind)
            for part in archive.infolist():
                _check_part(archive, part, kind, inside=inside)
    except Refusal:
        raise
    except (BadZipFile, ValueError, NotImplementedError, OSError, EOFError, zlib.error, expat.ExpatError, struct.error):
        _damaged(kind)


def _has_parts(kind: FileKind, what: str) -> NoReturn:
    refuse(f"This {kind.label} has {what} inside it, which we cannot accept. {_SAVE_AS_PDF}")


def _opened(content: bytes, kind: FileKind) -> ZipFile:
    """The package, once its directory proves that it can be unpacked safely. Nothing is unpacked before."""
    end = content[-22:]
    if len(end) < 22 or not end.startswith(b"PK\x05\x06") or end[20:22] != b"\x00\x00":
        _damaged(kind)
    if struct.unpack("<H", end[10:12])[0] > MAX_PARTS:
        refuse(f"This {kind.label} has too many parts for us to check. {_SAVE_AS_PDF}")
    archive = ZipFile(BytesIO(content))
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    if (
        len(parts) > MAX_PARTS
        or unpacked > MAX_UNPACKED
        or (unpacked > RATIO_FREE and unpacked > MAX_RATIO * len(content))
    ):
        refuse(f"This {kind.label} unpacks to far more than its size. {_SAVE_AS_PDF}")
    names = [part.filename.lower() for part in parts]
    if len(set(names)) != len(names) or any(_is_trick(part) for part in parts):
        _damaged(kind)
    if any(part.flag_bits & 1 for part in parts):
        _locked(kind)
    if archive.testzip() is not None:
        _damaged(kind)
    return archive


def _is_trick(part: ZipInfo) -> bool:
    """A name that would land outside its folder, a link, or a way of packing that no office program uses."""
    name = part.orig_filename
    return (
        name.startswith("/")
        or "\\" in name
        or ":" in name
        or ".." in name.split("/")
        or any(ord(one) < 32 for one in name)
        or S_ISLNK(part.external_attr >> 16)
        or part.compress_type not in {ZIP_STORED, ZIP_DEFLATED}
    )


def _check_part(archive: ZipFile, part: ZipInfo, kind: FileKind, *, inside: bool) -> None:
    name = part.filename.lower()
    if name.endswith("vbaproject.bin") or "/activex/" in name or "/macrosheets/" in name:
        _has_parts(kind, "macros or other programs")
    if "/embeddings/" in name and not part.is_dir():
        # A chart in a Word document carries its figures as a workbook; anything else is a file inside a file.
        if inside or not name.endswith(".xlsx"):
            _has_parts(kind, "another file")
        try:
            _check_office(archive.read(part), ".xlsx", FileKind.XLSX, inside=True)
        except Refusal:
            _has_parts(kind, "another file")
    if name.endswith(".rels"):
        for tag, values in _xml(_read(archive, part)):
            outside = values.get("TargetMode", "").lower() == "external"
            relation = values.get("Type", "").lower()
            if tag.endswith("Relationship") and (
                (outside and not relation.endswith("/hyperlink")) or relation.endswith(("/oleobject", "/vbaproject"))
            ):
                _has_parts(kind, "something that is fetched from elsewhere")


def _content_types(archive: ZipFile, named: str, kind: FileKind) -> list[str]:
    """The types of the package's parts: those named by part as written, the rest in lower case too."""
    try:
        part = archive.getinfo(_TYPES_PART)
    except KeyError:
        _not_that(named, kind)
    found = [values.get("ContentType", "") for _, values in _xml(_read(archive, part))]
    return [one if one in _MAIN.values() else one.lower() for one in found]


def _read(archive: ZipFile, part: ZipInfo) -> bytes:
    if part.file_size > MAX_XML:
        raise BadZipFile("a list of parts is never this long")
    return archive.read(part)


def _xml(document: bytes) -> list[tuple[str, dict[str, str]]]:
    """The elements of a small XML document, in order. One that declares entities is refused: it could grow."""
    found: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()

    def declared(*_: object) -> None:
        raise ValueError("no office program declares a document type")

    parser.StartDoctypeDeclHandler = declared
    parser.StartElementHandler = lambda tag, values: found.append((tag, values))
    parser.Parse(document, True)
    return found


# Pictures -----------------------------------------------------------------------------------------------------------

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def _check_png(content: bytes, named: str) -> None:
    kind = FileKind.PNG
    if not content.startswith(_PNG):
        _not_that(named, kind)
    _no_pdf_inside(content, kind)
    chunks = list(_png_chunks(content, kind))
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13 or chunks[-1][0] != b"IEND":
        _damaged(kind)
    width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", chunks[0][1])
    _check_pixels(width, height, kind)
    bits = width * depth * _PNG_CHANNELS.get(colour, 4)
    rows = height * (2 if interlace else 1) + 8  # each pass of an interlaced picture rounds its rows up
    _check_png_data([data for name, data in chunks if name == b"IDAT"], rows * (bits // 8 + 2), kind)
    _check_with_pillow(content, kind)


def _png_chunks(content: bytes, kind: FileKind) -> Iterator[tuple[bytes, bytes]]:
    at = len(_PNG)
    while at < len(content):
        if at + 12 > len(content):
            _damaged(kind)
        (length,) = struct.unpack(">I", content[at : at + 4])
        name, data, end = content[at + 4 : at + 8], content[at + 8 : at + 8 + length], at + 12 + length
        if end > len(content) or zlib.crc32(name + data) != struct.unpack(">I", content[end - 4 : end])[0]:
            _damaged(kind)
        yield name, data
        if name == b"IEND" and end != len(content):
            refuse(f"This picture has something added after its end. {_SAVE_A_COPY}")
        at = end


def _check_png_data(parts: list[bytes], most: int, kind: FileKind) -> None:
    """The packed pixels unpack whole, and to no more than the size of the picture allows."""
    unpacker = zlib.decompressobj()
    size = 0
    try:
        for part in parts:
            while part and not unpacker.eof:
                size += len(unpacker.decompress(part, 1_000_000))
                part = unpacker.unconsumed_tail
                if size > most:
                    _damaged(kind)
    except zlib.error:
        _damaged(kind)
    if not unpacker.eof:
        _damaged(kind)


def _check_jpeg(content: bytes, named: str) -> None:
    kind = FileKind.JPEG
    if not content.startswith(b"\xff\xd8\xff"):
        _not_that(named, kind)
    _no_pdf_inside(content, kind)
    width, height, end = _jpeg_frame(content, kind)
    _check_pixels(width, height, kind)
    rest = content[end:]
    # Phones add a second, smaller picture (MPF) or a trailer of their own; anything else was put there on purpose.
    if not (rest.startswith(b"\xff\xd8\xff") or rest.endswith(b"SEFT") or not rest.strip(b"\x00\n\r")):
        refuse(f"This picture has something added after its end. {_SAVE_A_COPY}")
    _check_with_pillow(content, kind)


def _jpeg_frame(content: bytes, kind: FileKind) -> tuple[int, int, int]:
    """Width, height, and where the picture ends."""
    at, size = 2, (0, 0)
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            _damaged(kind)
        marker = content[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        (length,) = struct.unpack(">H", content[at + 2 : at + 4])
        if length < 2:
            _damaged(kind)
        if marker in _JPEG_FRAMES and at + 9 <= len(content):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            size = (width, height)
        at += 2 + length
        if marker == 0xDA:  # the pixels follow, up to the next marker that is neither stuffing nor a restart
            found = _JPEG_MARKER.search(content, at)
            if found is None:
                _damaged(kind)
            at = found.start()
        if content[at : at + 2] == b"\xff\xd9":
            return (*size, at + 2)
    _damaged(kind)


_JPEG_FRAMES = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_JPEG_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")


def _no_pdf_inside(content: bytes, kind: FileKind) -> None:
    """PDF readers look for a PDF's beginning anywhere in the first 1,024 bytes."""
    if b"%PDF-" in content[:2048]:
        refuse(f"This {kind.label} has a PDF hidden inside it. {_SAVE_A_COPY}")


def _check_pixels(width: int, height: int, kind: FileKind) -> None:
    if width < 1 or height < 1:
        _damaged(kind)
    if width * height > MAX_PIXELS:
        refuse(
            f"This picture is {width:,} by {height:,} pixels, which is too large to show. "
            "Make it smaller, or crop it, and choose that."
        )


def _check_with_pillow(content: bytes, kind: FileKind) -> None:
    try:
        with Image.open(BytesIO(content), formats=[kind.name]) as picture:
            picture.verify()
        if kind is FileKind.JPEG:
            with Image.open(BytesIO(content), formats=[kind.name]) as picture:
                picture.draft("L", (1, 1))  # an eighth of the size: proof that it decodes, at little cost
                picture.load()
    except (OSError, SyntaxError, ValueError, struct.error, zlib.error, EOFError, IndexError):
        _damaged(kind)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        refuse("This picture is too large to show. Make it smaller, or crop it, and choose that.")


# Text ---------------------------------------------------------------------------------------------------------------


def _check_txt(content: bytes, named: str) -> None:
    start = content[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if (
        b"%pdf-" in start
        or start.startswith((b"{\\rtf", b"pk\x03\x04", b"mz", b"\x7felf", b"#!"))
        or (_MARKUP.match(start) is not None)
    ):
        _not_that(named, FileKind.TXT)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("cp1252")
        except UnicodeDecodeError:
            _not_that(named, FileKind.TXT)
    if any(unicodedata.category(one) == "Cc" and one not in "\t\n\r\f" for one in set(text)):
        _not_that(named, FileKind.TXT)
    if not text.strip():
        refuse("This file has no words in it. Choose a file with something in it.")


_MARKUP = re.compile(rb"<(!|\?xml|html|head|body|script|svg|iframe|\?php|%)")

_CHECKS: Mapping[FileKind, Callable[[bytes, str], None]] = {
    FileKind.PDF: _check_pdf,
    FileKind.DOCX: _check_docx,
    FileKind.XLSX: _check_xlsx,
    FileKind.PNG: _check_png,
    FileKind.JPEG: _check_jpeg,
    FileKind.TXT: _check_txt,
}
