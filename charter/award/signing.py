"""Seal a certificate with the scheme's key (PAdES), and tell whether a sealed file is as it was sealed.

The seal is added at the end of the file and certifies all of it: no byte may change, and nothing may be added.
"""

import io
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from asn1crypto import cms as asn1_cms
from asn1crypto import core as asn1_core
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers, timestamps
from pyhanko.sign.validation import EmbeddedPdfSignature, validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from charter.keys import Seal

T = TypeVar("T")
FIELD = "Seal"
"""The name of the field that holds the seal."""


def sign(pdf: bytes, seal: Seal, *, reason: str) -> bytes:
    """The file with the scheme's seal at its end. It begins with the bytes of `pdf`.

    `reason` stands in the seal, where readers of PDFs show it. Raises OSError when a time stamp is wanted and cannot
    be had.
    """
    meta = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        reason=reason,
    )
    # Invisible, but not hidden and to be printed: PDF/A asks for it (ISO 19005-2, 6.3.2).
    place = fields.SigFieldSpec(
        FIELD,
        readable_field_name="Seal of the scheme",
        invis_sig_settings=fields.InvisSigSettings(set_hidden_flag=False, set_print_flag=True),
    )
    stamper = timestamps.HTTPTimeStamper(seal.timestamps) if seal.timestamps else None
    signer = signers.PdfSigner(meta, signer=_signer(seal), timestamper=stamper, new_field_spec=place)
    try:
        sealed: bytes = _apart(lambda: signer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf))).getvalue())
    except timestamps.TimestampRequestError as error:
        raise OSError(f"no time stamp: {error}") from error
    return sealed


@dataclass(frozen=True)
class Sealed:
    """What a seal in a file says."""

    is_sound: bool
    """Whether the scheme's own key sealed all of the file, and nothing in it changed since."""
    is_ours: bool
    """Whether the certificate in the seal is one of the scheme's, whatever became of the file."""
    sealed_at: datetime | None
    """When, as the seal says."""


def read(pdf: bytes, seals: Sequence[Seal]) -> Sealed | None:
    """What the seal in a file says; None when there is no seal that can be read. `seals` are the scheme's."""
    ours = {_der(one.certificate): {_der(each) for each in one.chain} for one in seals}
    roots = [_certificate(one.certificate) for one in seals]
    try:
        with _quietly():
            found = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
            if not found:
                return None
            one = found[0]
            one.compute_integrity_info()
            vouching = ours.get(one.signer_cert.dump())
            context = ValidationContext(trust_roots=roots, allow_fetching=False)
            status = _apart(lambda: validate_pdf_signature(one, context))
            # What vouches for the seal stands beside it, where the seal does not cover it: so it is compared.
            known = vouching is not None and {each.dump() for each in one.other_embedded_certs} == vouching
            whole = status.coverage is SignatureCoverageLevel.ENTIRE_FILE and _is_tight(pdf, one)
            sound = known and whole and len(found) == 1 and status.bottom_line
            return Sealed(is_sound=sound, is_ours=vouching is not None, sealed_at=one.self_reported_timestamp)
    except Exception:  # a file that was tampered with may break a reader in any way
        return None


def _apart(work: Callable[[], T]) -> T:
    """Do it in a thread of its own: pyHanko starts an event loop, which it cannot where one is running already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()


def _is_tight(pdf: bytes, one: EmbeddedPdfSignature) -> bool:
    """Whether the room for the seal, the one part of the file that it cannot cover, holds what we write there.

    The seal is put together again from the parts that are proved otherwise, and noughts follow it.
    """
    first, before, behind, _ = (int(number) for number in one.byte_range)
    room = pdf[first + before : behind]
    told = one.signer_info
    signer = {name: told[name] for name in ("signed_attrs", "signature_algorithm", "signature")}
    own = one.signer_cert
    signer["sid"] = asn1_cms.SignerIdentifier(
        {"issuer_and_serial_number": {"issuer": own.issuer, "serial_number": own.serial_number}}
    )
    if told["unsigned_attrs"]:  # a time stamp
        signer["unsigned_attrs"] = told["unsigned_attrs"]
    digest = {"algorithm": "sha256", "parameters": asn1_core.Null()}
    content = {
        "version": "v1",
        "digest_algorithms": [digest],
        "encap_content_info": {"content_type": "data"},
        "certificates": one.signed_data["certificates"],
        "signer_infos": [{"version": "v1", "digest_algorithm": digest, **signer}],
    }
    again = asn1_cms.ContentInfo({"content_type": "signed_data", "content": asn1_cms.SignedData(content)})
    written: bytes = b"<" + again.dump().hex().upper().encode().ljust(len(room) - 2, b"0") + b">"
    return room == written


@lru_cache(maxsize=4)
def _signer(seal: Seal) -> signers.SimpleSigner:
    register = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    register.register_multiple([_certificate(one) for one in seal.chain])
    key = seal.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return signers.SimpleSigner(
        signing_cert=_certificate(seal.certificate),
        signing_key=asn1_keys.PrivateKeyInfo.load(key),
        cert_registry=register,
    )


def _der(one: x509.Certificate) -> bytes:
    return one.public_bytes(serialization.Encoding.DER)


def _certificate(one: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(_der(one))


class _quietly:
    """What pyHanko logs of files that are broken on purpose is no news."""

    def __enter__(self) -> None:
        self.before = logging.root.manager.disable
        logging.disable(logging.CRITICAL)

    def __exit__(self, *_: object) -> None:
        logging.disable(self.before)
