"""What may not come in with a document: macros, programs, attachments, and archives that unpack to far more than they are.

Looks at names, declared sizes, first bytes and bounded parts; nothing is executed and nothing unpacked in full. Decides
only whether a file is taken; what it says is for people to read. Serves no clause of a regulation.
"""

import lzma
import mmap
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from ledger.errors import BadInput

MOST_ENTRIES = 10_000
MOST_UNPACKED = 1_000_000_000
"""Bytes that an archive may hold when unpacked, by what it declares."""

MOST_GROWTH = 200
"""How many times its packed size an entry may declare; text and tables stay well below."""

_SMALL = 5_000_000
"""Bytes up to which an entry may grow as it likes: a sheet of blanks packs very well."""

_LOOK = 8_000_000
"""Bytes that are unpacked at most of one part to look into it."""

_RUNNABLE = (
    "exe dll com scr pif cpl msi msp bat cmd ps1 psm1 vbs vbe js jse wsf wsh hta jar lnk reg sh command app apk deb rpm"
    " elf so dylib docm dotm xlsm xltm xlam xlsb pptm potm ppsm ppam"
)
_PROGRAMS = frozenset(_RUNNABLE.split())
"""The endings of what runs when it is opened, and of office files with macros."""

_MAGIC = (b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"#!")
_MACROS = ("vbaproject.bin", "vbadata.xml")
_ACTIVE_FOLDERS = ("/activex/", "/macrosheets/")
_PACKAGE = "\x01Ole10Native".encode("utf-16-le")
"""The stream of an OLE object that holds a file of any kind, put in by drag and drop; a formula's object has none."""


def look_into_archive(path: Path, name: str, *, office: bool) -> None:
    """Refuse an archive (with `office` a .docx or .xlsx) that holds macros or programs, or unpacks to far too much.

    Raises `BadInput`; `zipfile.BadZipFile` for what is no archive.
    """
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        _must_stay_small(name, entries, path.stat().st_size)
        for entry in entries:
            _must_not_run(name, archive, entry, office)
        types = _beginning(archive, "[Content_Types].xml").lower() if office else b""
        if b"macroenabled" in types or b"vbaproject" in types:
            raise BadInput([("file", f"{name}: holds macros; save it without macros and send it again")])


def _must_stay_small(name: str, entries: list[zipfile.ZipInfo], size: int) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    grown = any(
        entry.file_size > _SMALL and entry.file_size > MOST_GROWTH * max(entry.compress_size, 1) for entry in entries
    )
    # Entries that lie over one another count the same bytes many times.
    overlapping = sum(entry.compress_size for entry in entries) > size
    if len(entries) > MOST_ENTRIES or unpacked > MOST_UNPACKED or grown or overlapping:
        raise BadInput([("file", f"{name}: would unpack to far more than it is; send the content in parts")])


def _must_not_run(name: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, office: bool) -> None:
    inside = "/" + entry.filename.replace("\\", "/").lower()
    last = inside.rstrip("/. ").rsplit("/", 1)[-1]
    if entry.flag_bits & 0x1:
        raise BadInput([("file", f"{name}: is locked with a password; send it without one")])
    if last in _MACROS or any(folder in inside for folder in _ACTIVE_FOLDERS):
        raise BadInput([("file", f"{name}: holds macros; save it without macros and send it again")])
    if last.rpartition(".")[2] in _PROGRAMS and "." in last and not entry.is_dir():
        raise BadInput([("file", f"{name}: holds a program ({last}); take it out and send it again")])
    first = b"" if entry.is_dir() else _beginning(archive, entry.filename, 64)
    # A program for Windows begins with MZ and zeros; a text may begin with the same two letters.
    if first.startswith(_MAGIC) or (first.startswith(b"MZ") and b"\0" in first):
        raise BadInput([("file", f"{name}: holds a program ({last}); take it out and send it again")])
    if office and last.endswith(".bin") and _PACKAGE in _beginning(archive, entry.filename):
        raise BadInput([("file", f"{name}: a file is embedded in it ({last}); take it out and send it by itself")])


def _beginning(archive: zipfile.ZipFile, entry: str, size: int = _LOOK) -> bytes:
    """The first bytes of an entry; none where there is no such entry. Raises `BadZipFile` where it cannot be read."""
    try:
        with archive.open(entry) as source:
            return source.read(size)
    except KeyError:
        return b""
    except (zlib.error, lzma.LZMAError, OSError, EOFError, NotImplementedError, ValueError) as error:
        raise zipfile.BadZipFile(str(error)) from error


# --- PDF ------------------------------------------------------------------------------------------------------------


def _named(*words: str) -> re.Pattern[bytes]:
    """Names as a PDF may write them: each letter as it is, or as `#` and its two hexadecimal digits."""

    def spelled(word: str) -> str:
        codes = ((letter, f"{ord(letter):02x}") for letter in word)
        return "".join(f"(?:{letter}|#{''.join(f'[{one}{one.upper()}]' for one in code)})" for letter, code in codes)

    return re.compile(f"/(?:{'|'.join(map(spelled, words))})(?![A-Za-z0-9_#])".encode())


_SCRIPTS = _named("JavaScript")
_COMMANDS = _named("Launch")
_ATTACHED = _named("EmbeddedFile", "EmbeddedFiles", "RichMedia")
_OBJECTS = _named("ObjStm")
_FILTERED = _named("Filter", "F", "Fl")
_PREDICTED = _named("Predictor")
_LOCKED = _named("Encrypt")
_STREAM = re.compile(rb"stream\r?\n")
_MOST_STREAMS = 5_000
_HEAD = 4_000
"""Bytes within which the head of an object stream lies before and after its type."""


def look_into_pdf(path: Path, name: str) -> None:
    """Refuse a PDF that would run scripts or commands or holds other files. Raises `BadInput`.

    Looks at its text and into its object streams, each up to a few megabytes: there such words can hide.
    """
    with path.open("rb") as source, mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as content:
        _must_be_still(content, name)
        for part in _object_streams(content, name):
            _must_be_still(part, name)


def _must_be_still(content: mmap.mmap | bytes, name: str) -> None:
    if _SCRIPTS.search(content):
        raise BadInput([("file", f"{name}: runs scripts when opened; print it to a plain PDF and send that")])
    if _COMMANDS.search(content):
        raise BadInput([("file", f"{name}: starts a program when opened; print it to a plain PDF and send that")])
    if _ATTACHED.search(content):
        raise BadInput([("file", f"{name}: holds other files; send each by itself")])


def _object_streams(content: mmap.mmap, name: str) -> Iterator[bytes]:
    """What the packed object streams hold, one by one, unpacked up to a bound."""
    for number, found in enumerate(_OBJECTS.finditer(content)):
        stream = _STREAM.search(content, found.end(), found.end() + _HEAD)
        if stream is None:
            continue  # the words stand in a text, not in an object's head
        head = content[max(content.rfind(b"obj", 0, found.start()), found.start() - _HEAD, 0) : stream.start()]
        if not _FILTERED.search(head):
            continue  # it is not packed: seen with the rest
        end = content.find(b"endstream", stream.end())
        packed = content[stream.end() : end if end >= 0 else len(content)]
        unpacking = zlib.decompressobj()
        try:
            part = unpacking.decompress(packed, _LOOK)
        except zlib.error:
            part = b""
        if part and unpacking.unconsumed_tail:
            raise BadInput([("file", f"{name}: would unpack to far more than it is; send the content in parts")])
        if not part and _LOCKED.search(content):
            raise BadInput([("file", f"{name}: is locked with a password; send it without one")])
        if not part or _PREDICTED.search(head) or number >= _MOST_STREAMS:
            raise BadInput([("file", f"{name}: cannot be looked into; print it to a plain PDF and send that")])
        yield part
