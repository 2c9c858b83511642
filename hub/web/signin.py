"""Who may press something: whoever holds the start-up token, from a page of our own."""

import secrets
from hmac import compare_digest
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

COOKIE = "hub_console"
LARGEST_FORM = 4096

Form = dict[str, str]


class RefusedError(Exception):
    """Nothing is done for this request; the text says why."""


def new_token() -> str:
    """Make the token of one start: 192 random bits."""
    return secrets.token_urlsafe(24)


class Door:
    """The token, and the cookie that stands for it. Without a token everything is read only."""

    def __init__(self, token: str = "") -> None:
        self._token = token

    def knows(self, request: Request) -> bool:
        """Whether the request carries the token: as the cookie, or as a bearer."""
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        given = bearer if scheme.lower() == "bearer" else request.cookies.get(COOKIE, "")
        return self._fits(given)

    def admit(self, request: Request) -> None:
        """Raise `RefusedError` unless the request may change something."""
        if not from_our_own_page(request):
            raise RefusedError("only a form of these pages may change something")
        if not self.knows(request):
            raise RefusedError("sign in first, with the link that the hub printed at its start")

    def sign_in(self, request: Request, given: str) -> Response | None:
        """Give the answer that signs a browser in; None when the token is not ours."""
        if not self._fits(given):
            return None
        answer = RedirectResponse("/", 303)
        answer.set_cookie(
            COOKIE, self._token, httponly=True, samesite="strict", path="/",
            secure=request.url.scheme == "https",
        )  # fmt: skip
        return answer

    def _fits(self, given: str) -> bool:
        return bool(self._token) and compare_digest(given.encode(), self._token.encode())


def sign_out(request: Request) -> Response:
    """Forget the token in this browser."""
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return answer


def from_our_own_page(request: Request) -> bool:
    """Whether the browser says that the form stood on a page of this very address."""
    fetched = request.headers.get("sec-fetch-site", "same-origin")
    here = f"{request.url.scheme}://{request.headers.get('host', '')}"
    return request.headers.get("origin") == here and fetched == "same-origin"


async def read_form(request: Request) -> Form:
    """Read a small form; of a field that stands twice the last counts. Raises `RefusedError`."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_FORM:
                raise RefusedError("that is too much for one form")
    except ClientDisconnect:
        raise RefusedError("the form did not arrive") from None
    try:
        fields = parse_qs(body.decode(), max_num_fields=20, keep_blank_values=True)
    except ValueError:
        raise RefusedError("that form cannot be read") from None
    return {name: values[-1] for name, values in fields.items()}
