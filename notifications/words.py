"""What a message says: an event's facts become a subject, a text, and a short text for a chat group.

Words only: decides nobody's recipient, sends nothing, reads no ledger. A fact that is missing never keeps a message
from being sent: it reads 未注明. Each message says who, what, until when, by which clause (with its quote) and what
to do next; a number that no clause gives is said to be 本办公室设置, never dressed as law. One-time codes stand in
the text alone, never in the subject or the short text. The wording stands in `templates/`; an office's own folder may
replace a file of it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from notifications.labels import DIGEST, KINDS, OFFICE_KINDS, label
from notifications.sandbox import SOURCE_LIMIT, TemplateRefused, clean, render, sections

TEMPLATES = Path(__file__).parent / "templates"
LOCALES = ("zh-CN", "en")
SUBJECT_LIMIT = 120
SHORT_LIMIT = 300
_FACT_LIMIT, _LINES_LIMIT, _LIST_LIMIT = 400, 4000, 40
_LINES = frozenset({"comment", "error", "message", "reason", "why"})
_OWN = frozenset({"programme", "title", "short", "clause", "setting", "quote", "basis", "adopted_from"})
_SETTING = "office setting "


@dataclass(frozen=True)
class Words:
    """A message in words. `notes` says which of the office's own wordings could not be used, and why."""

    subject: str
    body: str
    short: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Letter:
    """What is to be told to whom: a parcel of the outbox as plain data."""

    id: str = ""
    kind: str = "notice"
    locale: str = "zh-CN"
    facts: Mapping[str, Any] | None = None
    person_ref: str | None = None
    person_name: str | None = None
    email: str | None = None
    channel: str | None = None
    fallback: str | None = None
    code: str | None = None
    repeated: bool = False
    ways: Mapping[str, str] = field(default_factory=dict)
    enclosures: Sequence[Any] = ()

    @classmethod
    def of(cls, parcel: object) -> "Letter":
        """Read a parcel: a mapping or an object with these fields; what it lacks stays empty."""
        given: dict[str, Any] = {}
        for name in cls.__dataclass_fields__:
            value = parcel.get(name) if isinstance(parcel, Mapping) else getattr(parcel, name, None)
            if value is not None:
                given[name] = value
        given["id"] = clean(str(given.get("id", "")))
        if given.get("locale") not in LOCALES:
            given["locale"] = LOCALES[0]
        return cls(**given)


def words(parcel: object, overrides: Path | None = None) -> Words:
    """Put a parcel into words, in the reader's language; `overrides` is the office's own folder of templates.

    An override that cannot be used gives way to the built-in wording; `notes` names the file and the fault.
    """
    letter = Letter.of(parcel)
    if letter.kind == DIGEST:
        letter = _with_items(letter, overrides)
    context = _context(letter)
    notes: list[str] = []
    kind = letter.kind if letter.kind in KINDS else "notice"
    told = _section_texts(kind, letter.locale, context, overrides, notes)
    context["basis"] = _frame("basis", letter.locale, context, overrides, notes)
    context["brief"] = ""
    if letter.kind not in (*OFFICE_KINDS, DIGEST):
        plainly = context | {"text": told["short"], "repeated": False}
        context["brief"] = _one_line(_frame("short", letter.locale, plainly, overrides, notes), SHORT_LIMIT)
    if letter.code:  # also an office's own wording cannot carry a code to where others read
        context["brief"] = _without(context["brief"], letter.code)
    framed = {
        name: _frame(name, letter.locale, context | {"text": told[name]}, overrides, notes)
        for name in ("subject", "body", "short")
    }
    short = _one_line(framed["short"], SHORT_LIMIT)
    subject = _one_line(framed["subject"], SUBJECT_LIMIT)
    if letter.code:
        subject, short = _without(subject, letter.code), _without(short, letter.code)
    return Words(subject, framed["body"].strip() + "\n", short, tuple(dict.fromkeys(notes)))


def _with_items(letter: Letter, overrides: Path | None) -> Letter:
    """A digest's messages as one line each: their short texts with what they rest on."""
    facts = dict(letter.facts or {})
    given = [each for each in facts.pop("messages", ()) if isinstance(each, Mapping)]
    items = []
    for each in given[:_LIST_LIMIT]:
        told = words(
            {"kind": each.get("kind", "notice"), "locale": letter.locale, "facts": each.get("facts")}, overrides
        )
        by = ", ".join(
            _ground_label(ground, letter.locale) for ground in _grounds(each.get("facts") or {}, letter.locale)
        )
        brackets = (" (", ")") if letter.locale == "en" else ("（", "）")
        items.append(told.short + (by.join(brackets) if by else ""))
    return replace(letter, facts=facts | {"items": items, "count": len(given), "more": max(len(given) - len(items), 0)})


def _without(text: str, code: str) -> str:
    return text.replace(code, "*" * len(code))


def check_overrides(folder: Path) -> list[str]:
    """What is wrong with the office's own templates, one sentence each; an empty list when all can be used."""
    found: list[str] = []
    known = {f"{kind}.{locale}.txt" for kind in (*KINDS, "_frame") for locale in LOCALES}
    for path in sorted(folder.glob("*.txt")):
        if path.name not in known:
            found.append(f"{path.name}: no message is called so; see docs/messages.md for the names")
            continue
        kind, locale, _ = path.name.split(".")
        for facts in ({}, _SAMPLE):
            notes = words(
                {"kind": kind if kind in KINDS else "notice", "locale": locale, "facts": facts, "code": "00000000"},
                folder,
            ).notes
            found += [note for note in notes if note not in found]
        body = _override(kind, locale, folder, []).get("body")
        if body is not None:
            found += [
                f"{path.name} [body]: its reader needs {{{{ {name} }}}}, and it does not say it"
                for name in _NEEDED.get(kind, ())
                if not re.search(rf"\b{name}\b", body)
            ]
    return found


_OWED = ("what", "owed_by", "due_on")
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "decision-asked": ("code", "person_ref", "due_on", "subject_name"),
    "obligation-remind": _OWED,
    "obligation-chase": _OWED,
    "obligation-escalate": _OWED,
    "_frame": ("text", "basis"),
}
"""What the text of a kind must say, or its reader cannot act: who, what, until when, by which clause, with which code."""

_SAMPLE: dict[str, Any] = {
    "programme": "CQ-2026-0001", "title": "示例项目", "short": "示例", "organisation": "示例单位",
    "subject_name": "实施方案",
    "what": "示例事项", "due_on": "2026-03-16", "days": -3, "clause": "CQ2021-6.10", "quote": "示例",
    "products": ["示例材料"],
    "duties": ["示例任务"], "parts": ["示例部分"], "comment": "示例意见", "count": 1, "places": 1, "tier": 1,
    "tiers": 3,
}  # fmt: skip


def _section_texts(
    kind: str, locale: str, context: Mapping[str, Any], overrides: Path | None, notes: list[str]
) -> dict[str, str]:
    found: dict[str, str] = {}
    own = _override(kind, locale, overrides, notes)
    built_in = _built_in(kind, locale)
    for name in ("subject", "body", "short"):
        text = _try(own.get(name), context, locale, f"{kind}.{locale}.txt [{name}]", notes)
        found[name] = render(built_in[name], context, locale) if text is None else text
    return found


def _frame(name: str, locale: str, context: Mapping[str, Any], overrides: Path | None, notes: list[str]) -> str:
    own = _override("_frame", locale, overrides, notes)
    text = _try(own.get(name), context, locale, f"_frame.{locale}.txt [{name}]", notes)
    return render(_built_in("_frame", locale)[name], context, locale) if text is None else text


def _try(source: str | None, context: Mapping[str, Any], locale: str, where: str, notes: list[str]) -> str | None:
    if source is None:
        return None
    try:
        text = render(source, context, locale)
    except TemplateRefused as refusal:
        notes.append(f"{where}: {refusal}. The built-in wording was used.")
        return None
    return text or None


def _override(kind: str, locale: str, overrides: Path | None, notes: list[str]) -> dict[str, str]:
    path = overrides / f"{kind}.{locale}.txt" if overrides else None
    if path is None or not path.is_file():
        return {}
    try:
        source = path.read_text("utf-8")
        if len(source) > SOURCE_LIMIT:
            raise TemplateRefused(f"is longer than {SOURCE_LIMIT} characters; shorten it")
        return sections(source)
    except UnicodeDecodeError:
        notes.append(f"{path.name}: is not UTF-8; save it as UTF-8. The built-in wording was used.")
    except OSError as error:
        notes.append(f"{path.name}: cannot be read ({error.strerror}). The built-in wording was used.")
    except TemplateRefused as refusal:
        notes.append(f"{path.name}: {refusal}. The built-in wording was used.")
    return {}


@lru_cache
def _built_in(kind: str, locale: str) -> dict[str, str]:
    return sections((TEMPLATES / f"{kind}.{locale}.txt").read_text("utf-8"))


def _one_line(text: str, limit: int) -> str:
    line = clean(text)
    return line if len(line) <= limit else line[: limit - 1] + "…"


# --- facts ----------------------------------------------------------------------------------------------------------


def _context(letter: Letter) -> dict[str, Any]:
    facts = {str(key): value for key, value in (letter.facts or {}).items() if str(key).isidentifier()}
    spoken = {
        key: _spoken(key, value, letter.locale) for key, value in facts.items() if value not in (None, "", [], {})
    }
    if letter.locale == "en":
        spoken |= {key.removesuffix("_en"): value for key, value in spoken.items() if key.endswith("_en")}
    twins = {key for key in spoken if key.endswith("_en") and key.removesuffix("_en") in spoken}
    context = {key: value for key, value in spoken.items() if value not in ("", []) and key not in twins}
    if letter.kind not in KINDS:
        context["subject_name"] = label("kind", clean(letter.kind), letter.locale)
        context["rest"] = [f"{key}: {_joined(value)}" for key, value in context.items() if key not in _OWN]
    context["grounds"] = _grounds(facts, letter.locale)
    named = {
        "project": context.get("short") or context.get("title") or context.get("programme"),
        "name": clean(letter.person_name or ""),
        "person_ref": clean(letter.person_ref or ""),
        "code": clean(letter.code or ""),
        "number": letter.id,
    }
    for key in named:
        context.pop(key, None)  # a fact never speaks for the recipient or the code
    return context | {key: value for key, value in named.items() if value} | {"repeated": letter.repeated}


def _spoken(key: str, value: Any, locale: str) -> Any:
    if isinstance(value, Mapping):
        if "zh" in value or "en" in value:
            return _spoken(
                key, value.get("en" if locale == "en" else "zh") or value.get("zh") or value.get("en"), locale
            )
        return _part(value, locale)
    if isinstance(value, str):
        text, limit = clean(value, lines=key in _LINES), _LINES_LIMIT if key in _LINES else _FACT_LIMIT
        return text if len(text) <= limit else text[: limit - 1] + "…"
    if isinstance(value, list | tuple):
        return [_spoken(key, item, locale) for item in value[:_LIST_LIMIT] if item not in (None, "")]
    return value


def _part(part: Mapping[str, Any], locale: str) -> str:
    """One part of a score (or any row of facts) as a line: name, value × weight = points, clause."""
    name = _spoken(
        "name",
        part.get("name_en" if locale == "en" else "name")
        or part.get("name")
        or part.get("source")
        or part.get("kind")
        or "",
        locale,
    )
    if "value" not in part or "points" not in part:
        rest = [
            _joined(_spoken(key, value, locale))
            for key, value in part.items()
            if key not in ("name", "name_en", "source", "kind")
        ]
        return clean(" ".join([str(name), *rest]))
    weight = _percent(part.get("weight"))
    sum_of = f"{part['value']} × {weight} = {part['points']}" if weight else f"{part['points']}"
    grounds = _grounds({"basis": part.get("basis")} if part.get("basis") else part, locale)
    by = ", ".join(_ground_label(each, locale) for each in grounds)
    brackets = (" (", ")") if locale == "en" else ("（", "）")
    return clean(f"{name}: {sum_of}" if locale == "en" else f"{name}：{sum_of}") + (by.join(brackets) if by else "")


def _percent(weight: Any) -> str:
    try:
        share = float(weight)
    except (TypeError, ValueError):
        return ""
    return f"{share:.0%}" if 0 < share <= 1 else f"{share:g}"


def _ground_label(ground: Mapping[str, str], locale: str) -> str:
    if "clause" in ground:
        return ground["clause"]
    return f"office setting {ground['setting']}" if locale == "en" else f"本办公室设置 {ground['setting']}"


def _joined(value: Any) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)


def _grounds(facts: Mapping[str, Any], locale: str) -> list[dict[str, str]]:
    """What the message rests on: clauses with their quotes, and settings of the office kept apart from them."""
    given: list[Any] = []
    for key in ("clause", "basis"):
        value = facts.get(key)
        given += value if isinstance(value, list | tuple) else [value] if value else []
    if facts.get("setting"):
        given.append({"setting": facts["setting"], "setting_en": facts.get("setting_en")})
    found: list[dict[str, str]] = []
    for each in given:
        ground = dict(_ground(each, locale))
        if not ground or any(ground.items() <= other.items() for other in found):
            continue
        if "clause" in ground and "quote" not in ground and facts.get("quote") and not found:
            ground["quote"] = clean(str(facts["quote"]))
        if facts.get("adopted_from") and "adopted_from" not in ground and not found:
            ground["adopted_from"] = clean(str(facts["adopted_from"]))
        found.append(ground)
    return found


def _ground(given: Any, locale: str) -> Iterable[tuple[str, str]]:
    if isinstance(given, Mapping):
        for key in ("clause", "setting", "quote", "adopted_from"):
            said = (given.get(f"{key}_en") if locale == "en" else None) or given.get(key)
            if said:
                yield key, clean(str(said))
    elif isinstance(given, str) and given.strip():
        text = clean(given)
        if re.match(_SETTING, text):
            yield "setting", text.removeprefix(_SETTING)
        else:
            yield "clause", text
