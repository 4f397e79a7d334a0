"""The operator's commands, as thin as views."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from charter.clock import now, today
from charter.config import Settings

if TYPE_CHECKING:
    from flask import Flask


@click.group()
def main() -> None:
    """Run the accreditation portal."""


@contextlib.contextmanager
def _portal() -> Iterator["Flask"]:
    from charter.app import create_app

    app = create_app(Settings())
    with app.app_context():
        yield app


def _migrate(settings: Settings) -> None:
    from alembic import command
    from alembic.config import Config

    from charter.app import resource

    settings.var.mkdir(parents=True, exist_ok=True)
    config = Config()
    config.set_main_option("script_location", str(resource("migrations")))
    config.attributes["url"] = settings.database_url
    command.upgrade(config, "head")


@main.command()
def migrate() -> None:
    """Bring the database to the form this version needs."""
    _migrate(Settings())
    click.echo("The database is up to date.")


@main.command("publish-framework")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Only check the file.")
def publish_framework(file: Path, check: bool) -> None:
    """Check a version of the framework and publish it."""
    from charter.errors import Refusal
    from charter.extensions import transaction
    from charter.framework import publishing
    from charter.framework.checking import Faulty

    try:
        content = publishing.read(file)
    except Faulty as faulty:
        raise click.ClickException(str(faulty)) from faulty
    if check:
        click.echo(f"{content.meta.title} {content.meta.version} is sound.")
        return
    with _portal():
        try:
            with transaction() as session:
                framework = publishing.publish(session, content, by=None, at=now())
        except Refusal as refusal:
            raise click.ClickException(str(refusal)) from refusal
        click.echo(f"{framework.title} {framework.version} is published.")


@main.command("load-measures")
def load_measures() -> None:
    """Load the strategy's measures and targets, or bring them up to date."""
    from charter.extensions import transaction
    from charter.reporting import targets

    with _portal(), transaction() as session:
        targets.load_measures(session, by=None, at=now())
    click.echo("The strategy's measures are loaded.")


@main.command("load-programmes")
def load_programmes() -> None:
    """Load the directory of services, or bring it up to date. What somebody changed in the panel stays as it is."""
    from charter.extensions import transaction
    from charter.improvement import programmes

    with _portal(), transaction() as session:
        changed = programmes.load(session, by=None, at=now(), on=today())
    click.echo(f"The directory of services is loaded: {len(changed)} new or changed.")


@main.command("work-out-figures")
def work_out_figures() -> None:
    """Keep what the figures of older assessments came to, for their history. Done again, it changes nothing."""
    from charter.assessment import metric_values
    from charter.extensions import transaction

    with _portal():
        after, rounds = None, 0
        while rounds == 0 or after is not None:
            with transaction() as session:
                after = metric_values.work_out_again(session, after=after)
            rounds += 1
    click.echo("What all figures came to is kept.")


@main.command("scan-evidence")
@click.option("--again", is_flag=True, help="Also scan what other signatures than today's found clean.")
def scan_evidence(again: bool) -> None:
    """Scan for viruses what waits for it, now. Exits with 1 when something could not be scanned."""
    from charter import worker as working
    from charter.assessment import quarantine
    from charter.extensions import db
    from charter.scanning import Unanswered

    with _portal() as app:
        scanner = working.scanner_for(app.extensions["charter_settings"])
        if scanner is None:
            raise click.ClickException("This portal has no virus scanner. Set CHARTER_CLAMD.")
        try:
            version = scanner.version()
        except Unanswered as unanswered:
            raise click.ClickException(f"The scanner does not answer. {unanswered}") from unanswered
        working.begin_scanning(scanner)
        hashes = quarantine.due(db.session, at=None)
        if again:
            hashes += quarantine.scanned_otherwise(db.session, version)
        db.session.rollback()
        scanned = 0
        with click.progressbar(hashes, label=f"Scanning with {version}") as shown:
            for sha256 in shown:
                scanned += working.scan_one(scanner, app.extensions["charter_store"], sha256)
    click.echo(f"{scanned:,} of {len(hashes):,} files were scanned.")
    if scanned < len(hashes):
        raise SystemExit(1)


@main.command("add-administrator")
@click.argument("email")
@click.argument("name")
def add_administrator(email: str, name: str) -> None:
    """Make the first administrator; a link to choose a password is mailed to them."""
    from charter.account import people
    from charter.account.models import Role
    from charter.errors import Refusal
    from charter.extensions import transaction
    from charter.notification import emails

    with _portal():
        try:
            with transaction() as session:
                invited = people.invite_staff(
                    session, email=email, name=name, role=Role.ADMINISTRATOR, by=None, at=now()
                )
                emails.staff_welcome(
                    session, to=invited.user, token=invited.token, event_key=f"welcome:{invited.user.id}", at=now()
                )
        except Refusal as refusal:
            raise click.ClickException(str(refusal)) from refusal
    click.echo(f"A link to choose a password is on its way to {email}.")


@main.group()
def audit() -> None:
    """Prove the trail of who did what."""


@audit.command("verify")
def audit_verify() -> None:
    """Walk the chain of events and the public log of awards, and say whether they are whole. Exits with 1 when not."""
    from charter import audit as trail
    from charter.award import log
    from charter.extensions import db

    with _portal():
        verdicts = {"events; the chain": trail.verify(db.session), "entries; the log of awards": log.verify(db.session)}
    for noun, verdict in verdicts.items():
        for fault in verdict.faults:
            click.echo(fault)
        click.echo(f"{verdict.events:,} {noun} is {'whole' if verdict.sound else 'BROKEN'}.")
        click.echo(f"Its end: {verdict.head}")
    if not all(verdict.sound for verdict in verdicts.values()):
        raise SystemExit(1)


@main.command("seal-certificates")
def seal_certificates() -> None:
    """Put the scheme's seal on every certificate that waits for it, now."""
    from charter import worker as working
    from charter.award import documents
    from charter.extensions import db

    with _portal() as app:
        while working.enter_awards_of_before(app):
            pass  # an award of before the log has no certificate until it is written there
        waiting = documents.count_waiting(db.session)
        sealed = 0
        with click.progressbar(length=waiting, label="Sealing certificates") as shown:
            while (done := working.seal_certificates(app)) > 0:
                sealed += done
                shown.update(done)
    click.echo(f"{sealed:,} certificates were sealed.")


ANOTHER_VERSION = "This folder holds another version's demo. Run make clean, or choose another folder (CHARTER_VAR)."


@main.command()
@click.option("--employers", default=60, show_default=True, help="How many employers to make.")
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same employers.")
@click.option("--serve", "then_serve", is_flag=True, help="Afterwards start the web server and the worker.")
def demo(employers: int, seed: int, then_serve: bool) -> None:
    """Fill an empty database with made-up employers and whole histories. Leaves a database with employers alone."""
    settings = Settings()
    if settings.environment == "production":
        raise click.ClickException("This is a production installation. Set CHARTER_ENVIRONMENT=demo for a demo.")
    from alembic.util import CommandError

    from charter import demo as making
    from charter.errors import Refusal

    port = int(os.environ.get("PORT", "8000"))
    try:
        _migrate(settings)
        with _portal():
            making.fill(employers=employers, seed=seed, on=today(), say=click.echo)
            accounts = making.accounts()
    except (CommandError, Refusal) as error:  # a revision that is not known here, or another text of the charter
        raise click.ClickException(ANOTHER_VERSION) from error
    settings.var.mkdir(parents=True, exist_ok=True)
    (settings.var / "demo.json").write_text(
        json.dumps({"url": f"http://127.0.0.1:{port}", "accounts": accounts}, indent=2) + "\n"
    )
    if then_serve:
        click.echo(f"\nThe portal is at http://127.0.0.1:{port}\n")
        for account in accounts:
            code = f"  code from the secret {account['totp_secret']}" if account["totp_secret"] else ""
            click.echo(f"  {account['role']:14} {account['email']:34} {account['password']}{code}")
        click.echo("\nThe same is in var/demo.json. Staff are asked for a code; this prints the one of the moment:")
        click.echo(f"  {os.path.relpath(sys.executable)} -m charter.cli code SECRET\n\nStop with Ctrl+C.\n")
        _serve(host="127.0.0.1", port=port, workers=1, worker=True)


@main.command()
@click.argument("secret")
def code(secret: str) -> None:
    """Print the six digits that an authenticator app would show for SECRET. For demos."""
    import pyotp

    click.echo(pyotp.TOTP(secret).now())


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, envvar="PORT")
@click.option("--workers", default=2, show_default=True, help="Web processes.")
def serve(host: str, port: int, workers: int) -> None:
    """Start the web server."""
    Settings()  # refuses here, with a clear message, rather than in each process
    _serve(host=host, port=port, workers=workers, worker=False)


def _serve(*, host: str, port: int, workers: int, worker: bool, target: str = "charter.app:create_app") -> None:
    import multiprocessing

    from granian.constants import Interfaces
    from granian.server import Server

    # Web processes start afresh. A fork copies what this process holds without its threads: after `demo` stored files
    # here, the first upload in a forked process would wait for such a thread for ever.
    multiprocessing.set_start_method("spawn", force=True)
    child = subprocess.Popen([sys.executable, "-m", "charter.cli", "worker"]) if worker else None
    server: Any = Server(
        target,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=workers,
        blocking_threads=4,
        log_access=False,
        websockets=False,
    )
    try:
        server.serve()
    finally:
        if child is not None:
            child.send_signal(signal.SIGTERM)
            child.wait(timeout=10)


@main.command()
def worker() -> None:
    """Send waiting messages, scan waiting files and do the nightly tidying, until stopped."""
    from charter import worker as working

    with _portal() as app:
        working.run(app)


if __name__ == "__main__":
    main()
