"""What an application or a plan says, held against the pack: its checks, what shuts its host out, what nobody asks.

Decides nothing itself: `rules.admission` and `rules.bars` do. Serves CQ2021-2.6, 3.2, 3.4, 3.9 to 3.11, 6.3 and the checks
of other regions.
"""

from typing import Any

from ledger.entries import entry_facts
from ledger.errors import BadInput
from models.act import Act
from models.people import Organisation
from models.programme import Programme
from models.values import Application, Plan, Verdict
from policies.problems import nearest
from policies.schema import Pack
from rules.admission import admit, before_force, declared_facts, facts_of
from rules.bars import may_pass


def content_verdicts(
    act: Act,
    pack: Pack,
    subject: str,
    content: Application | Plan,
    host: Organisation,
    programme: Programme | None = None,
) -> tuple[Verdict, ...]:
    """The pack's checks over an application or a plan, and what shuts its host out.

    Raises `BadInput` for what is declared and no check of the pack asks, and for a start before the pack holds.
    """
    _must_be_asked(pack, content)
    if isinstance(content, Application) and (early := before_force(pack, content.starts_on)):
        raise BadInput([("starts_on", early)])
    facts = {**content.declared, **facts_of(content.courses, content.experts), **_given(content, programme)}
    verdicts = admit(pack, subject, facts, content.reasons, act.today, acting_as=("host-institution", host.kind))
    barring = {key for bar in pack.bars if subject in bar.bars for key in (bar.register_, bar.lifted_by) if key}
    entries = entry_facts(act, pack, barring) if barring else []
    return (*verdicts, *may_pass(pack, subject, facts | {"host": host.name}, entries, act.today, content.reasons))


def _must_be_asked(pack: Pack, content: Application | Plan) -> None:
    """What is declared is asked by a check: a mistyped name would pass for a matter left out."""
    asked = declared_facts(pack)
    unknown = [name for name in content.declared if name not in asked]
    if unknown:
        raise BadInput(
            [
                (f"declared.{name}", f"no check of {pack.pack} asks for {name!r}; {nearest(name, asked)}")
                for name in unknown
            ]
        )


def _given(content: Application | Plan, programme: Programme | None) -> dict[str, Any]:
    """What an application says of its programme, under the names that checks know everywhere (`programme_facts`)."""
    if not isinstance(content, Application):
        return {"programme.kind": programme.kind, "programme.level": programme.level} if programme else {}
    return {
        "programme.kind": content.kind,
        "programme.level": str(content.level),
        "programme.subject": content.subject,
        "programme.theme": content.theme,
        "programme.places": content.places,
        "programme.days": (content.ends_on - content.starts_on).days + 1,
        "programme.budget_total": str(content.budget_total),
        "programme.budget_lines": [line.line for line in content.budget],
        "programme.sessions": len(content.sessions),
        "programme.team": content.team or "",
    }
