"""`songjiao demo` from beginning to end: an office of its own, the year, the report, the proof by a separate process.

Exits 0 only if every sample's `expect` came true and the separate process found every claim of the report true.
Decides nothing about a programme.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from office.children import OfficeError
from office.demo.acting import Acting, DemoFailed, Run
from office.demo.regions import CHONGQING, UnreadableSample, of_region, regions, world_for
from office.demo.samples import Sample
from office.demo.showing import Showing
from office.demo.year import Year
from office.engine.place import engine_in_use
from office.prefect_env import settings_environment
from office.runtime.database import forget_engines
from office.runtime.migrate import open_ledger
from office.runtime.settings import REPOSITORY, Settings, settings
from office.smtp_sink import SmtpSink
from office.state_file import running_office
from office.steps import step, trouble
from office.supervisor import Office

_STOCK_POLL_SECONDS = 0.5
"""How often the stock worker looks: it has no bell."""


@dataclass(frozen=True)
class Options:
    """What the demo was asked for. `programmes` are sample keys (`S01`), empty for all; `locale` is zh-CN or en."""

    region: str = CHONGQING
    programmes: tuple[str, ...] = ()
    keep: bool = False
    report: Path | None = None
    locale: str = "zh-CN"


def main(options: Options, run: Run) -> int:
    """Run the demo and answer the exit status: 0 all true, 1 something was not, 2 wrong usage, 3 trouble of the system.

    `run` is the command line, through which people act.
    """
    english = options.locale == "en"
    try:
        wrong = _wrong(options)
    except UnreadableSample as error:
        print(str(error), file=sys.stderr)
        return 1
    if wrong is not None:
        print(wrong[english], file=sys.stderr)
        return 2
    known = of_region(options.region)
    chosen = [known[key] for key in options.programmes or known]
    office_settings = _settings()
    try:
        with Showing(sys.stdout, options.locale) as showing:
            return _perform(options, run, chosen, office_settings, showing)
    except DemoFailed as failure:
        print(f"{'The demo failed' if english else '演示失败'}: {failure}", file=sys.stderr)
        return 1
    except OfficeError as error:
        print(trouble(str(error), english=english), file=sys.stderr)
        return 3
    finally:
        forget_engines()


def _wrong(options: Options) -> tuple[str, str] | None:
    samples = of_region(options.region)
    if not samples:
        return (
            f"没有地区“{options.region}”的演示;可选:{'、'.join(regions())}",
            f"there is no demo for {options.region}; choose from {', '.join(regions())}",
        )
    unknown = [key for key in options.programmes if key not in samples]
    if unknown:
        known = ", ".join(samples)
        return (
            f"没有示例项目 {', '.join(unknown)};可选:{known}",
            f"there is no sample programme {', '.join(unknown)}; choose from {known}",
        )
    return None


def _settings() -> Settings:
    """The demo's own office: `demo` in the data folder, a free port, the engine that is set."""
    given = settings()
    return Settings(
        data_dir=given.root / "demo",
        database_url=None,
        prefect_port=0,
        engine=given.engine,
        worker_limit=given.worker_limit,
        worker_poll_seconds=min(given.worker_poll_seconds, _STOCK_POLL_SECONDS)
        if engine_in_use(given) == "stock"
        else given.worker_poll_seconds,
        policies_dir=given.policies_dir,
        templates_dir=None,
        smtp_url="smtp://127.0.0.1:1",  # set to the mailbox's own address once it listens
        _env_file=None,
    )


def _perform(options: Options, run: Run, chosen: list[Sample], bare: Settings, showing: Showing) -> int:
    from office.demo.claims import claims_of
    from office.demo.telling import tell

    english, began = options.locale == "en", time.monotonic()
    _sweep_out(bare)
    with SmtpSink(bare.root / "mail") as sink:
        office_settings = bare.model_copy(update={"smtp_url": sink.url})
        with _as_this_office(office_settings):
            office = Office(
                office_settings,
                before_start=lambda: open_ledger(office_settings, demo=True),
                say=lambda words: showing.line(step(words, english=english)),
            )
            with office:
                world = world_for(chosen)
                acting = Acting(office_settings, sink, run, world, office.api_url, office.auth)
                try:
                    year = Year(acting, chosen, world, showing.moment, options.locale)
                    with _watching(acting, showing):
                        year.act_out()
                    showing.line("report" if english else "整理报告")
                    report = claims_of(acting, options.region, chosen, engine_in_use(office_settings))
                finally:
                    acting.close()
                report["summary"]["seconds"] = round(time.monotonic() - began, 1)
                file = office_settings.root / "report.json"
                _write(file, report)
                if options.report is not None:
                    _write(options.report, report)
                tell(report, showing.console, options.locale)
                proof = _prove(file, office, showing, english)
                status = 0 if proof == 0 and all(claim["holds"] for claim in report["expectations"]) else 1
                if options.keep:
                    _keep(office, showing, english)
                return status


def _sweep_out(bare: Settings) -> None:
    """A fresh folder, unless an office runs in it. Raises `OfficeError`."""
    if running_office(bare) is not None:
        raise OfficeError(f"a demo runs in {bare.root} already; stop it first (Ctrl-C where it was started)")
    shutil.rmtree(bare.root, ignore_errors=True)
    bare.root.mkdir(parents=True)


@contextmanager
def _as_this_office(office_settings: Settings) -> Iterator[None]:
    """The commands of this process act in the demo's office."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("SONGJIAO_")]:
        del os.environ[name]
    os.environ.update(settings_environment(office_settings))
    settings.cache_clear()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        settings.cache_clear()


@contextmanager
def _watching(acting: Acting, showing: Showing) -> Iterator[None]:
    """Show which runs are looked for, where there is a terminal to show it on."""
    if not showing.console.is_terminal:
        yield
        return
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.5):
            showing.waiting(acting.looking.open_wakes())

    thread = threading.Thread(target=look, name="watching", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _write(file: Path, report: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    fresh.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    fresh.replace(file)


def _prove(file: Path, office: Office, showing: Showing, english: bool) -> int:
    """Have a separate process read the ledger and Prefect afresh and check every claim; gives its exit status."""
    showing.line("a separate process checks every claim" if english else "由独立进程逐条核对报告")
    done = subprocess.run(
        [sys.executable, "-m", "office.demo.verify", str(file), "--lang", "en" if english else "zh-CN"],
        env=office.environment(),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    showing.console.print((done.stdout + done.stderr).rstrip(), markup=False)
    return done.returncode


def _keep(office: Office, showing: Showing, english: bool) -> None:
    """Leave the office up until Ctrl-C."""
    secret = office.settings.root / "prefect.auth"
    words = (
        f"The office stays up: {office.ui_url} (password: songjiao: and what stands in {secret}). Ctrl-C ends it."
        if english
        else f"服务保留:{office.ui_url}(口令:songjiao: 加上 {secret} 的内容)。按 Ctrl-C 结束。"
    )
    showing.console.print(words, markup=False)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
