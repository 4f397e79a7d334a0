"""The worker: sends what waits in the outbox and tidies what is past its time. The outbox is its queue."""

import signal
import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from types import FrameType

import sqlalchemy as sa
import structlog
from flask import Flask
from sqlalchemy.orm import Session

from charter import tables  # noqa: F401 - what is imported here writes statements, which need every model to be there
from charter.account import sessions
from charter.account.models import KeptForm, MailedLink, SignInAttempt, SignInSession
from charter.aftercare import concerns
from charter.assessment import benchmarks, closing, evidence_files, importing, quarantine, recognising, sign_off
from charter.assessment.models import Evidence
from charter.award import documents, evidence_ending, reminding
from charter.award import log as award_log
from charter.award.yearly import opening
from charter.award.yearly import reminding as yearly_reminding
from charter.clock import now, today
from charter.config import Settings
from charter.extensions import db, transaction
from charter.improvement import due, reopening
from charter.keys import Keys
from charter.merging import duplicates
from charter.notification import delivery
from charter.organisation import team
from charter.panel import recording
from charter.review.handing_out import allocation
from charter.review.record import explanation
from charter.review.timing import reminding as answers
from charter.scanning import Clamd, Scanner, Unanswered
from charter.storage import Damaged, Missing, Store
from charter.succession import asking, claiming, transferring
from charter.survey import running as surveys
from charter.time_spent import adding as time_spent
from charter.versions import trying

EVERY = 2.0
"""Seconds between two looks at the outbox."""
TIDY_EVERY = timedelta(hours=1)
TRIALS_AT_ONCE = 10
"""How many parts of a trial are worked out between two looks at the outbox."""
SCANS_AT_ONCE = 50
"""How many files are scanned between two looks at the outbox."""

Job = Callable[[Session, date, datetime], object]
"""What a day brings about by itself. Done every hour, so each must be harmless when done twice on one day."""


def explain_decisions(session: Session, on: date, at: datetime) -> None:
    """Put decisions of before into words, some at a time, until each has its record."""
    explanation.keep_those_of_before(session, at, recording.decided_in)


DAILY: tuple[Job, ...] = (
    importing.drop_old,
    evidence_ending.ask_to_renew,
    recognising.remind,
    reopening.reopen,
    reminding.remind,
    opening.open_due,
    yearly_reminding.remind,
    benchmarks.keep_up,
    asking.lapse,
    transferring.lapse,
    claiming.settle,
    team.forget_invitations,
    sign_off.forget_addresses,
    concerns.forget,
    explain_decisions,
    answers.remind,
    allocation.let_go_of_interests,
    due.remind,
    closing.retire_due,
    closing.tell,
    time_spent.forget_old,
    surveys.close_due,
    surveys.forget_codes,
)

log = structlog.get_logger()


def run(app: Flask) -> None:
    """Work until the process is asked to stop. Needs the application's context."""
    stop = threading.Event()

    def asked(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, asked)
    settings: Settings = app.extensions["charter_settings"]
    sender = sender_for(settings)
    scanner = scanner_for(settings)
    _try(lambda: begin_scanning(scanner))
    tidied = now() - TIDY_EVERY
    looked_on: date | None = None
    some_unwritten = True
    while not stop.is_set():
        _try(lambda: send(settings, sender))
        if scanner is not None:
            _try(lambda: scan(scanner, app.extensions["charter_store"]))
        if some_unwritten:
            some_unwritten = bool(_try(lambda: enter_awards_of_before(app)))
        _try(lambda: seal_certificates(app))
        _try(try_drafts)
        if now() - tidied >= TIDY_EVERY:
            _try(tidy)
            keep_the_day()
            _try(lambda: forget_files(app.extensions["charter_store"]))
            if looked_on != today():
                looked_on = today()
                _try(find_duplicates)
            some_unwritten = True
            tidied = now()
        stop.wait(EVERY)


def sender_for(settings: Settings) -> delivery.Sender:
    """How messages leave this installation."""
    if settings.mail == "file":
        return delivery.FileSender(settings.var / "mail")
    return delivery.SmtpSender(
        settings.smtp_host,
        settings.smtp_port,
        user=settings.smtp_user,
        password=settings.smtp_password.get_secret_value(),
        tls=settings.smtp_tls,
    )


def send(settings: Settings, sender: delivery.Sender) -> int:
    """Send what waits now, and return how many messages left."""
    return delivery.send_waiting(
        transaction,
        sender,
        base_url=settings.base_url,
        scheme_name=settings.scheme_name,
        mail_from=settings.mail_from,
        now=now,
        keep_links=settings.environment == "demo",  # in a demo the messages are read in the panel
    )


def scanner_for(settings: Settings) -> Scanner | None:
    """What scans for viruses in this installation; None in a demo without a scanner."""
    return Clamd(settings.clamd, max_age=settings.signature_age) if settings.clamd else None


def begin_scanning(scanner: Scanner | None) -> None:
    """What a portal without a scanner took in is to be scanned, once there is one."""
    with transaction() as session:
        quarantine.begin(session, has_scanner=scanner is not None)


def scan(scanner: Scanner, store: Store, *, most: int = SCANS_AT_ONCE) -> int:
    """Scan what waits and may be tried now, and return how many files got a verdict.

    A scanner that is not fit to be asked costs no file a try: all go on waiting, and the next look asks again.
    """
    waiting = quarantine.due(db.session, at=now(), most=most)
    db.session.rollback()
    if not waiting:
        return 0
    try:
        scanner.version()
    except Unanswered as unanswered:
        log.warning("the virus scanner does not answer", waiting=len(waiting), why=str(unanswered))
        return 0
    return sum(scan_one(scanner, store, sha256) for sha256 in waiting)


def scan_one(scanner: Scanner, store: Store, sha256: str) -> bool:
    """Scan one stored file and keep what was found. Says whether there was a verdict; without one it waits on."""
    try:
        verdict = scanner.scan(store.open(sha256))
    except (Unanswered, Missing, Damaged) as error:
        problem = str(error) if isinstance(error, Unanswered) else Evidence.UNREADABLE
        log.warning("a file could not be scanned", sha256=sha256, why=problem)
        with transaction() as session:
            quarantine.postpone(session, sha256, problem, at=now())
        return False
    with transaction() as session:
        must_go = quarantine.settle(session, sha256, verdict, at=now())
    if must_go:
        evidence_files.forget(db.session, store, sha256)
    return True


def _try(job: Callable[[], object]) -> object:
    """One job's failure is noted, and the next look tries again: the worker does not die of it. What the job gave, or
    None."""
    try:
        return job()
    except Exception:
        log.exception("a job failed")
        return None


def keep_the_day() -> None:
    """Do each daily job in a transaction of its own: one that fails does not keep the others from being done."""
    at, on = now(), today()
    for job in DAILY:

        def do(job: Job = job) -> None:
            with transaction() as session:
                job(session, on, at)

        _try(do)


def forget_files(store: Store) -> None:
    """Delete what was turned down, or had a virus, and is still in the store: the portal stopped between the two."""
    since = now() - timedelta(days=30)
    for sha256 in evidence_files.gone_since(db.session, since):
        if store.exists(sha256):
            evidence_files.forget(db.session, store, sha256)
    db.session.rollback()


def enter_awards_of_before(app: Flask) -> int:
    """Write some of the awards into the public log that were given before there was one; how many. Only an older portal
    left any, and to look for them reads every award: so it is done until there are none, and then once an hour."""
    with transaction() as session:
        return award_log.enter_those_of_before(session, app.extensions["charter_press"], now())


def seal_certificates(app: Flask) -> int:
    """Put the scheme's seal on some of the certificates that wait for it; how many were sealed."""
    keys: Keys = app.extensions["charter_keys"]
    return documents.seal_waiting(
        db.session, transaction, app.extensions["charter_store"], keys.seal, reason=award_log.why_sealed, now=now
    )


def try_drafts() -> None:
    """Go on with the trials of drafts that were asked for, some cases in a transaction each time."""
    for _ in range(TRIALS_AT_ONCE):
        with transaction() as session:
            if not trying.go_on(session, at=now()):
                return


def find_duplicates() -> int:
    """Find the employers that may be here twice, and say how many pairs. The comparing holds up no writer."""
    found = duplicates.find(db.session)
    with transaction() as session:
        return duplicates.keep(session, found, at=now())


def tidy() -> None:
    """Remove what has no use any more: ended sessions, used links, old tries, forms kept for more than a day."""
    at = now()
    with transaction() as session:
        for old in (
            sa.delete(SignInSession).where(SignInSession.seen_at < at - sessions.REMEMBERED),
            sa.delete(MailedLink).where(MailedLink.expires_at < at - timedelta(days=30)),
            sa.delete(SignInAttempt).where(SignInAttempt.at < at - timedelta(days=1)),
            sa.delete(KeptForm).where(KeptForm.kept_at < at - timedelta(days=1)),
        ):
            session.execute(old)
