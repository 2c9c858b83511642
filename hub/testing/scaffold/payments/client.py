"""Talks to the gateway; an effect that was answered and not understood has an unknown outcome."""

from urllib.parse import quote

from hub.sdk import MappingError, Opening, PaymentEvent, PaymentRequest, UnknownOutcomeError
from hub.sdk.http import HeaderAuth
from hub.testing.scaffold.payments.mapping import (
    AccountAnswer,
    EventAnswer,
    EventsAnswer,
    from_request,
    to_event,
)


class Client:
    """One account's interface."""

    def __init__(self, opening: Opening) -> None:
        auth = HeaderAuth(opening.secret("token"), prefix="Bearer ")
        self._http = opening.http(str(opening.config["url"]), auth=auth)

    def account(self) -> AccountAnswer:
        """Ask who we are."""
        return self._http.get("/account").decode(AccountAnswer)

    def events(self, payment: str) -> EventsAnswer:
        """Read what happened to a payment."""
        return self._http.get(f"/payments/{quote(payment, safe='')}").decode(EventsAnswer)

    def act(self, verb: str, request: PaymentRequest, key: str) -> PaymentEvent:
        """Capture, refund or void; the gateway answers a repeated key as it did the first time."""
        answer = self._http.post(
            f"/payments/{quote(request.payment_reference, safe='')}/{verb}",
            json=from_request(request),
            headers={"Idempotency-Key": key},
            effect=True,
        )
        try:
            return to_event(answer.decode(EventAnswer))
        except MappingError as fault:
            raise UnknownOutcomeError(f"done, but not understood: {fault.reason}") from fault
