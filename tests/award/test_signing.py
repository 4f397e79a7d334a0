"""The seal on a certificate: other people's readers accept it, and nobody changes a byte unseen."""

import asyncio
import random
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from charter import keys
from charter.award import signing
from charter.keys import ISSUER_KEY, SEAL_CHAIN, SEAL_KEY, Seal
from tests.award.test_certificate import drawn, facts
from tests.conftest import AT

REASON = "Certificate GEC-2026-000042-17, entry 7 of the public log: " + "0" * 64


def a_seal(folder: Path) -> Seal:
    keys.make_own(folder, owner="Herefordshire and Worcestershire Integrated Care System", at=AT)
    return keys.load(folder / ISSUER_KEY, folder / SEAL_KEY, folder / SEAL_CHAIN).seal


@pytest.fixture(scope="module")
def seal(tmp_path_factory: pytest.TempPathFactory) -> Seal:
    return a_seal(tmp_path_factory.mktemp("seal") / "keys")


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return drawn(facts())


@pytest.fixture(scope="module")
def sealed(pdf: bytes, seal: Seal) -> bytes:
    return signing.sign(pdf, seal, reason=REASON)


def test_the_sealed_file_begins_with_what_was_drawn(pdf: bytes, sealed: bytes) -> None:
    assert sealed.startswith(pdf)
    assert len(sealed) > len(pdf)


def test_it_is_sound_and_ours(sealed: bytes, seal: Seal) -> None:
    found = signing.read(sealed, [seal])
    assert found is not None
    assert (found.is_sound, found.is_ours) == (True, True)
    assert found.sealed_at is not None


def test_other_peoples_reader_says_that_it_is_valid_and_whole(sealed: bytes, seal: Seal, tmp_path: Path) -> None:
    if shutil.which("pdfsig") is None:
        pytest.fail("pdfsig is missing: install poppler-utils")
    (tmp_path / "sealed.pdf").write_bytes(sealed)
    said = subprocess.run(["pdfsig", "-nocert", str(tmp_path / "sealed.pdf")], capture_output=True, text=True).stdout
    for line in ("Signature is Valid.", "Total document signed", "ETSI.CAdES.detached", "Herefordshire"):
        assert line in said


def test_no_byte_of_it_can_be_changed(sealed: bytes, seal: Seal) -> None:
    chance = random.Random(5)
    for _ in range(120):
        place, how = chance.randrange(len(sealed)), chance.choice(["flip", "insert", "drop"])
        changed = bytearray(sealed)
        if how == "flip":
            changed[place] ^= 1 << chance.randrange(8)
        elif how == "insert":
            changed.insert(place, chance.randrange(256))
        else:
            del changed[place]
        found = signing.read(bytes(changed), [seal])
        assert found is None or not found.is_sound or bytes(changed) == sealed, (place, how)


def test_nothing_can_be_added_behind_it(sealed: bytes, seal: Seal) -> None:
    for tail in (b"\n", b"% a note", sealed[-400:]):
        found = signing.read(sealed + tail, [seal])
        assert found is None or not found.is_sound


def test_anothers_seal_is_not_ours(pdf: bytes, seal: Seal, tmp_path: Path) -> None:
    other = a_seal(tmp_path / "others")
    found = signing.read(signing.sign(pdf, other, reason=REASON), [seal])
    assert found is not None
    assert (found.is_sound, found.is_ours) == (False, False)


def test_it_can_be_done_where_an_event_loop_runs(pdf: bytes, seal: Seal) -> None:
    async def both() -> signing.Sealed | None:
        return signing.read(signing.sign(pdf, seal, reason=REASON), [seal])

    with ThreadPoolExecutor(1) as thread:  # in this one, a browser's loop may be running
        found = thread.submit(lambda: asyncio.run(both())).result()
    assert found is not None
    assert found.is_sound


@pytest.mark.parametrize("file", [b"", b"%PDF-1.4", b"\x00" * 5000])
def test_what_has_no_seal_has_none(file: bytes, seal: Seal, pdf: bytes) -> None:
    assert signing.read(file, [seal]) is None
    assert signing.read(pdf, [seal]) is None
