"""Settings: environment → one frozen record; the only reader of the environment."""

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
SHORTEST_TOKEN = 16


def _wrong(rule: str) -> PydanticCustomError:
    """An error that names the rule, and not what was given."""
    return PydanticCustomError("setting", rule)


class Settings(BaseSettings):
    """Everything an installation can set, each by `HUB_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="HUB_", frozen=True, extra="ignore")

    home: Path = Field(default_factory=lambda: Path.home() / ".commerce-hub")
    """Folder of the embedded database, the key and the labels printed to files."""
    database_url: str = Field(default="", repr=False)
    """Empty: the SQLite file in the home folder."""
    redis_url: str = Field(default="", repr=False)
    """Redis or Valkey, by which processes wake each other; empty: one process, in memory."""
    secret_key: str = Field(default="", repr=False)
    """The hub key as 64 hex digits; empty: the key file in the home folder."""
    host: str = "127.0.0.1"
    port: int = Field(default=8400, ge=0, le=65535)
    public_url: str = ""
    """Where vendors reach this hub from outside; empty: webhooks are not put at the shops."""
    threads: int = Field(default=4, ge=1, le=64)
    """Worker threads of the embedded engine."""
    allow_hosts: str = ""
    """Comma-separated host:port the hub may call although they are not public https addresses."""
    ca_file: str = ""
    """Certificates of a private CA, as a PEM file, trusted beside the public ones."""
    plugins: str = ""
    """Comma-separated entry points to load; empty: all that are installed."""
    plugin_modules: str = ""
    """Comma-separated modules to load as plugins although they have no entry point."""
    least_free_mb: int = Field(default=500, ge=0)
    """Below this much free disk nothing is bought; intake goes on."""
    log_level: str = "INFO"
    log_format: Literal["auto", "json", "console"] = "auto"
    """auto: for people on a terminal, else JSON."""
    console_token: str = Field(default="", repr=False)
    """Lets its holder press the console's buttons; empty: a new one at each start."""
    hosts: str = ""
    """Comma-separated names the web answers to beside localhost; empty: every name."""

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, given: str) -> str:
        if given.upper() not in LEVELS:
            raise _wrong(f"there is no such level; there are {', '.join(LEVELS)}")
        return given.upper()

    @field_validator("console_token")
    @classmethod
    def _long_enough(cls, given: str) -> str:
        if given and len(given) < SHORTEST_TOKEN:
            raise _wrong(f"a token has at least {SHORTEST_TOKEN} characters")
        return given

    @property
    def url(self) -> str:
        """The database's address."""
        return self.database_url or f"sqlite:///{self.home / 'hub.db'}"

    @property
    def key_file(self) -> Path:
        """Where the hub key is kept when it is not given."""
        return self.home / "key"

    def listed(self, value: str) -> tuple[str, ...]:
        """Split a comma-separated setting."""
        return tuple(part.strip() for part in value.split(",") if part.strip())
