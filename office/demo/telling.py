"""Tells a report to a person: what happened in each programme, who decided through which door, what came late, the
score by parts.

Reads the report alone, so that what is printed is what is checked. Decides nothing.
"""

import re
from typing import Any

from rich.console import Console

from notifications.labels import label
from office.demo.words import DOORS, OUTCOMES, RUNG, RUNGS, STATES, Say, many

Claim = dict[str, Any]


def tell(report: dict[str, Any], console: Console, locale: str) -> None:
    """Print the report in the reader's language."""
    say = Say(locale)
    told = _Telling(report, console, say)
    for ref in report["programmes"].values():
        told.programme(ref)
    told.office()
    told.expectations()


def _counted(rows: list[Claim]) -> list[tuple[Claim, int]]:
    """Documents by the day they came in; those that differ in nothing that is told stand in one line."""
    told = ("submitted_on", "document", "session", "stage", "version", "late_days")
    groups: dict[tuple[Any, ...], list[Claim]] = {}
    for one in sorted(rows, key=lambda one: str(one["submitted_on"])):
        groups.setdefault(tuple(one[key] for key in told), []).append(one)
    return [(group[0], len(group)) for group in groups.values()]


def _said_once(said: str) -> str:
    """A refusal in one line: the clause whose words follow is named once.

    >>> _said_once("not lodged [CQ2021-10.3] CQ2021-10.3 “words”")
    'not lodged [CQ2021-10.3] “words”'
    """
    return re.sub(r"\[([^\]]+)\] \1(?= “)", r"[\1]", said)


class _Telling:
    def __init__(self, report: dict[str, Any], console: Console, say: Say) -> None:
        self._claims: list[Claim] = report["claims"]
        self._report, self._console, self._say = report, console, say

    def _of(self, kind: str, ref: str | None = None) -> list[Claim]:
        return [one for one in self._claims if one["kind"] == kind and ref in (None, one.get("programme"))]

    def _print(self, text: str = "") -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _head(self, zh: str, en: str) -> None:
        self._print()
        self._console.print(self._say(zh, en), style="bold", markup=False, highlight=False)

    def _by(self, claim: Claim) -> str:
        """What something rests on: a clause, or an office setting, never dressed as law."""
        if claim.get("clause"):
            adopted = claim.get("adopted_from")
            return f"[{claim['clause']}" + (
                self._say(f",采用自 {adopted}]", f", adopted from {adopted}]") if adopted else "]"
            )
        return self._say("[本办公室设置]", "[office setting]")

    # ── one programme ────────────────────────────────────────────────────────────────────────────────────────────────

    def programme(self, ref: str) -> None:
        """One programme from its application to its score."""
        claim = self._of("programme", ref)[0]
        self._print()
        self._console.rule(f"{ref} {claim['title']}", align="left")
        self._print(
            self._say(
                f"实际开始 {claim['started_on']},实际结束 {claim['ended_on']};全流程运行 {claim['run_id']}",
                f"began {claim['started_on']}, ended {claim['ended_on']}; lifecycle run {claim['run_id']}",
            )
        )
        self._phases(ref)
        self._decisions(ref)
        self._documents(ref)
        self._escalations(ref)
        self._entries(ref)
        self._people(ref)
        self._score(ref)

    def _phases(self, ref: str) -> None:
        self._head("环节", "Phases")
        for one in self._of("phase", ref):
            where = one["school"] or one["session"] or ""
            name, outcome = self._say.name(one["name"]), self._say.word(OUTCOMES, one["outcome"])
            self._print(
                f"  {one['opened_on']} - {one['closed_on']}  {name} {where} {outcome} {self._by(one)}  run "
                f"{one['run_id']}"
            )

    def _decisions(self, ref: str) -> None:
        self._head("谁作了决定,从哪个入口", "Who decided, through which door")
        for one in self._of("decision", ref):
            door = self._say.word(DOORS, one["door"])
            run = f"run {one['run_id']}, " if one["run_id"] else ""
            tier = self._say(f"第{one['tier']}级", f"tier {one['tier']}")
            version = self._say(f"第{one['version']}版", f"version {one['version']}")
            matter, outcome = self._say.word(STATES, one["subject"]), self._say.word(OUTCOMES, one["outcome"])
            comment = f":{one['comment']}" if one["comment"] else ""
            self._print(
                f"  {one['decided_on']}  {matter} {version} {tier} "
                f"{one['organisation']}({one['recorded_by']}) {outcome}{comment}"
                f" {self._by(one)}\n             {door}: {run}{self._say('消息', 'message')} {one['message_id']}"
            )

    def _documents(self, ref: str) -> None:
        rows, say = self._of("document", ref), self._say
        late = [one for one in rows if one["late_days"]]
        owed = self._of("obligation", ref)
        met, met_late = (
            [one for one in owed if one["state"] == "met"],
            [one for one in owed if one["state"] == "met-late"],
        )
        self._head("材料与时限", "Documents and deadlines")
        self._print(
            "  "
            + say(
                f"材料 {len(rows)} 份,其中迟交(硬性期限)的 {len(late)} 份;应办事项按时 {len(met)} 件,"
                f"逾期 {len(met_late)} 件",
                f"{many(len(rows), 'document')}, {len(late)} past a hard limit; {many(len(met), 'obligation')} met in time, "
                f"{len(met_late)} late",
            )
        )
        for one, copies in _counted(rows):
            self._print(f"  {self._handed_in(one)}" + (f" × {copies}" if copies > 1 else ""))
        for one in met_late:
            days = say(
                f"应于 {one['due_on']},实办 {one['met_on']},迟 {one['late_days']} 天",
                f"due {one['due_on']}, met {one['met_on']}, {many(one['late_days'], 'day')} late",
            )
            self._print(f"  {say.name(one['name'])}: {days} {self._by(one)}")
        for one in owed:
            if one["obligation"] in ("plan-target", "plan-limit", "archive") and one["state"] == "met":
                days = say(f"应于 {one['due_on']},实办 {one['met_on']}", f"due {one['due_on']}, met {one['met_on']}")
                self._print(f"  {say.name(one['name'])}: {days} {self._by(one)}")

    def _handed_in(self, one: Claim) -> str:
        """A document in a line: what, which version, where it belongs, when, and how late."""
        say = self._say
        where = " ".join(part for part in (one["session"], one["stage"]) if part)
        version = say(f"第{one['version']}版", f"version {one['version']}")
        late = one["late_days"]
        how = say(f"逾期 {late} 天", f"{many(late, 'day')} late") if late else say("未逾期", "not late")
        return f"{one['submitted_on']}  {say.name(one['name'])}" + (f" {where}" if where else "") + f" {version}: {how}"

    def _escalations(self, ref: str) -> None:
        rows = self._of("rung", ref)
        owed = {one["obligation_id"]: one for one in self._of("obligation", ref)}
        count = {kind: sum(one["rung"] == kind for one in rows) for kind in ("remind", "chase", "escalate")}
        words = self._say("、", ", ").join(f"{self._say.word(RUNGS, kind)} {number}" for kind, number in count.items())
        self._head(f"提醒与督办({words})", f"Reminders and escalations ({words})")
        if not rows:
            self._print(self._say("  无", "  none"))
        for one in sorted(rows, key=lambda one: one["fired_on"]):
            matter = owed[one["obligation_id"]]
            told = self._say(f"告知 {one['reached']} 人", f"{one['reached']} told")
            self._print(
                f"  {one['fired_on']}  {self._say.word(RUNG, one['rung'])}: {self._say.name(matter['name'])}"
                f" ({self._say('应于', 'due')} {one['due_on']}), {matter['owed_by']}, {told} {self._by(matter)}"
            )

    def _entries(self, ref: str) -> None:
        rows = [one for one in self._of("entry") if one["about"] == ref]
        if rows:
            self._head("登记", "Entries in registers")
            self._registers(rows)

    def _registers(self, rows: list[Claim]) -> None:
        """How many entries stand in each register, in the order of the first of them."""
        for register in dict.fromkeys(one["register"] for one in rows):
            mine = [one for one in rows if one["register"] == register]
            count = self._say(f"{len(mine)} 项", many(len(mine), "entry", "entries"))
            self._print(f"  {mine[0]['on']}  {self._say.name(mine[0]['name'])}: {count} {self._by(mine[0])}")

    def _people(self, ref: str) -> None:
        self._head("学员", "Trainees")
        for one in self._of("trainees", ref):
            states = self._say("、", ", ").join(
                f"{self._say.word(STATES, state)} {count}" for state, count in one["states"].items()
            )
            refused = self._say("、", ", ").join(
                f"{count} x {self._say.name(one['names'][basis])}" for basis, count in one["refused_by"].items()
            )
            session = self._say(f"第{one['session']}期(班)", f"session {one['session']}")
            self._print(
                f"  {session}: {self._say('报名', 'nominated')} {one['nominated']}; {states}"
                + (f" [{refused}]" if refused else "")
            )
        for one in self._of("ban", ref):
            words = self._say(
                f"退回学员 {one['person']},不得参训至 {one['ends_on']}(含)",
                f"{one['person']} was returned; barred until {one['ends_on']} included",
            )
            self._print(f"  {words} {self._by(one)}")
        for one in self._of("refusal", ref):
            self._print(
                f"  {one['on']}  {self._say('被拒绝', 'refused')} ({self._say.word(DOORS, one['door'])}, "
                f"{self._say('退出状态', 'exit')} {one['exit_status']}): {_said_once(one['said'])}"
            )
        for one in self._of("attempt", ref):
            run = f" (run {one['run_id']})" if one["run_id"] else ""
            said = self._say(one["said"] or one["why"], f"{one['why']} {one['said'] or ''}".strip())
            self._print(f"  {one['on']}  {self._say('未生效的决定', 'a decision that changed nothing')}: {said}{run}")

    def _score(self, ref: str) -> None:
        for one in self._of("score", ref):
            self._head(
                f"考评得分 {one['total']}({one['closed_on']} 办结)", f"Score {one['total']} (closed {one['closed_on']})"
            )
            for part in one["parts"]:
                self._print(
                    f"  {self._say.name(part['name'])}: {part['value']} x {part['weight']} = {part['points']} "
                    f"{self._by(part)}"
                )

    # ── the whole office ─────────────────────────────────────────────────────────────────────────────────────────────

    def office(self) -> None:
        """What belongs to no programme alone."""
        self._print()
        self._console.rule(self._say("全办公室", "The whole office"), align="left")
        rows = self._of("messages")
        total = sum(one["count"] for one in rows if one["state"] == "sent")
        self._head(f"已发送消息 {total} 条", f"{many(total, 'message')} sent")
        for one in rows:
            state = "" if one["state"] == "sent" else f" ({self._say.word(STATES, one['state'])})"
            name = label("kind", one["message"], self._say("zh-CN", "en"))
            self._print(f"  {name}: {one['count']}{state}")
        others = [one for one in self._of("entry") if one["about"] not in self._report["programmes"].values()]
        if others:
            self._head("单位、人员的登记", "Entries on organisations and people")
            self._registers(others)
        if owed := self._of("duty"):
            self._head("常设事项", "Standing duties")
            for one in owed:
                done = self._say(f"{one['met_on']} 办理", f"met {one['met_on']}") if one["met_on"] else one["state"]
                due = self._say(f"应于 {one['due_on']}", f"due {one['due_on']}")
                self._print(f"  {self._say.name(one['name'])} {one['owed_by']}: {due}, {done} {self._by(one)}")
        for one in self._of("ban"):
            if one["programme"] is None:
                self._print(
                    self._say(
                        f"  补录的限制参训:{one['person']} 至 {one['ends_on']} [{one['clause']}]",
                        f"  an earlier ban taken over: {one['person']} until {one['ends_on']} [{one['clause']}]",
                    )
                )
        audit = self._of("audit")[0]
        self._print(
            self._say(
                f"  审计事件 {audit['events']} 条,链头 {audit['head']}",
                f"  {many(audit['events'], 'audit event')}, head {audit['head']}",
            )
        )

    def expectations(self) -> None:
        """The samples' expectations one by one."""
        summary = self._report["summary"]
        self._head(
            f"示例应得的结果:{summary['expectations_true']}/{summary['expectations']} 相符",
            f"What the samples expect: {summary['expectations_true']} of {summary['expectations']} came true",
        )
        for one in self._report["expectations"]:
            mark = self._say("相符", "true") if one["holds"] else self._say("不符", "NOT TRUE")
            got = "" if one["holds"] else self._say(f";实得 {one['got']}", f"; came out as {one['got']}")
            self._print(f"  {mark}  {one['programme']} {one['key']}: {one['expected']}{got}")
        seconds = summary.get("seconds")
        if seconds is not None:
            self._print(
                self._say(
                    f"  用时 {seconds} 秒,引擎 {self._report['engine']}",
                    f"  {seconds} s, engine {self._report['engine']}",
                )
            )
