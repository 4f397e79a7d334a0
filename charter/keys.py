"""The scheme's keys: one pair seals its certificates, another signs what machines read.

The seal (PAdES) is a certificate that an authority issued to the scheme, with its chain. The issuer's key (Ed25519)
signs badges, the list of those taken back and the head of the public log; its public half is published, and so are
those that were used before it. A demo makes its own.
"""

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import NameOID
from joserfc import jws
from joserfc.errors import UnsupportedAlgorithmError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import OKPKey

ISSUER_KEY, SEAL_KEY, SEAL_CHAIN = "issuer.pem", "seal.pem", "seal-chain.pem"
"""How the files are called that a demo makes."""


ALGORITHM = "EdDSA"
"""How the issuer's key signs."""


class _Signatures(jws.JWSRegistry):
    """Signatures by the name that wallets know: RFC 9864 prefers "Ed25519", which hardly any of them reads yet."""

    def get_alg(self, name: str) -> JWSAlgModel:
        if name != ALGORITHM:
            raise UnsupportedAlgorithmError(f"{name} signs nothing of ours")
        return self.algorithms[name]


SIGNATURES = _Signatures(algorithms=[ALGORITHM])
"""Give it to whatever signs or checks with the issuer's key."""


class BadKey(ValueError):
    """A key cannot be used; the message says which file, and what is wrong with it."""


@dataclass(frozen=True)
class Seal:
    """What certificates are sealed with."""

    key: PrivateKeyTypes
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    """Those who vouch for it, the nearest first; the last one is the root that a reader has to trust."""
    timestamps: str = ""
    """Where a time stamp is asked for (RFC 3161); none when empty."""


@dataclass(frozen=True)
class Keys:
    """The scheme's keys as the settings give them."""

    issuer: OKPKey
    seal: Seal
    older: tuple[OKPKey, ...] = ()
    """Public keys that signed before; what they signed is still to be checked by somebody."""

    @cached_property
    def key_id(self) -> str:
        """Names the issuer's key in what it signs: its thumbprint (RFC 7638)."""
        return self.issuer.thumbprint()

    @cached_property
    def published(self) -> dict[str, Any]:
        """The public keys as a JSON Web Key Set (RFC 7517), the one in use first."""
        return {"keys": [_published(one) for one in (self.issuer, *self.older)]}


def _published(key: OKPKey) -> dict[str, Any]:
    return {**key.as_dict(private=False), "kid": key.thumbprint(), "alg": ALGORITHM, "use": "sig"}


def load(
    issuer: Path, seal: Path, chain: Path, *, older: Sequence[Path] = (), password: str = "", timestamps: str = ""
) -> Keys:
    """The keys in these PEM files. `password` opens the seal's key when it is locked.

    `chain` begins with the seal's own certificate. Raises `BadKey` when a file cannot be read, is not what it should
    be, or when the seal's key and certificate do not belong together.
    """
    pem = _read(issuer)
    try:
        private = serialization.load_pem_private_key(pem, None)
    except (ValueError, TypeError) as error:
        raise BadKey(f"{issuer} holds no private key that can be read: {error}") from error
    if not isinstance(private, ed25519.Ed25519PrivateKey):
        raise BadKey(f"{issuer} must hold an Ed25519 key")
    try:
        sealing = serialization.load_pem_private_key(_read(seal), password.encode() or None)
    except (ValueError, TypeError) as error:
        raise BadKey(f"{seal} holds no private key that can be read: {error}") from error
    try:
        own, *vouching = x509.load_pem_x509_certificates(_read(chain))
    except ValueError as error:
        raise BadKey(f"{chain} holds no certificates that can be read: {error}") from error
    if own.public_key() != sealing.public_key():
        raise BadKey(f"the first certificate in {chain} does not belong to the key in {seal}")
    return Keys(
        issuer=OKPKey.import_key(pem),
        seal=Seal(sealing, own, tuple(vouching), timestamps),
        older=tuple(_older(one) for one in older),
    )


def _older(path: Path) -> OKPKey:
    try:
        public = serialization.load_pem_public_key(_read(path))
    except ValueError as error:
        raise BadKey(f"{path} holds no public key that can be read: {error}") from error
    if not isinstance(public, ed25519.Ed25519PublicKey):
        raise BadKey(f"{path} must hold an Ed25519 public key")
    return OKPKey.import_key(_read(path))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadKey(f"{path} cannot be read: {error.strerror}") from error


# A demo's own ---------------------------------------------------------------------------------------------------------


def make_own(folder: Path, *, owner: str, at: datetime) -> None:
    """Make keys of a demo in `folder`, unless there are some. Two processes that begin at once end with the same."""
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=folder.parent))
    try:
        _write(made / ISSUER_KEY, _private(ed25519.Ed25519PrivateKey.generate()))
        root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        root = _certificate("A demo's own authority", root_key, None, root_key, at)
        own = _certificate(owner, key, root, root_key, at)
        _write(made / SEAL_KEY, _private(key))
        _write(made / SEAL_CHAIN, b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (own, root)))
        try:
            os.rename(made, folder)  # noqa: PTH104 - refuses a folder that has something in it, and says so
        except OSError:
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
    issuer_key: ec.EllipticCurvePrivateKey,
    at: datetime,
) -> x509.Certificate:
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "GB"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, name[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{name[:50]} (demo)"),
        ]
    )
    is_authority = issuer is None
    uses = x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=not is_authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at.astimezone(UTC) - timedelta(days=3650))  # a demo tells of years gone by
        .not_valid_after(at.astimezone(UTC) + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(uses, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
        .sign(issuer_key, hashes.SHA256())
    )


def _private(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
