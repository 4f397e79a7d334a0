"""What other people's programs read in a file of ours."""

import subprocess
from pathlib import Path


def words(pdf: bytes) -> str:
    """What a PDF says, each line as it stands on the page."""
    return subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    ).stdout.decode()


def scanned(pdf: bytes, folder: Path) -> list[str]:
    """Where the QR codes of a PDF's first page lead, read from a picture of it as a phone does."""
    (folder / "drawn.pdf").write_bytes(pdf)
    picture = folder / "drawn"
    subprocess.run(["pdftoppm", "-r", "150", "-l", "1", "-singlefile", "-png", f"{picture}.pdf", picture], check=True)
    read = subprocess.run(["zbarimg", "-q", "--raw", f"{picture}.png"], capture_output=True, check=True)
    return read.stdout.decode().split()
