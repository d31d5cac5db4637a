"""What may be forked: a process without threads and without database engines."""

import subprocess
import sys
from pathlib import Path

import pytest

from office.engine.warmth import prefect_part
from office.runtime.settings import REPOSITORY

pytestmark = pytest.mark.engine


def _unfit_after(preparation: str) -> str:
    """What a fresh process says of itself after the preparation."""
    program = f"from office.engine.warmth import unfit\n{preparation}\nprint(unfit())"
    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_plain_process_is_fit() -> None:
    assert _unfit_after("") == "None"


def test_thread_makes_unfit_and_is_named() -> None:
    thread = "import threading; threading.Thread(target=threading.Event().wait, name='poller', daemon=True).start()"
    assert _unfit_after(thread) == "importing the flows started threads: poller"


def test_open_database_makes_unfit_and_a_closed_one_does_not(tmp_path: Path) -> None:
    engine = f"import sqlalchemy; engine = sqlalchemy.create_engine('sqlite:///{tmp_path}/x.db'); "
    assert (
        _unfit_after(engine + "engine.connect().close()")
        == "importing the flows opened a database; connect on first use"
    )
    assert _unfit_after(engine + "engine.connect().close(); engine.dispose()") == "None"


def test_settings_of_one_run_are_not_prefects_settings() -> None:
    environment = {b"PREFECT_API_URL": b"a", b"PREFECT__FLOW_RUN_ID": b"b", b"PATH": b"c"}
    assert prefect_part(environment) == {b"PREFECT_API_URL": b"a"}


def test_flows_of_the_office_may_be_forked() -> None:
    imports = (
        "from office.engine.warmth import import_everything\n"
        "from office.runtime.settings import REPOSITORY\n"
        "import_everything(REPOSITORY / 'prefect.yaml')"
    )
    assert _unfit_after(imports) == "None"
