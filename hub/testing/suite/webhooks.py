"""Group *webhooks*: only what the vendor signed is believed, byte by byte."""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from hub.sdk.capabilities import ReceiveWebhooks
from hub.sdk.config import secret_fields
from hub.sdk.errors import ConnectorError, MappingError, SignatureError
from hub.sdk.webhooks import Delivery, WebhookRequest
from hub.testing.suite.checks import check, verbs
from hub.testing.suite.finding import expect, expect_none
from hub.testing.suite.samples import Sample
from hub.testing.suite.stage import Stage
from hub.testing.suite.verbs import Verb
from hub.testing.suite.visit import Visit, caught, named

VERIFY = Verb(ReceiveWebhooks, "verify")
READ = Verb(ReceiveWebhooks, "read")

UNHEARD_OF = "unheard.of"


class WebhookChecks:
    """`verify` and `read`; both are pure."""

    @check("webhooks", verbs("webhook"))
    def test_what_the_vendor_signed_is_accepted(self, stage: Stage, verb: Verb) -> None:
        """And accepted again: the hub itself tells repeats apart."""
        if verb != VERIFY:
            pytest.skip("only verify judges signatures")
        visit = _ready(stage)
        expect_none(
            f"{sample}: {named(error)}"
            for sample in _samples(stage)
            for _ in range(2)
            if (error := _judged(visit, _request(sample)))
        )

    @check("webhooks", verbs("webhook"))
    def test_a_changed_body_is_refused(self, stage: Stage, verb: Verb) -> None:
        """The same JSON in other bytes too: a signature covers bytes, not what they mean."""
        expect_none(_believed(stage, verb, _other_bodies))

    @check("webhooks", verbs("webhook"))
    def test_a_missing_or_broken_signature_is_refused(self, stage: Stage, verb: Verb) -> None:
        """Absent is never success."""
        expect_none(_believed(stage, verb, lambda request: _other_headers(stage, request)))

    @check("webhooks", verbs("webhook"))
    def test_another_secret_is_refused(self, stage: Stage, verb: Verb) -> None:
        """Also when none was set: an empty secret signs nothing."""
        _only(verb, VERIFY)
        _accepted(stage)
        hidden = secret_fields(stage.subject.declared.config_schema)
        config = stage.config()
        required = set(stage.subject.declared.config_schema.get("required", ()))
        other = {n: f"{v}9" if n in hidden else v for n, v in config.items()}
        bare = {n: v for n, v in config.items() if n not in hidden or n in required}
        findings = []
        for what, changed in (("another secret", other), ("no secret", bare)):
            if changed == config:
                continue
            visit = stage.open(config=changed)
            findings += [
                f"{sample} passes with {what}: {named(error)}"
                for sample in _samples(stage)
                if not isinstance(error := _judged(visit, _request(sample)), SignatureError)
            ]
        expect_none(findings)

    @check("webhooks", verbs("webhook"))
    def test_it_says_what_a_webhook_is_about(self, stage: Stage, verb: Verb) -> None:
        """The same request the same way, so that a repeat is known; what `about` says, if given."""
        _only(verb, READ)
        visit = _ready(stage)
        expect_none(fault for one in _samples(stage) if (fault := _misread(visit, one)))

    @check("webhooks", verbs("webhook"))
    def test_an_unknown_topic_is_ignored_politely(self, stage: Stage, verb: Verb) -> None:
        """Vendors send what nobody subscribed to; it is no error and no news."""
        _only(verb, READ)
        visit = _ready(stage)
        odd = list(_retopiced(stage))
        if not odd:
            pytest.skip("no sample says its topic in so many words")
        for request in odd:
            answer, error = caught(lambda one=request: visit.ask(READ, {"request": one}))  # type: ignore[misc]
            expect(error is None or isinstance(error, MappingError), named(error))
            expect(not answer, f"an unknown topic is taken for {answer!r:.120}")

    @check("webhooks", verbs("webhook"))
    def test_a_nonsense_body_does_no_harm(self, stage: Stage, verb: Verb) -> None:
        """Signed nonsense is nothing, or a mapping error; never a crash."""
        _only(verb, READ)
        visit = _ready(stage)
        findings = []
        for sample in _samples(stage):
            for body in (b"", b"{}", b"[]", b"null", b"not json", b"\xff\xfe", b"[" * 3000):
                request = WebhookRequest(_request(sample).headers, body)
                _, error = caught(lambda one=request: visit.ask(READ, {"request": one}))  # type: ignore[misc]
                if error is not None and not isinstance(error, ConnectorError):
                    findings.append(f"{sample} with body {body[:12]!r}: {named(error)}")
        expect_none(findings[:3])


def _only(verb: Verb, wanted: Verb) -> None:
    if verb != wanted:
        pytest.skip(f"this is asked of {wanted}")


def _ready(stage: Stage) -> Visit:
    visit = stage.open()
    missing = [v for v in (VERIFY, READ) if not hasattr(visit.connector, v.method)]
    if missing:
        pytest.skip(f"it has no method {missing[0]}; that has its own check")
    return visit


def _samples(stage: Stage) -> tuple[Sample, ...]:
    samples = stage.samples.of("webhooks")
    if not samples:
        pytest.skip("there is no sample in webhooks; that has its own check")
    return samples


def _request(sample: Sample) -> WebhookRequest:
    document = sample.document
    body = document.get("body")
    raw = base64.b64decode(document["body_base64"]) if body is None else body.encode()
    return WebhookRequest({n.lower(): v for n, v in document["headers"].items()}, raw)


def _judged(visit: Visit, request: WebhookRequest) -> Exception | None:
    fresh = WebhookRequest(dict(request.headers), request.body)
    return caught(lambda: visit.ask(VERIFY, {"request": fresh}))[1]


def _accepted(stage: Stage) -> Visit:
    visit = _ready(stage)
    if any(_judged(visit, _request(sample)) for sample in _samples(stage)):
        pytest.skip("a good signature does not pass; that has its own check")
    return visit


def _believed(stage: Stage, verb: Verb, changes: Any) -> Iterator[str]:
    _only(verb, VERIFY)
    visit = _accepted(stage)
    for sample in _samples(stage):
        request = _request(sample)
        for what, changed in changes(request):
            error = _judged(visit, changed)
            if not isinstance(error, SignatureError):
                yield f"{sample} with {what}: {named(error)}, not SignatureError"


def _other_bodies(request: WebhookRequest) -> Iterator[tuple[str, WebhookRequest]]:
    body = request.body
    changes = {
        "a space after it": body + b" ", "a space before it": b" " + body,
        "its last byte gone": body[:-1], "its first half": body[: len(body) // 2],
        "no body": b"", "its body twice": body + body,
        "one bit changed": body[:-2] + bytes([body[-2] ^ 1]) + body[-1:],
    }  # fmt: skip
    try:
        document = json.loads(body)
        changes["other white space"] = json.dumps(document, indent=1).encode()
        changes["other order"] = json.dumps(_reversed(document), separators=(",", ":")).encode()
    except ValueError:
        pass  # not every vendor sends JSON
    for what, changed in changes.items():
        if changed != body:
            yield what, WebhookRequest(dict(request.headers), changed)


def _reversed(document: Any) -> Any:
    return dict(reversed(document.items())) if isinstance(document, dict) else document


def _other_headers(stage: Stage, request: WebhookRequest) -> Iterator[tuple[str, WebhookRequest]]:
    yield "no headers at all", WebhookRequest({}, request.body)
    visit = stage.open()
    for name, value in request.headers.items():
        if not isinstance(_judged(visit, _with(request, name, _altered(value))), SignatureError):
            continue  # a header that no signature covers
        for what, changed in (
            ("an empty", ""), ("a blank", " "), ("half of its", value[: len(value) // 2]),
            ("a doubled", value + value), ("a non-ASCII", "é" + value[1:]),
            ("a guessed", "true"), ("a zeroed", "0" * len(value)),
        ):  # fmt: skip
            yield f"{what} {name}", _with(request, name, changed)
        without = {n: v for n, v in request.headers.items() if n != name}
        yield f"no {name}", WebhookRequest(without, request.body)


def _altered(value: str) -> str:
    """Change a value in its first letter: the last of base64 may not count."""
    return ("B" if value[:1] == "A" else "A") + value[1:]


def _with(request: WebhookRequest, name: str, value: str) -> WebhookRequest:
    return WebhookRequest({**request.headers, name: value}, request.body)


def _misread(visit: Visit, sample: Sample) -> str:
    about: list[Mapping[str, Any]] | None = sample.document.get("about")
    first, error = caught(lambda: visit.ask(READ, {"request": _request(sample)}))
    if error is not None:
        return f"{sample}: {named(error)}"
    if first != visit.ask(READ, {"request": _request(sample)}):
        return f"{sample} is read differently the second time"
    if not all(isinstance(one, Delivery) and one.dedupe_key for one in first):
        return f"{sample}: read gives {first!r:.120}, not deliveries with a dedupe_key"
    if about is None:
        return "" if first else f'{sample}: read finds nothing; say so with "about": []'
    told = [{"kind": d.kind, "external_id": d.external_id, "deleted": d.deleted} for d in first]
    wanted = [{"deleted": False, **one} for one in about]
    return "" if told == wanted else f"{sample} is about {wanted}, read says {told}"


def _retopiced(stage: Stage) -> Iterator[WebhookRequest]:
    topics = sorted(stage.subject.declared.webhook_topics, key=len, reverse=True)
    for sample in _samples(stage):
        request = _request(sample)
        for topic in topics:
            headers = {
                n: UNHEARD_OF if v == topic else v for n, v in request.headers.items()
            }  # fmt: skip
            body = request.body.replace(f'"{topic}"'.encode(), f'"{UNHEARD_OF}"'.encode())
            if headers != request.headers or body != request.body:
                yield WebhookRequest(headers, body)
                break
