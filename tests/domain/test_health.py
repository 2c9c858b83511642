"""How a connection does: the word, the sentence, and failures that are one incident."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hub.domain.episodes import Episode, Failing, Try, follow
from hub.domain.health import What, Word, judge
from hub.domain.signals import LeftAlone, Loss, Misread, OtherHub, Pile, Signals, Stream
from hub.records.connection import ConnectionState
from hub.sdk.outcomes import name_status
from hub.sdk.response import Headers, Response

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOURLY = Stream("orders", timedelta(hours=1), NOW - timedelta(hours=1), NOW - timedelta(days=9))
WELL = Signals("c-1", "NYC", "woocommerce", ConnectionState.ACTIVE, streams=(HOURLY,))


def redirected(location: str) -> str:
    """The text of an answer that sends us elsewhere, as the client words it."""
    return str(name_status(Response(308, Headers({"location": location}), about="GET shop.test/x")))


def test_a_connection_without_troubles_is_well() -> None:
    assert judge(WELL, NOW).word == Word.WELL and judge(WELL, NOW).troubles == ()


@pytest.mark.parametrize(
    ("change", "word", "what", "said"),
    [
        ({"state": ConnectionState.PAUSED, "reason": "stocktaking"}, Word.PAUSED, What.PAUSED,
         "stocktaking"),
        ({"state": ConnectionState.NEEDS_AUTH, "reason": "401"}, Word.NEEDS_AUTH, What.REFUSED,
         "401"),
        ({"failing": Failing(NOW - MINUTE, 4, "503")}, Word.FAILING, What.UNREACHABLE,
         "the last 4 attempts failed: 503"),
        ({"failing": Failing(NOW - MINUTE, 4, redirected("https://new.test/x"))}, Word.FAILING,
         What.SENT_ELSEWHERE, "a redirect to new.test (a new domain"),
        ({"failing": Failing(NOW - MINUTE, 4, redirected(""))}, Word.FAILING,
         What.SENT_ELSEWHERE, "a redirect to elsewhere"),
        ({"left_alone": LeftAlone(NOW, NOW + MINUTE, "unknown")}, Word.FAILING, What.LEFT_ALONE,
         "its answers were lost"),
        ({"misread": (Misread("orders", 40, 9, NOW, NOW + MINUTE),)}, Word.NEEDS_ATTENTION,
         What.MISREAD, "9 of the last 40 records of orders were not understood"),
        ({"streams": (replace(HOURLY, complete_at=NOW - timedelta(hours=4)),)}, Word.LATE,
         What.LATE, "orders were last pulled"),
        ({"streams": (replace(HOURLY, complete_at=None),)}, Word.LATE, What.LATE, "never pulled"),
        ({"dead": Pile(2, NOW, "no SKU")}, Word.NEEDS_ATTENTION, What.DEAD_JOBS,
         "2 jobs are dead, such as: no SKU"),
        ({"kept": Pile(1, NOW)}, Word.NEEDS_ATTENTION, What.KEPT_ASIDE, "1 record was not"),
        ({"doubtful": Pile(1, NOW)}, Word.NEEDS_ATTENTION, What.DOUBTFUL_CALLS, "waits for"),
        ({"other_hub": OtherHub("its webhooks go to b.test", NOW)}, Word.NEEDS_ATTENTION,
         What.OTHER_HUB, "with the same credentials: its webhooks go to b.test"),
        ({"has_plugin": False}, Word.NEEDS_ATTENTION, What.NO_PLUGIN, "woocommerce"),
        ({"loss": Loss(20, 4)}, Word.NEEDS_ATTENTION, What.WEBHOOKS_LOST, "20% of 20"),
    ],
)  # fmt: skip
def test_each_trouble_has_its_word_its_sentence_and_its_repair(
    change: dict[str, object], word: Word, what: What, said: str
) -> None:
    health = judge(replace(WELL, **change), NOW)  # type: ignore[arg-type]
    (trouble,) = health.troubles
    assert (health.word, trouble.what) == (word, what)
    assert said in trouble.sentence and trouble.press and trouble.command.startswith("hub ")


def test_what_may_not_be_used_is_neither_late_nor_failing() -> None:
    paused = replace(
        WELL, state=ConnectionState.PAUSED, failing=Failing(NOW, 9, "503"),
        left_alone=LeftAlone(NOW, NOW, "transient"),
        streams=(replace(HOURLY, complete_at=NOW - timedelta(days=2)),),
    )  # fmt: skip
    assert [one.what for one in judge(paused, NOW).troubles] == [What.PAUSED]


@pytest.mark.parametrize("loss", [Loss(19, 19), Loss(1000, 199), Loss(0, 0)])
def test_few_changes_and_little_loss_say_nothing(loss: Loss) -> None:
    assert judge(replace(WELL, loss=loss), NOW).troubles == ()


def test_since_when_is_known_from_the_incident_where_the_signals_do_not_say() -> None:
    noted = {What.PAUSED: NOW - timedelta(days=1)}
    (trouble,) = judge(replace(WELL, state=ConnectionState.PAUSED, noted=noted), NOW).troubles
    assert trouble.since == NOW - timedelta(days=1)


# --- failures, one after the other ---------------------------------------------------------------


def tries(text: str) -> list[Try]:
    """One attempt a minute: x failed, o succeeded, a was answered, - was put off by the hub."""
    classes = {"x": "transient", "o": "", "a": "looked", "-": "snoozed"}
    return [Try(NOW + MINUTE * n, classes[one], one) for n, one in enumerate(text)]


def told(text: str, last: Episode | None = None) -> list[tuple[int, int | None, int]]:
    return [
        (round((one.opened_at - NOW) / MINUTE),
         None if one.healed_at is None else round((one.healed_at - NOW) / MINUTE), one.times)
        for one in follow(last, tries(text))
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "episodes"),
    [
        ("ooo", []),
        ("oxo", [(1, 2, 1)]),
        ("axxaa", [(1, 3, 2)]),
        ("oxxx", [(1, None, 3)]),
        ("xx--o", [(0, 4, 2)]),
        ("xoxo", [(0, 3, 2)]),
        ("xo" + "o" * 16 + "x", [(0, 1, 1), (18, None, 1)]),
    ],
)
def test_failures_near_together_are_one_episode(
    text: str, episodes: list[tuple[int, int | None, int]]
) -> None:
    assert told(text) == episodes


def test_an_episode_noted_before_goes_on_or_heals() -> None:
    before = Episode(NOW - MINUTE * 5, NOW - MINUTE, None, 3, "503")
    assert told("-", before) == []
    assert told("x", before) == [(-5, None, 4)]
    assert told("o", before) == [(-5, 0, 3)]


def test_following_in_pieces_ends_as_following_at_once() -> None:
    text = "oxxoxo" + "o" * 20 + "xxo-x"
    at_once = follow(None, tries(text))
    piecewise: dict[datetime, Episode] = {}
    for one in tries(text):
        last = piecewise[max(piecewise)] if piecewise else None
        piecewise |= {episode.opened_at: episode for episode in follow(last, [one])}
    assert [piecewise[at] for at in sorted(piecewise)] == at_once
