"""The operator's commands, run as an operator runs them."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from charter.app import create_app
from charter.assessment import evidence_kinds, library
from charter.assessment.file_checks import Checked, FileKind
from charter.assessment.models import EvidenceKind
from charter.audit import AuditEvent
from charter.cli import main
from charter.config import Settings
from charter.database import writing
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.framework.models import Framework
from charter.notification.models import Message
from tests.clamd import FakeClamd, version
from tests.conftest import AT, make_engine
from tests.factories import Factory

CHARTER = publishing.SHIPPED[-1]
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on an installation of its own, on SQLite, with its tables made."""
    for name, value in {
        "ENVIRONMENT": "demo",
        "VAR": str(tmp_path),
        "MAIL": "file",
        "BASE_URL": "http://127.0.0.1:8000",
    }.items():
        monkeypatch.setenv(f"CHARTER_{name}", value)

    def go(*words: object) -> Result:
        return CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)

    assert go("migrate").exit_code == 0
    return go


@pytest.fixture
def rows(tmp_path: Path) -> Callable[[sa.Select[tuple[object]]], list[object]]:
    def read(query: sa.Select[tuple[object]]) -> list[object]:
        engine = make_engine(f"sqlite:///{tmp_path / 'charter.db'}")
        with engine.connect() as connection:
            found = list(connection.execute(query).scalars())
        engine.dispose()
        return found

    return read


def test_migrating_twice_is_harmless(run: Run) -> None:
    assert "up to date" in run("migrate").output


def test_publishing_a_version_twice_is_harmless(run: Run, rows) -> None:
    for _ in range(2):
        assert run("publish-framework", CHARTER).exit_code == 0
    assert len(rows(sa.select(Framework.version))) == 1


def test_changed_content_under_a_published_version_is_refused(run: Run, rows, tmp_path: Path) -> None:
    run("publish-framework", CHARTER)
    changed = tmp_path / "changed.yaml"
    changed.write_text(CHARTER.read_text().replace("title: Starter", "title: Beginner", 1))
    answer = run("publish-framework", changed)
    assert answer.exit_code == 1
    assert "already" in answer.output
    assert len(rows(sa.select(Framework.version))) == 1


def test_every_mistake_in_a_file_is_named_at_once_with_its_line(run: Run, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    text = CHARTER.read_text()
    text = text.replace("    level: 1\n", "    level: 9\n", 1).replace("formula: leavers", "formula: leaverz", 1)
    broken.write_text(text)
    answer = run("publish-framework", "--check", broken)
    assert answer.exit_code == 1
    lines = broken.read_text().splitlines()
    level = lines.index("    level: 9") + 1
    formula = next(number for number, line in enumerate(lines, 1) if "leaverz" in line)
    assert str(level) in answer.output
    assert str(formula) in answer.output
    assert "leaverz" in answer.output


def test_checking_publishes_nothing(run: Run, rows) -> None:
    assert "sound" in run("publish-framework", "--check", CHARTER).output
    assert rows(sa.select(Framework.version)) == []


def test_a_broken_trail_ends_with_an_error(run: Run, tmp_path: Path) -> None:
    run("publish-framework", CHARTER)
    answer = run("audit", "verify")
    assert (answer.exit_code, "whole" in answer.output) == (0, True)
    engine = make_engine(f"sqlite:///{tmp_path / 'charter.db'}")
    with writing(), engine.begin() as connection:
        connection.execute(sa.update(AuditEvent).values(action="nothing:happened"))
    engine.dispose()
    answer = run("audit", "verify")
    assert (answer.exit_code, "BROKEN" in answer.output) == (1, True)


def test_the_first_administrator_is_mailed_a_link_once(run: Run, rows) -> None:
    assert run("add-administrator", "ada@council.example.org", "Ada Weaver").exit_code == 0
    assert rows(sa.select(Message.to_address)) == ["ada@council.example.org"]
    assert run("add-administrator", "ada@council.example.org", "Ada Weaver").exit_code == 1


def test_a_demo_fills_an_empty_database_once_and_says_who_may_sign_in(run: Run, rows, tmp_path: Path) -> None:
    answer = run("demo", "--employers", 3)
    assert answer.exit_code == 0, answer.output
    told = json.loads((tmp_path / "demo.json").read_text())
    assert told["url"] == "http://127.0.0.1:8000"
    assert {"owner", "contributor", "assessor", "moderator", "board", "administrator"} <= {
        account["role"] for account in told["accounts"]
    }
    events = len(rows(sa.select(AuditEvent.sequence)))
    assert "nothing was added" in run("demo", "--employers", 3).output
    assert len(rows(sa.select(AuditEvent.sequence))) == events


def test_a_demo_is_refused_in_production(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARTER_ENVIRONMENT", "production")
    monkeypatch.setenv("CHARTER_SECRET_KEY", "k" * 40)
    monkeypatch.setenv("CHARTER_BASE_URL", "https://charter.example.org")
    monkeypatch.setenv("CHARTER_MAIL", "smtp")
    monkeypatch.setenv("CHARTER_CLAMD", "unix:///run/clamav/clamd.ctl")
    for name in ("ISSUER_KEY", "SEAL_KEY", "SEAL_CHAIN"):
        monkeypatch.setenv(f"CHARTER_{name}", f"/run/secrets/{name}")
    assert run("demo").exit_code == 1


def test_files_that_wait_are_scanned_at_once_and_on_request_those_that_older_signatures_cleared(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = run("scan-evidence")
    assert (without.exit_code, "no virus scanner" in without.output) == (1, True)
    run("publish-framework", CHARTER)
    fake = FakeClamd(tmp_path)
    monkeypatch.setenv("CHARTER_CLAMD", fake.address)
    app = create_app(Settings())
    with app.app_context():
        make = Factory(AT)
        employer = make.organisation("Teme Valley Orchards Ltd")
        owner = make.member(employer, "Olive Owner")
        given = evidence_kinds.of_file(
            "note.txt", Checked(FileKind.TXT, "text/plain", "txt"), app.extensions["charter_store"].put(b"Words"), 5
        )
        rules = make.framework().content.evidence_rules
        with transaction() as session:
            library.give(session, employer, EvidenceKind.FILE, given, rules=rules, by=owner, at=AT)
        for engine in db.engines.values():
            engine.dispose()
    assert "1 of 1 files were scanned." in run("scan-evidence").output
    assert "0 of 0 files were scanned." in run("scan-evidence").output
    assert "0 of 0 files were scanned." in run("scan-evidence", "--again").output
    fake.version = version(age=timedelta(hours=1))
    assert "1 of 1 files were scanned." in run("scan-evidence", "--again").output
    fake.leave()
    away = run("scan-evidence")
    assert (away.exit_code, "The scanner does not answer." in away.output) == (1, True)


@pytest.mark.parametrize("older", ["a charter of other words", "a revision that is not known here"])
def test_a_demo_on_the_folder_of_another_version_says_so_in_a_sentence(run: Run, tmp_path: Path, older: str) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'charter.db'}")
    with engine.begin() as connection:
        if older.startswith("a revision"):
            connection.execute(sa.text("UPDATE alembic_version SET version_num = 'ffffffffffff'"))
    engine.dispose()
    if older.startswith("a charter"):
        path = tmp_path / "other.yaml"
        path.write_text(Path(CHARTER).read_text().replace("A leader responsible", "Another leader responsible"))
        assert run("publish-framework", path).exit_code == 0
    answer = run("demo", "--employers", 1)
    assert (answer.exit_code, "This folder holds another version's demo." in answer.output) == (1, True)
