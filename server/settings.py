"""Settings: everything an operator can set, read once from DOSSIER_ variables and `.env`."""

import ipaddress
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from rapidfuzz import fuzz, process

PREFIX = "DOSSIER_"
MIN_API_KEY_CHARS = 16


class SettingsError(Exception):
    """Settings that cannot be used; the message says what was found, expected and what to do."""


class Settings(BaseSettings):
    """Where Dossier keeps its data, how it is reached, and its limits.

    Values come from arguments, then DOSSIER_ environment variables, then `.env` in the working
    directory. `Settings.load()` reports mistakes as SettingsError; the constructor raises the same
    for unknown DOSSIER_ names and pydantic's ValidationError for values.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_file_encoding="utf-8", extra="ignore"
    )

    data_dir: Path = Field(
        Path(".data"), description="Directory that holds everything stored: index, activity, runs."
    )
    host: str = Field(
        "127.0.0.1",
        description="Address to listen on; any but this machine's own needs DOSSIER_API_KEY.",
    )
    port: int = Field(8000, ge=1, le=65535, description="TCP port to listen on.")
    model: str = Field(
        "all-MiniLM-L6-v2",
        description="Embedding model: any sentence-transformers name or path. The default is "
        "carried by a package, so nothing is downloaded.",
    )
    api_key: SecretStr | None = Field(
        None,
        description=f"Key that every request must carry (at least {MIN_API_KEY_CHARS} characters). "
        "Unset: no key, this machine only.",
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Host names, separated by commas, under which browsers may reach the service "
        "besides localhost and bare IP addresses.",
    )
    allow_urls: bool = Field(
        False, description="Whether `dossier ingest` may fetch http(s) URLs (true or false)."
    )
    threads: int = Field(
        0, ge=0, le=1024, description="CPU threads for the models; 0 takes what the machine has."
    )
    reader: str | None = Field(
        None,
        description="Reader that finds answers: a folder written by `python -m training export`, "
        "or the name or folder of a Hugging Face model for extractive question answering. Unset: "
        "Dossier's own.",
    )
    second_reader: str | None = Field(
        None,
        description="Larger reader, of the same kinds as DOSSIER_READER, that looks at the most "
        "promising sentences in its place; `python -m training.judge --second` fits the judge to "
        "both. Ours is made by `make second` in `.data/second`. Unset: none.",
    )
    error_budget: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="Share of the shown answers that may be wrong, 0 to 1; the threshold follows "
        "from the curve stored with the model. Unset: the threshold that serves most development "
        "questions.",
    )
    max_question_chars: int = Field(
        1_000, ge=1, le=2_000, description="Longest question, in characters."
    )
    max_hits: int = Field(100, ge=10, le=1_000, description="Largest k of a search, in passages.")
    max_body_bytes: int = Field(
        1024 * 1024, ge=1024, description="Largest request body except uploads, in bytes."
    )
    max_upload_bytes: int = Field(
        256 * 1024 * 1024, ge=1024, description="Largest upload, all its files together, in bytes."
    )
    session_hours: int = Field(
        12, ge=1, le=24 * 365, description="How long a log-in by the page's form lasts, in hours."
    )
    activity_days: int = Field(
        365,
        ge=1,
        description="How long conversations without feedback are kept, in days.",
    )

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().lower() for part in value.split(",") if part.strip())
        return value

    @field_validator("api_key")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        key = value.get_secret_value()
        if len(key) < MIN_API_KEY_CHARS or not key.isascii() or not key.isprintable():
            raise ValueError(
                f"found {len(key)} characters; expected at least {MIN_API_KEY_CHARS} printable "
                'ASCII ones; make one with: python -c "import secrets; '
                'print(secrets.token_urlsafe(32))"'
            )
        return value

    @model_validator(mode="after")
    def _no_open_door(self) -> Self:
        if self.api_key is None and not is_loopback(self.host):
            raise ValueError(
                f"{PREFIX}HOST is {self.host}, which other machines can reach, and {PREFIX}API_KEY "
                f"is not set; set {PREFIX}API_KEY, or {PREFIX}HOST=127.0.0.1"
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Refuse unknown DOSSIER_ names, which pydantic-settings would pass over in silence."""
        for source in (env_settings, dotenv_settings):
            if isinstance(source, EnvSettingsSource | DotEnvSettingsSource):
                _refuse_unknown(source.env_vars)
        return init_settings, env_settings, dotenv_settings

    @classmethod
    def load(cls, **values: Any) -> Self:
        """Return the settings of this environment, `values` first.

        Raises SettingsError naming the variable, what was found and what to do.
        """
        try:
            return cls(**values)
        except ValidationError as error:
            raise SettingsError(_describe(error)) from None


def is_loopback(host: str) -> bool:
    """Return whether `host` names this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def settings_table() -> str:
    """Return the settings as a Markdown table: variable, default, meaning with unit."""
    rows = ["| Variable | Default | Meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        rows.append(f"| `{PREFIX}{name.upper()}` | {_shown(field.default)} | {field.description} |")
    return "\n".join(rows) + "\n"


def _shown(default: object) -> str:
    if default is None or default == ():
        return "unset"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default}`"


def _known() -> list[str]:
    return [PREFIX + name.upper() for name in Settings.model_fields]


def _refuse_unknown(names: Iterable[str]) -> None:
    known = _known()
    # The source has lowered the names where the platform's environment ignores case.
    unknown = sorted({name.upper() for name in names if name.upper().startswith(PREFIX)})
    for name in unknown:
        if name not in known:
            # What all have in common tells none of them apart.
            ends = [end.removeprefix(PREFIX) for end in known]
            nearest = process.extractOne(
                name.removeprefix(PREFIX), ends, scorer=fuzz.ratio, score_cutoff=60
            )
            guess = f" Did you mean {PREFIX}{nearest[0]}?" if nearest else ""
            raise SettingsError(
                f"unknown setting {name}.{guess} Known settings: {', '.join(known)}."
            )


def _describe(error: ValidationError) -> str:
    lines = []
    for problem in error.errors(include_url=False, include_input=False):
        message = problem["msg"].removeprefix("Value error, ")
        where = PREFIX + str(problem["loc"][0]).upper() + ": " if problem["loc"] else ""
        lines.append(f"{where}{message}")
    return "; ".join(lines)
