"""Whether a training stage may close: its predecessor, its days and its products.

Decides from the pack's stage and the documents that came in; names what is missing with its clause. Never closes a
stage before the one it builds on (SL2017-2.1) or before its planned end; a product that does not block is named, not
awaited. Serves SL2017-2.1 to 2.20.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from models.values import Basis, Verdict
from policies.lookup import LookupFailure, document_of, find, word_name
from policies.schema import Pack, Product, Stage, StageRecord
from rules.checks import words_in
from rules.indicators import EntryFact


def needed(product: Product, trainees: int, schools: int = 1) -> int:
    """How many of a product the stage needs: the minimum, for each trainee or each school where the product says so."""
    return product.minimum * {"stage": 1, "school": schools, "trainee": trainees}[product.per]


def missing_products(stage: Stage, products: Mapping[str, int], trainees: int, schools: int = 1) -> tuple[Product, ...]:
    """The products of which fewer came in than needed, blocking or not; one document may cover several trainees."""
    return tuple(one for one in stage.products if products.get(one.document, 0) < needed(one, trainees, schools))


def may_close(
    stage: Stage,
    *,
    predecessor_closed: bool,
    products: Mapping[str, int],
    trainees: int,
    today: date,
    planned_to: date,
    schools: int = 1,
    pack: Pack | None = None,
    entries: Iterable[EntryFact] = (),
) -> Verdict:
    """Whether the stage may close on this day, with all that stands in the way.

    `products` says how many trainees, schools or pieces the documents of each kind cover; `schools` counts the schools
    of the stage's session; `planned_to` is the last day as it now stands, postponements included. With the pack,
    documents go by their names. `entries` are those of registers that speak of this stage.
    """
    lacking = missing_products(stage, products, trainees, schools)
    blocking = tuple(one for one in lacking if one.blocks)
    zh: list[str] = []
    en: list[str] = []
    basis: list[Basis] = []
    if not predecessor_closed:
        zh.append("上一阶段尚未办结")
        en.append("the stage before it is not closed")
        basis.append(stage.basis)
    if today < planned_to:
        zh.append(
            f"本阶段计划至 {planned_to} 结束,请于该日起办结(计划日期只能在开班前用 songjiao programme postpone 更改)"
        )
        en.append(
            f"it is planned to last until {planned_to}: close it on that day or later (planned days are moved before the "
            "start only, with songjiao programme postpone)"
        )
        basis.append(stage.basis)
    for one in blocking:
        name_zh, name_en = _document_name(pack, one.document)
        have, need = products.get(one.document, 0), needed(one, trainees, schools)
        zh.append(f"{name_zh}已交 {have} 份,应交 {need} 份")
        en.append(f"{name_en}: {have} of {need} in")
        basis.append(one.basis)
    lacking_records = missing_records(pack, stage, entries, trainees, schools, today)
    for record, have, need, words in lacking_records:
        if record.blocks:
            said_zh, said_en = _lacking(pack, words, have, need)
            zh.append(f"{record.name.zh}{said_zh}")
            en.append(f"{record.name.en}: {said_en}")
            basis.append(record.basis)
    facts = {
        "stage": stage.key,
        "trainees": trainees,
        "schools": schools,
        "predecessor_closed": predecessor_closed,
        "today": today.isoformat(),
        "planned_to": planned_to.isoformat(),
        "records": [
            {"register": record.register_, "recorded_by": record.recorded_by, "have": have, "need": need}
            for record, have, need, _ in lacking_records
        ],
        "missing": _counts(blocking, products, trainees, schools),
        "missing_not_blocking": _counts((one for one in lacking if not one.blocks), products, trainees, schools),
    }
    if zh:
        return Verdict(
            key="may-close",
            allowed=False,
            zh=f"“{stage.name.zh}”还不能办结:{';'.join(zh)}。",
            en=f"“{stage.name.en}” cannot close yet: {'; '.join(en)}.",
            basis=tuple(dict.fromkeys(basis)),
            facts=facts,
        )
    return Verdict(
        key="may-close",
        allowed=True,
        zh=f"“{stage.name.zh}”可以办结。",
        en=f"“{stage.name.en}” may close.",
        basis=tuple(
            dict.fromkeys(
                (
                    stage.basis,
                    *(one.basis for one in stage.products if one.blocks),
                    *(one.basis for one in stage.requires if one.blocks),
                )
            )
        ),
        facts=facts,
    )


def missing_records(
    pack: Pack | None, stage: Stage, entries: Iterable[EntryFact], trainees: int, schools: int, on: date
) -> list[tuple[StageRecord, int, int, list[str]]]:
    """The entries that the stage still needs: how many there are, how many it needs, and the words not yet covered."""
    listed = tuple(entries)
    found = []
    for record in stage.requires:
        mine = [entry for entry in listed if entry.register == record.register_]
        need = record.minimum * {"stage": 1, "school": schools, "trainee": trainees}[record.per]
        words: list[str] = []
        for key, wanted in record.covers.items():
            held = {word for entry in mine for word in words_in(entry.content, key)}
            lacking = [word for word in wanted if word not in held]
            least = find(pack, record.least, on).value if pack is not None and record.least else None
            enough = len(wanted) if least is None else int(str(least))
            words += lacking if len(wanted) - len(lacking) < enough else []
        if len(mine) < need or words:
            found.append((record, len(mine), need, words))
    return found


def _lacking(pack: Pack | None, words: list[str], have: int, need: int) -> tuple[str, str]:
    if have < need:
        return f"已登记 {have} 次,应有 {need} 次", f"{have} of {need} recorded"
    zh = "、".join(word_name(pack, word) if pack else word for word in words)
    en = ", ".join(word_name(pack, word, "en") if pack else word for word in words)
    return f"尚未涵盖:{zh}", f"not covered yet: {en}"


def _counts(
    lacking: Iterable[Product], products: Mapping[str, int], trainees: int, schools: int
) -> list[dict[str, str | int]]:
    return [
        {
            "document": one.document,
            "have": products.get(one.document, 0),
            "need": needed(one, trainees, schools),
            "owed_by": one.owed_by,
        }
        for one in lacking
    ]


def _document_name(pack: Pack | None, key: str) -> tuple[str, str]:
    if pack is None:
        return key, key
    try:
        name = document_of(pack, key).name
    except LookupFailure:
        return key, key  # the pack's own check reports it; a person still has to read something here
    return name.zh, name.en
