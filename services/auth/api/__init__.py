"""Routes of auth, one module a noun."""

from services.auth.api import api_keys, audit, sessions, sign_in, tokens, users

ROUTERS = (sign_in.router, tokens.router, sessions.router, users.router, api_keys.router, audit.router)
