"""`python -m office.demo.verify REPORT`: a process of its own that believes nothing of a report and checks every claim
of it.

It reads the ledger's rows by plain SQL, Prefect's API and the mail that was received, all afresh, works out due days,
bans and scores again, and looks for what the report leaves out. It writes nothing. Exit status: 0 all true, 1
something is not, 2 wrong usage, 3 a source cannot be read.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from office.demo.proof_figures import figures_wrong
from office.demo.proof_registers import registers_wrong
from office.demo.proof_rows import Rows, rows_wrong
from office.demo.proof_runs import Prefect, PrefectAway, runs_wrong
from office.runtime.settings import Settings, server_key, settings
from office.smtp_sink import read_mail

KINDS = (
    *("programme", "phase", "decision", "document", "obligation", "rung", "trainees", "score", "messages", "ban"),
    *("refusal", "attempt", "sweep", "audit", "entry", "duty"),
)


def problems_of(report: Mapping[str, Any], office: Settings, prefect: Prefect) -> list[str]:
    """What of a report is not true, one sentence each; empty when every claim holds and nothing is left out."""
    claims: list[dict[str, Any]] = list(report.get("claims", []))
    unknown = sorted({str(claim.get("kind")) for claim in claims} - set(KINDS))
    if unknown or not claims:
        return [f"the report claims {', '.join(unknown) or 'nothing'}, which this check does not know"]
    counted = dict(sorted(Counter(str(claim["kind"]) for claim in claims).items()))
    found = []
    if report.get("summary", {}).get("claims") != counted:
        found.append(f"the summary counts {report.get('summary', {}).get('claims')}, the claims are {counted}")
    with Rows(office) as rows:
        found += rows_wrong(rows, claims, office)
        found += registers_wrong(rows, claims)
        found += figures_wrong(rows, report)
        found += runs_wrong(rows, claims, prefect, read_mail(office.root / "mail"), server_key(office))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Check a report and say what came of it."""
    parser = argparse.ArgumentParser(
        prog="python -m office.demo.verify", description="check every claim of a demo's report"
    )
    parser.add_argument("report", type=Path, help="the JSON file that songjiao demo --report wrote")
    parser.add_argument("--lang", choices=("zh-CN", "en"), default="en")
    given = parser.parse_args(arguments)
    english = given.lang == "en"
    try:
        report = json.loads(given.report.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        print(f"{given.report}: {error}", file=sys.stderr)
        return 3
    office = settings()
    try:
        with Prefect.of(office) as prefect:
            found = problems_of(report, office, prefect)
    except PrefectAway as away:
        print(str(away), file=sys.stderr)
        return 3
    except (KeyError, TypeError, AttributeError) as error:
        found = [f"the report is not as it should be: {type(error).__name__} {error}"]
    for problem in found:
        print(("NOT TRUE: " if english else "不实:") + problem)
    count = len(report.get("claims", []))
    if found:
        print(f"{len(found)} of what the report says is not true" if english else f"核对未通过:{len(found)} 处不实")
        return 1
    print(
        f"all {count} claims hold, and nothing is left out (ledger, Prefect's API and mail read afresh)"
        if english
        else f"全部 {count} 条报告内容核对属实,没有遗漏(重新读取台账、Prefect 接口和邮件)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
