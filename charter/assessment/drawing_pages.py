"""Draw the first pages of a document, or a picture, as bounded PNG files. Run as a process of its own, with limits.

`python -m charter.assessment.drawing_pages pdf|picture` reads the document from its input and writes each picture to
its output, with its length in eight bytes before it. A document that misbehaves ends this process and nothing else.
"""

import io
import resource
import sys
from collections.abc import Iterator

from PIL import Image, ImageOps

PAGES = 3
WIDTH, HEIGHT = 1000, 1400
"""No picture is wider or higher than this."""
SECONDS = 20
MEMORY = 1_500_000_000


def pictures(kind: str, content: bytes) -> Iterator[bytes]:
    """The pictures of a document, at most `PAGES`."""
    if kind == "pdf":
        yield from _pages(content)
    else:
        with Image.open(io.BytesIO(content)) as opened:
            yield _bounded(ImageOps.exif_transpose(opened))


def _pages(content: bytes) -> Iterator[bytes]:
    import pypdfium2

    document = pypdfium2.PdfDocument(content)
    for number in range(min(PAGES, len(document))):
        page = document[number]
        width, height = page.get_size()
        scale = min(WIDTH / max(width, 1), HEIGHT / max(height, 1), 4)
        yield _bounded(page.render(scale=scale, may_draw_forms=False).to_pil())


def _bounded(picture: Image.Image) -> bytes:
    """The picture drawn anew: small enough, and with nothing in it but what is seen."""
    picture.thumbnail((WIDTH, HEIGHT))
    plain = Image.new("RGB", picture.size, "white")
    transparent = picture.convert("RGBA")
    plain.paste(transparent, mask=transparent.getchannel("A"))
    out = io.BytesIO()
    plain.save(out, "PNG", optimize=False)
    return out.getvalue()


def main() -> None:
    """Draw what comes in."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it writes no file
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for picture in pictures(sys.argv[1], sys.stdin.buffer.read()):
        sys.stdout.buffer.write(len(picture).to_bytes(8, "big") + picture)


if __name__ == "__main__":
    main()
