"""Documents that were handed in: the content by its hash, every version kept, on time or late.

The file is written under its SHA-256 before the transaction; a file that no row names is harmless. A late document is
accepted, marked late and counted (CQ2021-6.11, 9.3).
"""

import hashlib
import os
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import filetype  # type: ignore[import-untyped]
from pydantic import BaseModel
from sqlalchemy import func
from sqlmodel import col, select

from ledger.errors import BadInput
from ledger.uploads import look_into_archive, look_into_pdf
from models.act import Act
from models.documents import Document, Filing
from models.people import Person
from models.programme import Programme, ProgrammeSession
from models.training import Stage

_CHUNK = 1 << 20
_OFFICE = {"docx": "word/", "xlsx": "xl/"}
_OPEN_XML = "application/vnd.openxmlformats-officedocument"
_OFFICE_TYPES = {"docx": f"{_OPEN_XML}.wordprocessingml.document", "xlsx": f"{_OPEN_XML}.spreadsheetml.sheet"}
_SAME = {"jpeg": "jpg"}


class Stored(BaseModel):
    """A file that lies in the store: its hash, its size in bytes, its media type and the name it came with."""

    sha256: str
    size: int
    media_type: str
    file_name: str


def store(root: Path, source: BinaryIO, name: str, formats: Sequence[str], limit_mb: int) -> Stored:
    """Keep a file under its hash, there also after a power cut. The content is looked at, never executed.

    Raises `BadInput` when it is empty, larger than `limit_mb`, of a format that is not taken, not what its name says,
    or holds what may not come in (`ledger.uploads`).
    """
    name = Path(name.replace("\\", "/")).name[-200:]
    ending = _SAME.get(name.rsplit(".", 1)[-1].lower(), name.rsplit(".", 1)[-1].lower())
    if ending not in formats:
        raise BadInput([("file", f"{name}: .{ending} is not taken here; send one of {', '.join(formats)}")])
    root.mkdir(parents=True, exist_ok=True)
    partial = root / f".partial-{os.getpid()}-{os.urandom(6).hex()}"
    digest, size = hashlib.sha256(), 0
    try:
        with partial.open("wb") as out:
            while chunk := source.read(_CHUNK):
                size += len(chunk)
                if size > limit_mb * 1024 * 1024:
                    raise BadInput([("file", f"{name}: larger than {limit_mb} MB; send a smaller file")])
                digest.update(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        if size == 0:
            raise BadInput([("file", f"{name}: is empty")])
        media_type = _look(partial, name, ending)
        home = root / digest.hexdigest()[:2] / digest.hexdigest()
        home.parent.mkdir(exist_ok=True)
        partial.replace(home)
        for folder in (home.parent, root):  # the second holds the first's name
            _to_disk(folder)
    finally:
        partial.unlink(missing_ok=True)
    return Stored(sha256=digest.hexdigest(), size=size, media_type=media_type, file_name=name)


def _to_disk(folder: Path) -> None:
    """Bring the names in a folder to the disk: the row that names a file must not outlive it."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _look(path: Path, name: str, ending: str) -> str:
    if ending in ("txt", "yaml", "csv", "md"):
        try:
            path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise BadInput([("file", f"{name}: is not UTF-8 text (byte {error.start}); save it as UTF-8")]) from None
        return "text/plain"
    if ending in _OFFICE:
        try:
            with zipfile.ZipFile(path) as archive:
                is_one = any(entry.startswith(_OFFICE[ending]) for entry in archive.namelist())
            if is_one:
                look_into_archive(path, name, office=True)
                return _OFFICE_TYPES[ending]
        except (zipfile.BadZipFile, NotImplementedError):
            pass
        raise BadInput([("file", f"{name}: is not a .{ending} file inside; open and save it again")])
    kind = filetype.guess(str(path))
    if kind is None or _SAME.get(kind.extension, kind.extension) != ending:
        if kind is None:
            raise BadInput([("file", f"{name}: is not a .{ending} file inside; open and save it again")])
        raise BadInput([("file", f"{name}: says .{ending} but is .{kind.extension} inside; send the right file")])
    if ending == "zip":
        try:
            look_into_archive(path, name, office=False)
        except (zipfile.BadZipFile, NotImplementedError):
            raise BadInput([("file", f"{name}: is not a .{ending} file inside; open and save it again")]) from None
    if ending == "pdf":
        look_into_pdf(path, name)
    return str(kind.mime)


def keep(act: Act, stored: Stored) -> Document:
    """The document row of a stored file; the same content has one row."""
    row = act.session.exec(select(Document).where(Document.sha256 == stored.sha256)).first()
    if row is None:
        row = Document(sha256=stored.sha256, size=stored.size, media_type=stored.media_type, created_at=act.now)
        act.session.add(row)
        act.session.flush()
    return row


def file_document(
    act: Act,
    programme: Programme,
    kind: str,
    stored: Stored,
    who: Person,
    *,
    session: ProgrammeSession | None = None,
    stage: Stage | None = None,
    covers: int = 1,
) -> Filing:
    """Add a version of a document of a kind for a programme, a session or a stage. Versions are only ever added."""
    target = str(stage.id) if stage else str(session.id) if session else "programme"
    last = act.session.exec(
        select(func.max(Filing.version)).where(
            Filing.programme_id == programme.id, Filing.kind == kind, Filing.target == target
        )
    ).one()
    row = Filing(
        programme_id=programme.id,
        kind=kind,
        target=target,
        version=(last or 0) + 1,
        document_id=keep(act, stored).id,
        file_name=stored.file_name,
        session_id=session.id if session else (stage.session_id if stage else None),
        stage_id=stage.id if stage else None,
        organisation_id=who.organisation_id,
        person_id=who.id,
        covers=covers,
        submitted_at=act.now,
        created_at=act.now,
    )
    act.session.add(row)
    act.session.flush()
    return row


def has_filing(act: Act, programme: Programme, kind: str, session: ProgrammeSession | None = None) -> bool:
    """Whether a document of a kind was handed in for the programme (or for one of its sessions)."""
    query = select(Filing.id).where(Filing.programme_id == programme.id, Filing.kind == kind)
    if session is not None:
        query = query.where((col(Filing.session_id) == session.id) | (col(Filing.session_id).is_(None)))
    return act.session.exec(query.limit(1)).first() is not None


def products(act: Act, stage: Stage) -> Mapping[str, int]:
    """For each kind of document handed in for a stage, for how many it stands: each sender's latest version counts
    once.
    """
    rows = act.session.exec(select(Filing).where(Filing.stage_id == stage.id).order_by(col(Filing.version))).all()
    latest = {(row.kind, row.person_id): row.covers for row in rows}
    found: dict[str, int] = {}
    for (kind, _), covers in latest.items():
        found[kind] = found.get(kind, 0) + covers
    return found
