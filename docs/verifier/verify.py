#!/usr/bin/env python3
"""Check awards of the charter without asking whoever runs the portal.

    verify.py log LOG [--head HEAD] [--keys KEYS] [--kept OLDER_HEAD]
    verify.py certificate FILE.pdf LOG
    verify.py record FILE.json [--keys KEYS]

LOG is a copy of /certificates/log (all its pages, one after the other), HEAD one of /certificates/log/head, and KEYS
one of /.well-known/jwks.json. Get the keys once and keep them: whoever could change the log could also publish other
keys. A head that you kept shows later that nothing before it was changed, moved or removed.

Needs Python 3.9 or later, and for signatures the package "cryptography". Exits with 1 when something does not fit.
"""

import argparse
import base64
import hashlib
import json
import sys
from pathlib import Path

GENESIS = "0" * 64
HEAD_TYPE = "charter-log-head+jwt"
HOLDS = {"issued", "renewed", "review_opened", "review_closed", "restored", "reissued"}
STANDS = {
    "superseded": "replaced by a newer award",
    "suspended": "suspended: do not rely on it now",
    "revoked": "taken back: do not rely on it",
}


class Wrong(Exception):
    """Something does not fit; the message says what."""


def digest(entry):
    """The hash that an entry of the log must have."""
    said = {name: value for name, value in entry.items() if name != "hash"}
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def check_chain(entries, previous=GENESIS, sequence=0):
    """Each entry follows the one before it, from the first or from a given place; the last one's place and hash."""
    for entry in entries:
        sequence += 1
        if entry["sequence"] != sequence:
            raise Wrong(f"entry {sequence} is missing or moved: the next one found is {entry['sequence']}")
        if entry["previous_hash"] != previous:
            raise Wrong(f"entry {sequence} does not follow the one before it")
        if digest(entry) != entry["hash"]:
            raise Wrong(f"entry {sequence} was changed after it was written")
        previous = entry["hash"]
    return sequence, previous


def unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def check_head(head, keys):
    """The end of the log as it was signed: the signature is by one of the keys. Gives what was signed."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    header, payload, signature = head["signed"].split(".")
    told = json.loads(unpadded(header))
    if told.get("typ") != HEAD_TYPE or told.get("alg") != "EdDSA":
        raise Wrong("what is signed is not the end of a log")
    for key in keys["keys"]:
        if key["kid"] == told["kid"]:
            try:
                public = Ed25519PublicKey.from_public_bytes(unpadded(key["x"]))
                public.verify(unpadded(signature), f"{header}.{payload}".encode())
            except InvalidSignature:
                raise Wrong("the signature of the end of the log is wrong") from None
            return json.loads(unpadded(payload))
    raise Wrong("the end of the log is signed by a key that is not among the keys")


def reaches(entries, said, whose):
    """The log holds the end that was signed, so that nothing up to there was changed since."""
    if said["sequence"] == 0:
        return
    there = {entry["sequence"]: entry["hash"] for entry in entries}
    if there.get(said["sequence"]) != said["hash"]:
        raise Wrong(f"the log is not the one that {whose} tells of: entry {said['sequence']} differs or is gone")


def lines(path):
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines() if line.strip()]


def load(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def verify_log(arguments):
    entries = lines(arguments.log)
    sequence, last = check_chain(entries)
    for path, whose in ((arguments.head, "the head"), (arguments.kept, "the head that you kept")):
        if path is not None:
            head = load(path)
            said = check_head(head, load(arguments.keys)) if arguments.keys else head
            reaches(entries, said, whose)
    print(f"{sequence} entries, each follows the one before it. The last hash: {last}")
    if arguments.head and not arguments.keys:
        print("No keys were given, so the signature of the head was not checked.")


def verify_certificate(arguments):
    """The part of the file that was there before the seal is one that the log knows, and the award still stands."""
    entries = lines(arguments.log)
    check_chain(entries)
    file = Path(arguments.file).read_bytes()
    known = {entry["document_sha256"]: entry for entry in entries if entry["document_sha256"]}
    place = 0
    while (place := file.find(b"%%EOF", place)) >= 0:
        place += len(b"%%EOF")
        for end in (place, place + 1, place + 2):  # a line may end in one or two characters, or in none
            entry = known.get(hashlib.sha256(file[:end]).hexdigest())
            if entry is not None:
                about = [one for one in entries if one["number"] == entry["number"]]
                last = about[-1]["kind"]
                drawn = [one for one in about if one["document_sha256"]]
                print(f"This is certificate {entry['number']}, level {entry['level']}, in entry {entry['sequence']}.")
                if drawn[-1] is not entry:
                    print("A newer certificate was made out for the same award.")
                print(f"It was made out from {entry['starts_on']} to {entry['ends_on']}.")
                print("The log says: " + ("it stands" if last in HOLDS else STANDS[last]) + f" ({last}).")
                print("Whether anything was added behind it, the seal shows: ask a reader of PDFs, such as pdfsig.")
                return
    raise Wrong("no part of this file is a certificate that the log knows")


def verify_record(arguments):
    """The document of a decision is the one that the log names, and the words of the evidence are those it names."""
    made = load(arguments.file)
    if made.get("format") != "charter-decision-record/1":
        raise Wrong("this is no record of a decision, or one of another format")
    if hashlib.sha256(made["document"].encode()).hexdigest() != made["sha256"]:
        raise Wrong("the document was changed after it was kept")
    document = json.loads(made["document"])
    removed = 0
    for section in document["sections"]:
        for block in section["blocks"]:
            if block[0] == "evidence":
                words = made["evidence"].get(block[1], {})
                if "removed_on" in words:
                    removed += 1
                    continue
                text = json.dumps(words, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
                if hashlib.sha256(text.encode()).hexdigest() != block[3]:
                    raise Wrong("the words of a piece of evidence were changed after they were kept")
    told = [f"{document['title']}: {document['employer']}, decided on {document['decided_on']}."]
    if removed:
        told.append(f"The words of {removed} pieces of evidence were removed for privacy; their hashes stand.")
    if not made["log"]:
        print(*told, "The document is whole. It gave no award, so the public log does not name it.", sep="\n")
        return
    first = made["log"][0]
    if first["record_sha256"] != made["sha256"]:
        raise Wrong("the log names another document")
    sequence, last = check_chain(made["log"], first["previous_hash"], first["sequence"] - 1)
    keys = load(arguments.keys) if arguments.keys else made["keys"]
    said = check_head(made["head"], keys)
    if (said["sequence"], said["hash"]) != (sequence, last):
        raise Wrong("the part of the log does not lead to the end that was signed")
    print(*told, sep="\n")
    print(f"It is what award {first['number']} rests on: entry {first['sequence']} of the log, of {first['at'][:10]}.")
    if not arguments.keys:
        print("The keys came with the file. To be sure whose they are, give your own copy with --keys.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ways = parser.add_subparsers(dest="way", required=True)
    log = ways.add_parser("log", help="the whole log")
    log.add_argument("log")
    log.add_argument("--head")
    log.add_argument("--keys")
    log.add_argument("--kept", help="a head that you kept from before")
    log.set_defaults(do=verify_log)
    certificate = ways.add_parser("certificate", help="a certificate as PDF")
    certificate.add_argument("file")
    certificate.add_argument("log")
    certificate.set_defaults(do=verify_certificate)
    record = ways.add_parser("record", help="the record of a decision")
    record.add_argument("file")
    record.add_argument("--keys")
    record.set_defaults(do=verify_record)
    arguments = parser.parse_args()
    try:
        arguments.do(arguments)
    except Wrong as wrong:
        sys.exit(f"WRONG: {wrong}.")
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        sys.exit(f"WRONG: this cannot be read ({type(error).__name__}: {error}).")


if __name__ == "__main__":
    main()
