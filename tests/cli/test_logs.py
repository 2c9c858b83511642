"""Logs: JSON lines with known fields only."""

import json
import logging
from collections.abc import Iterator

import pytest

from hub.cli.logs import SHOWN, set_up_logging


@pytest.fixture(autouse=True)
def root() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:], logging.root.level = handlers, level


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_record_is_one_line_of_known_fields(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("INFO")
    logging.getLogger("hub.x").info("order %s", "o-1", extra={"customer": "Ada"})
    (line,) = lines(capsys)
    assert line["event"] == "order o-1" and line["level"] == "info" and line.keys() <= SHOWN


def test_secrets_and_mail_addresses_are_masked_also_in_errors(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logging("INFO")
    try:
        raise ValueError("ada@example.test sent Bearer abcdef0123456789")
    except ValueError:
        logging.getLogger("hub.x").exception("with consumer_secret=cs_0123456789abcdef0123")
    (line,) = lines(capsys)
    text = json.dumps(line)
    assert "ada@" not in text and "abcdef0123456789" not in text and "cs_0123" not in text
    assert line["exception"].startswith("ValueError") and "test_secrets" in line["exception"]


def test_the_client_may_warn_but_not_chat(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("DEBUG")
    logging.getLogger("httpx").info("GET https://shop.example/?consumer_key=ck_1")
    logging.getLogger("httpx").warning("something odd")
    assert [line["event"] for line in lines(capsys)] == ["something odd"]


def test_commands_keep_quiet_unless_something_is_wrong(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logging("INFO", quiet=True)
    logging.getLogger("hub.x").info("fine")
    logging.getLogger("hub.x").warning("odd")
    assert [line["event"] for line in lines(capsys)] == ["odd"]
