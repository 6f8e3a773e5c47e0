"""Builds a service's FastAPI application: strict JSON, problems, correlation, limits, authentication."""

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from libs.common.auth import Authenticator
from libs.common.middleware import Edge
from libs.common.problem_answers import install_problem_handlers
from libs.common.rate_limit import RateLimits
from libs.common.settings import Settings

PROBLEM_RESPONSES: dict[int | str, dict[str, object]] = {
    "4XX": {"description": "Problem", "content": {"application/problem+json": {}}},
    "5XX": {"description": "Problem", "content": {"application/problem+json": {}}},
}


def build_api(title: str, routers: Sequence[APIRouter]) -> FastAPI:
    """The application without its edge; also the source of the OpenAPI document."""
    app = FastAPI(
        title=title,
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        responses=PROBLEM_RESPONSES,
    )
    install_problem_handlers(app)
    for router in routers:
        app.include_router(router)
    return app


def create_app(
    api: FastAPI,
    settings: Settings,
    authenticator: Authenticator,
    *,
    resources: object,
    body_limits: dict[str, int] | None = None,
) -> ASGIApp:
    """`api` with its state set and the edge around it. Handlers find `resources` in `request.app.state`."""
    api.state.resources = resources
    api.state.authenticator = authenticator
    api.state.rate_limits = RateLimits(settings.api_processes)
    return Edge(api, settings.concurrency_limit, body_limits)
