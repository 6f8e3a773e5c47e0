"""What both sandbox programs read from the environment, once, at start."""

import os
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec

Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Read from `OFP_<FIELD IN CAPITALS>`; a field without a default must be set."""

    http_host: str = "127.0.0.1"
    http_port: Port
    # Where the program keeps its SQLite file; made when missing.
    data_dir: str
    log_level: str = "INFO"

    @property
    def data_path(self) -> Path:
        """The data directory, which exists after this call."""
        path = Path(self.data_dir)
        path.mkdir(parents=True, exist_ok=True)
        return path


SomeSettings = TypeVar("SomeSettings", bound=Settings)


def read_settings(kind: type[SomeSettings]) -> SomeSettings:
    """Raises SystemExit with the name of the variable that is missing or wrong."""
    names = {field: f"OFP_{field.upper()}" for field in kind.__struct_fields__}
    values = {field: os.environ[name] for field, name in names.items() if name in os.environ}
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise SystemExit(f"settings (OFP_ + the name in capitals): {error}") from None
