"""Versions of the charter: read a file, publish it, find the current one, retire one."""

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from charter import audit
from charter.errors import Refusal
from charter.framework import checking, source
from charter.framework.content import Content
from charter.framework.models import RETIRE, Framework, FrameworkStatus


def _in_order(path: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in path.stem.rpartition("-")[2].split("."))


SHIPPED = tuple(sorted((Path(__file__).parent / "data").glob("*.yaml"), key=_in_order))
"""The versions that come with the portal, a file each, the newest last."""


def read(path: Path) -> Content:
    """The charter written in this file.

    Raises `Faulty` with every mistake in it, each with its place and line.
    """
    file = source.parse(path)
    return checking.check(file.document, file.line)


def publish(session: Session, content: Content, *, by: UUID | None, at: datetime) -> Framework:
    """Publish a version; from now on it never changes. Publishing it again changes nothing and returns it.

    Raises `Refusal` when other content is already published as this version, and `Faulty` when the content breaks a
    rule of the file (content read with `read` does not).
    """
    document = content.model_dump(mode="json")
    checking.check(document)
    content_hash = digest(document)
    published = _find(session, content)
    if published is None:
        framework = Framework(
            id=uuid7(),
            code=content.meta.code,
            version=content.meta.version,
            title=content.meta.title,
            status=FrameworkStatus.PUBLISHED,
            published_at=at,
            content_hash=content_hash,
            document=document,
        )
        try:
            # A savepoint: when someone else publishes at this moment, the constraint says so and only this is undone.
            with session.begin_nested():
                session.add(framework)
        except IntegrityError:
            published = _find(session, content)
            if published is None:
                raise
        else:
            audit.record(
                session,
                "framework:publish",
                framework,
                by=by,
                at=at,
                code=framework.code,
                version=framework.version,
                content_hash=content_hash,
            )
            return framework
    # Content is compared, not hashes: a newer portal may know more fields, which the older document leaves out.
    if published.content != content:
        raise Refusal(
            f"Version {content.meta.version} is already published with other content, and a published version never "
            "changes. Give your file a higher version and publish it again."
        )
    return published


_NEWEST = (  # made once, for nearly every page asks it
    sa.select(Framework)
    .where(Framework.status == FrameworkStatus.PUBLISHED)
    .order_by(Framework.published_at.desc(), Framework.id.desc())
    .limit(1)
)


def current(session: Session) -> Framework:
    """The newest version that is published and not retired. Raises `Refusal` when there is none."""
    framework = session.scalars(_NEWEST).first()
    if framework is None:
        raise Refusal("No version of the charter is published yet.")
    return framework


def retire(session: Session, framework: Framework, *, by: UUID | None, at: datetime) -> None:
    """Start no new assessments on this version. What was sent stays on it; a draft moves to a newer one to be sent.

    Raises `Refusal` when it is retired already, or when it is the only published one.
    """
    others = sa.select(sa.func.count()).where(
        Framework.status == FrameworkStatus.PUBLISHED, Framework.id != framework.id
    )
    if framework.can(RETIRE) and not session.scalar(others):
        raise Refusal("This is the only published version. Publish another before you retire it.")
    framework.move(RETIRE)
    audit.record(session, "framework:retire", framework, by=by, at=at, code=framework.code, version=framework.version)


def digest(document: dict[str, Any]) -> str:
    """The SHA-256, in hexadecimal, of the content in one fixed spelling."""
    spelling = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(spelling.encode()).hexdigest()


def _find(session: Session, content: Content) -> Framework | None:
    query = sa.select(Framework).where(Framework.code == content.meta.code, Framework.version == content.meta.version)
    return session.scalars(query).first()
