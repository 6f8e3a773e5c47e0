"""What every service must do alike."""

import re
from types import ModuleType

import pytest

from docs.generators.services import service_modules
from libs.common import credentials
from libs.common.events import EveryEvent, topic_of
from libs.common.strict_json import StrictRoute, query_fields
from tests.conventions.source_files import ROOT

pytestmark = pytest.mark.fast

MAINS = dict(service_modules("main"))


@pytest.mark.parametrize("main", MAINS.values(), ids=MAINS)
def test_service_keeps_its_copies_of_credentials(main: ModuleType) -> None:
    """Without them its keys would never open, or a revoked one would never close."""
    assert credentials.HANDLERS.items() <= main.HANDLERS.items()


@pytest.mark.parametrize("main", MAINS.values(), ids=MAINS)
def test_service_reads_the_topics_of_what_it_handles(main: ModuleType) -> None:
    assert {topic_of(kind.TYPE) for kind in main.HANDLERS if kind is not EveryEvent} <= set(main.TOPICS)


@pytest.mark.parametrize("main", MAINS.values(), ids=MAINS)
def test_route_refuses_unknown_query_parameters(main: ModuleType) -> None:
    """By its class, or by the model that takes the query. OAuth wants them ignored at the token's (RFC 6749, 3.2)."""
    tolerant = []
    for route in (route for router in main.build().routes for route in router.original_router.routes):
        models = [field.field_info.annotation for field in query_fields(route.dependant)]
        configured = [model.model_config.get("extra") for model in models if hasattr(model, "model_config")]
        if not isinstance(route, StrictRoute) or configured not in ([], ["forbid"]):
            tolerant.append(route.path)
    assert set(tolerant) <= {"/v1/auth/token", "/v1/auth/.well-known/jwks.json"}


@pytest.mark.parametrize("service", MAINS)
def test_readme_names_every_table_of_its_own(service: str) -> None:
    folder = ROOT / "services" / service
    readme = (folder / "README.md").read_text("utf-8")
    migrations = "".join(path.read_text("utf-8") for path in (folder / "migrations").glob("0*.sql"))
    tables = re.findall(r"^create table (\w+)", migrations, re.MULTILINE)
    assert tables
    assert [table for table in tables if f"`{table}`" not in readme] == []


@pytest.mark.parametrize("service", MAINS)
def test_readme_fits_a_screen(service: str) -> None:
    assert len((ROOT / "services" / service / "README.md").read_text("utf-8").splitlines()) <= 60
