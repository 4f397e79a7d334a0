"""The stand-alone verifier, run as a stranger would: on copies of what the portal publishes, and on forgeries."""

import json
import random
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from charter import worker
from charter.account.models import User
from charter.award import documents, issuing
from charter.award.models import Award
from charter.extensions import db, transaction
from charter.organisation.models import Organisation
from charter.review import moderation
from charter.review.models import Review
from tests.conftest import AT
from tests.factories import Factory
from tests.pages import CheckedClient

VERIFIER = Path(__file__).parents[2] / "docs" / "verifier" / "verify.py"
FIRST = date(2026, 11, 22)


def verify(*arguments: object) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, str(VERIFIER), *map(str, arguments)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def copies(client: CheckedClient, tmp_path: Path) -> Callable[[], tuple[Path, Path, Path]]:
    """Copies of the log, its head and the keys, as of now."""

    def copy() -> tuple[Path, Path, Path]:
        made = []
        for name, address in (
            ("log.jsonl", "/certificates/log"),
            ("head.json", "/certificates/log/head"),
            ("keys.json", "/.well-known/jwks.json"),
        ):
            (tmp_path / name).write_text(client.get(address).text)
            made.append(tmp_path / name)
        return made[0], made[1], made[2]

    return copy


@pytest.fixture
def awards(make: Factory, moderator: User) -> list[Award]:
    return [make.award(make.organisation(f"Employer {number}"), on=FIRST, by=moderator) for number in range(4)]


def test_a_whole_log_is_whole(awards: list[Award], copies: Callable[[], tuple[Path, Path, Path]]) -> None:
    log, head, keys = copies()
    assert verify("log", log, "--head", head, "--keys", keys)[0] == 0


def test_a_log_that_was_changed_is_wrong(
    awards: list[Award], copies: Callable[[], tuple[Path, Path, Path]], tmp_path: Path
) -> None:
    log, head, keys = copies()
    whole = log.read_text().splitlines()
    chance = random.Random(3)
    forgeries = {
        "cut": whole[:-1],
        "removed": whole[:1] + whole[2:],
        "swapped": [whole[1], whole[0], *whole[2:]],
        "doubled": [*whole, whole[-1]],
    }
    for name in ("level", "ends_on", "at", "number", "document_sha256"):
        place = chance.randrange(len(whole))
        entry = json.loads(whole[place])
        forgeries[name] = [*whole[:place], json.dumps({**entry, name: "2040-01-01"}), *whole[place + 1 :]]
    for how, lines in forgeries.items():
        log.write_text("\n".join(lines) + "\n")
        code, said = verify("log", log, "--head", head, "--keys", keys)
        assert (code, said[:6]) == (1, "WRONG:"), how


def test_a_log_written_anew_is_found_by_a_head_that_somebody_kept(
    awards: list[Award], copies: Callable[[], tuple[Path, Path, Path]], tmp_path: Path
) -> None:
    """The operator has every key and writes a whole log with one date changed: only a kept head tells."""
    sys.path.insert(0, str(VERIFIER.parent))
    try:
        import verify as verifier
    finally:
        sys.path.pop(0)
    log, head, keys = copies()
    kept = tmp_path / "kept.json"
    kept.write_text(head.read_text())
    previous, forged = "0" * 64, []
    for line in log.read_text().splitlines():
        entry = {**json.loads(line), "at": "2020-01-01T00:00:00+00:00", "previous_hash": previous}
        previous = entry["hash"] = verifier.digest(entry)
        forged.append(json.dumps(entry))
    log.write_text("\n".join(forged))
    assert verify("log", log)[0] == 0  # by itself it is whole
    code, said = verify("log", log, "--kept", kept, "--keys", keys)
    assert code == 1
    assert "the head that you kept" in said


def test_a_head_signed_by_anothers_key_is_wrong(
    awards: list[Award], copies: Callable[[], tuple[Path, Path, Path]]
) -> None:
    log, head, keys = copies()
    said = json.loads(head.read_text())
    header, payload, signature = said["signed"].split(".")
    said["signed"] = f"{header}.{payload}.{signature[:-8]}AAAAAAAA"
    head.write_text(json.dumps(said))
    assert verify("log", log, "--head", head, "--keys", keys)[0] == 1


def test_a_certificate_is_known_and_says_what_became_of_it(
    app: Flask,
    make: Factory,
    awards: list[Award],
    moderator: User,
    copies: Callable[[], tuple[Path, Path, Path]],
    tmp_path: Path,
) -> None:
    worker.seal_certificates(app)
    award = awards[1]
    document = documents.of(db.session, award.id)
    assert document is not None
    file = tmp_path / "certificate.pdf"
    file.write_bytes(b"".join(documents.content(document, app.extensions["charter_store"])))
    code, said = verify("certificate", file, copies()[0])
    assert code == 0
    assert f"certificate {award.number}" in said
    assert "it stands" in said
    with transaction() as session:
        issuing.revoke(session, session.get_one(Award, award.id), reason="x", by=moderator, at=AT, on=FIRST)
    assert "taken back" in verify("certificate", file, copies()[0])[1]
    changed = bytearray(file.read_bytes())
    changed[1000] ^= 1
    file.write_bytes(bytes(changed))
    assert verify("certificate", file, copies()[0])[0] == 1


@pytest.fixture
def record(
    make: Factory,
    employer: Organisation,
    owner: User,
    assessor: User,
    moderator: User,
    sign_in: Callable[[User], CheckedClient],
    tmp_path: Path,
) -> Path:
    """The file that an employer takes away after its decision."""
    answered = make.answered(make.assessment(employer, by=owner), by=owner)
    found = make.found(make.claimed(make.submitted(answered, by=owner), by=assessor), by=assessor)
    review = make.recommended(found, by=assessor)
    with transaction() as session:
        moderation.agree(
            session, session.get_one(Review, review.id), reasons="Well done.", by=moderator, at=AT, on=FIRST
        )
    response = sign_in(owner).get(f"/assessments/{answered.id}/explanation.json")
    assert response.headers["Content-Disposition"].startswith("attachment;")
    file = tmp_path / "record.json"
    file.write_text(response.text)
    return file


def test_the_record_of_a_decision_proves_itself(record: Path, copies: Callable[[], tuple[Path, Path, Path]]) -> None:
    code, said = verify("record", record, "--keys", copies()[2])
    assert code == 0, said
    assert "It is what award" in said


@pytest.mark.parametrize("what", ["document", "evidence", "entry", "head", "keys"])
def test_a_record_that_was_changed_is_wrong(
    record: Path, what: str, copies: Callable[[], tuple[Path, Path, Path]]
) -> None:
    made = json.loads(record.read_text())
    if what == "document":
        made["document"] = made["document"].replace("Teme Valley", "Severn Vale")
    elif what == "evidence":
        words = next(iter(made["evidence"].values()))
        words["text"] = "Something else."
    elif what == "entry":
        made["log"][0]["level"] = 3
    elif what == "head":
        made["log"] = [*made["log"], made["log"][-1]]
    else:
        made["head"]["signed"] = made["head"]["signed"][:-8] + "AAAAAAAA"
    record.write_text(json.dumps(made))
    code, said = verify("record", record, "--keys", copies()[2])
    assert (code, said[:6]) == (1, "WRONG:")
