"""Where this office keeps its things and how it reaches the outside.

Read from the environment (prefix `SONGJIAO_`) and, where present, from the file `songjiao.env` beside the data folder.
Secrets never stand in settings that Prefect sees: they lie in 0600 files under the data folder and are made on first use.
"""

import os
import secrets
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.values import is_zone
from office.runtime.durable import sync_folder

REPOSITORY = Path(__file__).resolve().parents[2]

LEAST_ENGINE_MB = 512
"""With less memory a flow run's process cannot even start its threads."""


class Settings(BaseSettings):
    """Settings of one office. Times are in seconds unless the name says otherwise."""

    model_config = SettingsConfigDict(env_prefix="SONGJIAO_", env_file="songjiao.env", extra="ignore")

    data_dir: Path = Path("data")
    database_url: str | None = None
    policies_dir: Path = REPOSITORY / "policies"
    templates_dir: Path | None = None
    prefect_port: int = Field(default=4200, ge=0, le=65535)
    engine: Literal["warm", "stock"] = "warm"
    worker_poll_seconds: float = Field(default=2.0, gt=0, le=3600)
    late_after_seconds: int = Field(default=300, gt=0)
    worker_limit: int = Field(default=5, gt=0)
    engine_memory_mb: int = Field(default=1024, ge=0)
    engine_seconds: int = Field(default=900, ge=0)
    smtp_url: str | None = None
    smtp_from: str = "songjiao@localhost"
    time_zone: str = "Asia/Shanghai"
    upload_limit_mb: int = Field(default=50, gt=0)
    public_url: str | None = None
    mail_attachments_mb: int = Field(default=10, ge=0)

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        if not is_zone(name):
            raise ValueError(f"there is no time zone {name!r}")
        return name

    @field_validator("engine_memory_mb")
    @classmethod
    def _is_enough(cls, megabytes: int) -> int:
        if 0 < megabytes < LEAST_ENGINE_MB:
            raise ValueError(
                f"no flow run can start in {megabytes} MB; give {LEAST_ENGINE_MB} or more, or 0 for no bound"
            )
        return megabytes

    @property
    def root(self) -> Path:
        """The data folder as an absolute path."""
        return self.data_dir.resolve()

    @property
    def ledger_url(self) -> str:
        """The SQLAlchemy URL of the ledger; the embedded default is one SQLite file in the data folder."""
        return self.database_url or f"sqlite:///{self.root / 'songjiao.db'}"

    @property
    def documents_dir(self) -> Path:
        """Where documents are kept, by content hash."""
        return self.root / "documents"

    @property
    def run_dir(self) -> Path:
        """Sockets, locks and process ids of the running office."""
        return self.root / "run"


def secret_file(path: Path, length: int = 32) -> str:
    """The secret kept in `path`, made on first use, readable by its owner alone. Safe when two processes make it at once."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "w") as handle:
            handle.write(secrets.token_urlsafe(length))
            handle.flush()
            os.fsync(handle.fileno())
        try:
            os.link(fresh, path)  # fails when another process was first: then its secret holds
            sync_folder(path.parent)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip()


def server_key(settings: Settings) -> bytes:
    """The key under which one-time codes are made and channel addresses are encrypted."""
    return secret_file(settings.root / "server.key").encode()


def prefect_auth(settings: Settings) -> str:
    """The `user:password` that guards Prefect's API and UI."""
    return "songjiao:" + secret_file(settings.root / "prefect.auth")


@lru_cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
