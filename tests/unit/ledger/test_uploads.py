"""What comes in with a document is looked at: macros, programs, attachments and bombs are refused by name."""

import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from ledger.errors import BadInput
from ledger.filings import store
from ledger.uploads import MOST_ENTRIES

FORMATS = ("pdf", "docx", "xlsx", "zip")
TYPES = '<Types><Override PartName="/word/document.xml" ContentType="application/{}main+xml"/></Types>'
PLAIN: Mapping[str, bytes] = {
    "[Content_Types].xml": TYPES.format("wordprocessingml.").encode(),
    "word/document.xml": b"<w/>",
}
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
PACKAGE = OLE + "\x01Ole10Native".encode("utf-16-le") + b"\0" * 600
FORMULA = OLE + "Equation Native".encode("utf-16-le") + b"\0" * 600


def archive(entries: Mapping[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of these entries."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", how) as into:
        for name, content in entries.items():
            into.writestr(name, content)
    return kept.getvalue()


def locked(content: bytes) -> bytes:
    """The archive with every entry marked as encrypted."""
    found = bytearray(content)
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = found.find(mark)
        while at >= 0:
            found[at + place] |= 1
            at = found.find(mark, at + 4)
    return bytes(found)


def overlapping(content: bytes, times: int) -> bytes:
    """The archive with its directory's first entry listed again and again: each points to the same bytes."""
    directory, end = content.find(b"PK\x01\x02"), content.find(b"PK\x05\x06")
    entry = content[directory:end]
    count, size = (times + 1).to_bytes(2, "little"), (len(entry) * (times + 1)).to_bytes(4, "little")
    return content[:directory] + entry * (times + 1) + content[end : end + 8] + count * 2 + size + content[end + 16 :]


def pdf(*objects: bytes) -> bytes:
    """A PDF whose objects are these."""
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, one) for number, one in enumerate(objects, start=1))
    return b"%PDF-1.5\n" + body + b"trailer\n<</Root 1 0 R>>\n%%EOF\n"


def packed(content: bytes, head: bytes = b"/Filter/FlateDecode") -> bytes:
    """An object stream that holds this."""
    inside = zlib.compress(content) if b"Flate" in head else content
    return b"<</Type/ObjStm/N 1/First 4%s/Length %d>>\nstream\n%s\nendstream" % (head, len(inside), inside)


CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
SCRIPT = b"<</S /JavaScript /JS (app.alert\\(1\\))>>"

REFUSED: dict[str, tuple[str, bytes, str]] = {
    "a macro by its file": ("a.docx", archive({**PLAIN, "word/vbaProject.bin": OLE}), "holds macros; save it"),
    "a macro by its type": (
        "a.docx",
        archive({**PLAIN, "[Content_Types].xml": TYPES.format("vnd.ms-word.document.macroEnabled.").encode()}),
        "holds macros; save it",
    ),
    "a control": ("a.docx", archive({**PLAIN, "word/activeX/activeX1.bin": OLE}), "holds macros; save it"),
    "an old macro sheet": ("a.xlsx", archive({"xl/workbook.xml": b"", "xl/macrosheets/s.xml": b""}), "holds macros;"),
    "a program by its name": ("a.docx", archive({**PLAIN, "word/embeddings/x.EXE": b"x"}), "holds a program (x.exe)"),
    "a program by its name with a dot": ("a.zip", archive({"run.bat.": b"x"}), "holds a program (run.bat)"),
    "a program by its content": (
        "a.zip",
        archive({"photo.jpg": b"MZ\x90\0\x03\0" + b"\0" * 60}),
        "holds a program (ph",
    ),
    "a program for Linux": ("a.zip", archive({"photo.jpg": b"\x7fELF\x02\x01"}), "holds a program (photo.jpg)"),
    "a file with macros in an archive": ("a.zip", archive({"表.xlsm": b"PK"}), "holds a program (表.xlsm)"),
    "an embedded file": ("a.docx", archive({**PLAIN, "word/embeddings/oleObject1.bin": PACKAGE}), "a file is embedded"),
    "a bomb by its ratio": ("a.zip", archive({"a.txt": b"\0" * 6_000_000}), "would unpack to far more than it is"),
    "a bomb by its number": ("a.zip", archive({f"{n}": b"" for n in range(MOST_ENTRIES + 1)}), "would unpack to far"),
    "a bomb by overlapping": (
        "a.zip",
        overlapping(archive({"a.txt": bytes(range(256)) * 8}, zipfile.ZIP_STORED), 40),
        "would unpack to far more than it is",
    ),
    "a password": ("a.zip", locked(archive({"a.txt": b"x"})), "is locked with a password"),
    "a script": ("a.pdf", pdf(CATALOG, SCRIPT), "runs scripts when opened"),
    "a script in other letters": ("a.pdf", pdf(CATALOG, SCRIPT.replace(b"/Java", b"/#4Aav#61")), "runs scripts when"),
    "a script that is packed": ("a.pdf", pdf(packed(b"1 0 " + SCRIPT)), "runs scripts when opened"),
    "a script in a stream as it is": ("a.pdf", pdf(packed(b"1 0 " + SCRIPT, b"")), "runs scripts when opened"),
    "a command": ("a.pdf", pdf(CATALOG, b"<</S/Launch/F(calc.exe)>>"), "starts a program when opened"),
    "an attachment": ("a.pdf", pdf(CATALOG, b"<</Type/EmbeddedFile>>"), "holds other files; send each by itself"),
    "attachments by their tree": ("a.pdf", pdf(b"<</Names<</EmbeddedFiles 2 0 R>>>>"), "holds other files; send each"),
    "objects under a password": (
        "a.pdf",
        pdf(packed(b"x").replace(zlib.compress(b"x"), b"\1\2\3"), b"<</Encrypt 9 0 R>>"),
        "is locked with a password",
    ),
    "objects that cannot be read": ("a.pdf", pdf(packed(b"x", b"/Filter/LZWDecode")), "cannot be looked into"),
    "objects in disguise": (
        "a.pdf",
        pdf(packed(b"1 0 x", b"/Filter/FlateDecode/DecodeParms<</Predictor 12>>")),
        "cannot be looked into",
    ),
    "objects that grow": ("a.pdf", pdf(packed(b"0" * 9_000_000)), "would unpack to far more than it is"),
}


def take(root: Path, name: str, content: bytes) -> str:
    """Hand a file in; gives its media type."""
    return store(root, io.BytesIO(content), name, FORMATS, 50).media_type


@pytest.mark.parametrize("case", REFUSED)
def test_what_may_not_come_in_is_refused_and_nothing_is_kept(case: str, tmp_path: Path) -> None:
    name, content, why = REFUSED[case]
    with pytest.raises(BadInput) as refused:
        take(tmp_path, name, content)
    ((field, said),) = refused.value.problems
    assert (field, said[: len(name) + 2 + len(why)]) == ("file", f"{name}: {why}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.docx", archive(PLAIN)),
        ("a.docx", archive({**PLAIN, "word/embeddings/oleObject1.bin": FORMULA, "word/embeddings/Table1.xlsx": b"PK"})),
        ("a.xlsx", archive({"xl/workbook.xml": b"<x/>", "xl/sheet.xml": b" " * 4_000_000})),
        ("a.zip", archive({"MZ.txt": "MZ 是名称缩写".encode(), "so/": b"", "说明.txt": b"x"})),
        ("a.pdf", pdf(CATALOG, packed(b"1 0 <</Type/Pages>>"), b"<</URI(http://example.test/JavaScripts)>>")),
    ],
)
def test_what_is_only_a_document_is_taken(name: str, content: bytes, tmp_path: Path) -> None:
    assert take(tmp_path, name, content)
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1
