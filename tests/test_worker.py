"""What a day brings about by itself is done, and one failure keeps nothing else from being done."""

import subprocess
import sys
from datetime import date, datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from charter import worker
from charter.account.models import KeptForm
from charter.clock import today


def test_a_job_that_fails_keeps_no_other_from_its_day(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[date] = []

    def fails(session: Session, on: date, at: datetime) -> None:
        session.execute(sa.text("SELECT nothing_there"))

    def works(session: Session, on: date, at: datetime) -> None:
        session.execute(sa.delete(KeptForm))
        done.append(on)

    monkeypatch.setattr(worker, "DAILY", (fails, works))
    with app.app_context():
        worker.keep_the_day()

    assert done == [today()]


def test_it_can_be_imported_before_anything_else() -> None:
    """As the commands do: what it imports writes statements, which need every model to be there."""
    done = subprocess.run([sys.executable, "-c", "import charter.worker"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
