"""The services as the documentation finds them: one that does not exist yet is left out."""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

SERVICES = ("auth", "invoice", "render", "notify", "support")


def service_modules(name: str) -> Iterator[tuple[str, ModuleType]]:
    """`services.<service>.<name>` of every service that has one."""
    for service in SERVICES:
        if find_spec(f"services.{service}") and find_spec(f"services.{service}.{name}"):
            yield service, import_module(f"services.{service}.{name}")
