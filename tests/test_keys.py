"""The scheme's keys: a demo makes its own, and what cannot be used is named."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from charter import keys
from charter.keys import ISSUER_KEY, SEAL_CHAIN, SEAL_KEY, BadKey
from tests.conftest import AT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "keys"
    keys.make_own(found, owner="Herefordshire and Worcestershire Integrated Care System", at=AT)
    return found


def load(folder: Path, **values: object) -> keys.Keys:
    return keys.load(folder / ISSUER_KEY, folder / SEAL_KEY, folder / SEAL_CHAIN, **values)


def public(key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def test_a_demo_makes_its_keys_once_and_only_its_owner_reads_them(folder: Path) -> None:
    first = load(folder).key_id
    keys.make_own(folder, owner="Somebody else", at=AT)
    assert load(folder).key_id == first
    assert {one.stat().st_mode & 0o077 for one in folder.iterdir()} == {0}
    assert [one.name for one in folder.parent.iterdir()] == ["keys"]  # nothing is left of the second try


def test_the_seal_is_vouched_for_by_its_chain(folder: Path) -> None:
    seal = load(folder).seal
    assert len(seal.chain) == 1
    seal.certificate.verify_directly_issued_by(seal.chain[0])


def test_only_public_halves_are_published_and_older_ones_stay(folder: Path, tmp_path: Path) -> None:
    before = tmp_path / "before.pem"
    before.write_bytes(public(ed25519.Ed25519PrivateKey.generate()))
    found = load(folder, older=(before,))
    published = found.published["keys"]
    assert [one["kid"] for one in published] == [found.key_id, found.older[0].thumbprint()]
    assert all(set(one) == {"kty", "crv", "x", "kid", "alg", "use"} for one in published)  # and never "d"


def test_a_locked_key_opens_with_its_password_alone(folder: Path) -> None:
    key = serialization.load_pem_private_key((folder / SEAL_KEY).read_bytes(), None)
    (folder / SEAL_KEY).write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"a long password"),
        )
    )
    assert load(folder, password="a long password").seal.certificate
    for wrong in ("", "another"):
        with pytest.raises(BadKey, match=SEAL_KEY):
            load(folder, password=wrong)


@pytest.mark.parametrize("name", [ISSUER_KEY, SEAL_KEY, SEAL_CHAIN])
def test_a_file_that_is_missing_or_holds_something_else_is_named(folder: Path, name: str) -> None:
    (folder / name).write_text("nothing of the kind")
    with pytest.raises(BadKey, match=name):
        load(folder)
    (folder / name).unlink()
    with pytest.raises(BadKey, match="cannot be read"):
        load(folder)


def test_a_seal_whose_certificate_is_anothers_is_refused(folder: Path, tmp_path: Path) -> None:
    keys.make_own(tmp_path / "others", owner="Another", at=AT)
    with pytest.raises(BadKey, match="does not belong"):
        keys.load(folder / ISSUER_KEY, folder / SEAL_KEY, tmp_path / "others" / SEAL_CHAIN)


def test_the_issuers_key_must_be_of_its_kind(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BadKey, match="Ed25519"):
        keys.load(folder / SEAL_KEY, folder / SEAL_KEY, folder / SEAL_CHAIN)
    wrong = tmp_path / "wrong.pem"
    wrong.write_bytes(public(ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(BadKey, match="Ed25519 public"):
        load(folder, older=(wrong,))
