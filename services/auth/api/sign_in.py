"""Sign in with a password, and go on with a refresh token."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from libs.common.db import transaction
from libs.common.problems import Problem
from libs.common.strict_json import StrictRoute
from services.auth import queries
from services.auth.commands.sessions import RefreshSession, refresh_session
from services.auth.commands.sign_in import FinishSignIn, begin_sign_in, finish_sign_in
from services.auth.domain.sessions import Session
from services.auth.domain.users import User
from services.auth.errors import InvalidRefreshToken, SignInLocked
from services.auth.metrics import REFRESHES, SIGN_INS
from services.auth.resources import Resources, address_of, resources_of
from services.auth.schemas import RefreshRequest, SessionTokens, SignInRequest
from services.auth.secret_keys import digest_secret, new_secret
from services.auth.tokens import Bearer

router = APIRouter(route_class=StrictRoute, prefix="/v1/auth", tags=["Sign-in"])

USER_AGENT_LENGTH = 200


@router.post("/sign-in")
async def sign_in(
    request: Request,
    response: Response,
    body: SignInRequest,
    resources: Annotated[Resources, Depends(resources_of)],
) -> SessionTokens:
    """The same answer, after the same work, for an unknown name and for a wrong password."""
    name_digest = resources.secret_keys.digest_name(body.username)
    try:
        async with transaction(resources.pool) as tx:
            login = await begin_sign_in(tx, body.username, name_digest, now=resources.clock())
    except SignInLocked:
        SIGN_INS.labels("locked").inc()
        raise
    verdict = await resources.passwords.verify(body.password, login.password_hash if login else None)
    command = FinishSignIn(
        name_digest=name_digest,
        login=login,
        verdict=verdict,
        address=address_of(request),
        user_agent=_user_agent(request),
        refresh_token=new_secret(),
    )
    async with transaction(resources.pool, command.caller.tenant) as tx:
        outcome = await finish_sign_in(tx, command, now=resources.clock())
    SIGN_INS.labels(outcome.code if isinstance(outcome, Problem) else "signed-in").inc()
    if isinstance(outcome, Problem):
        raise outcome
    return await _tokens(resources, response, outcome.user, outcome.session, command.refresh_token)


@router.post("/refresh")
async def refresh(
    request: Request,
    response: Response,
    body: RefreshRequest,
    resources: Annotated[Resources, Depends(resources_of)],
) -> SessionTokens:
    """The next pair of tokens. The old refresh token is used up; presenting it later again ends the session."""
    sha256 = digest_secret(body.refresh_token)
    async with transaction(resources.pool) as tx:
        place = await queries.find_refresh_token(tx, sha256)
    if place is None:
        REFRESHES.labels("unknown").inc()
        raise InvalidRefreshToken
    successor = resources.secret_keys.successor_of(body.refresh_token)
    command = RefreshSession(place, sha256, successor, address_of(request))
    async with transaction(resources.pool, place.tenant) as tx:
        outcome = await refresh_session(tx, command, now=resources.clock())
    REFRESHES.labels("refused" if isinstance(outcome, Problem) else "refreshed").inc()
    if isinstance(outcome, Problem):
        raise outcome
    return await _tokens(resources, response, outcome.user, outcome.session, successor)


async def _tokens(
    resources: Resources, response: Response, user: User, session: Session, refresh_token: str
) -> SessionTokens:
    bearer = Bearer(
        tenant=user.tenant,
        id=user.id,
        kind="user",
        name=user.display_name,
        scopes=user.scopes,
        session=session.id,
        version=user.version,
    )
    token = await resources.key_ring.sign(bearer)
    response.headers["cache-control"] = "no-store"
    return SessionTokens(access_token=token.text, expires_in=token.expires_in, refresh_token=refresh_token)


def _user_agent(request: Request) -> str:
    """Printable ASCII alone: it is shown in the list of sessions."""
    text = request.headers.get("user-agent", "")[:USER_AGENT_LENGTH]
    return "".join(character for character in text if " " <= character <= "~")
