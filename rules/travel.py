"""What a trainee's school pays for the way to a training.

Decides whether the school reimburses in full (SL2017-5B.2) or may limit itself to the return fare and some days' meals
(SL2017-5B.3, long training under the national and provincial plans). Never pays: it computes the least that the trainee
is entitled to, and the school may grant more.
"""

from datetime import date

from models.states import ProgrammeLevel
from models.values import Basis, Verdict
from policies.lookup import find
from policies.schema import Pack


def school_pays(pack: Pack, level: ProgrammeLevel, training_days: int, on: date) -> Verdict:
    """What the school owes for a training of so many days (travel days not counted) at this level.

    Always allowed: the fact `in_full` says whether everything is owed, `meal_days` how many days' meals at least (None
    in full). A pack without rules on travel gives no limit and no clause.
    """
    facts: dict[str, str | int | bool | None] = {"level": str(level), "training_days": training_days}
    travel = pack.travel
    if travel is None:
        return _in_full((), facts)
    facts["paid_by"] = travel.paid_by
    full = (Basis(clause=travel.full, adopted_from=travel.adopted_from),) if travel.full else (travel.basis,)
    limit = find(pack, travel.more_than, on)
    if level not in travel.levels or limit.value is None:
        return _in_full(full, facts)
    longest = int(str(limit.value))
    facts["more_than_days"] = longest
    if training_days <= longest:
        return _in_full(full, facts)
    meals = find(pack, travel.meal_days, on)
    return Verdict(
        key="travel",
        allowed=True,
        zh=f"培训 {training_days} 天,超过 {longest} 天:学校可只报销往返交通费和往返共 {meals.value} 天伙食补助。",
        en=f"{training_days} training days, more than {longest}: the school may pay only the return fare and "
        f"{meals.value} days' meals in all; it may grant more.",
        basis=tuple(dict.fromkeys((travel.basis, limit.basis, meals.basis))),
        facts=facts | {"in_full": False, "meal_days": int(str(meals.value))},
    )


def _in_full(basis: tuple[Basis, ...], facts: dict[str, str | int | bool | None]) -> Verdict:
    return Verdict(
        key="travel",
        allowed=True,
        zh="学校按规定足额报销差旅费。",
        en="The school reimburses the travel expenses in full.",
        basis=basis,
        facts=facts | {"in_full": True, "meal_days": None},
    )
