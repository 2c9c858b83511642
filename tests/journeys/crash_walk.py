"""Walks through a whole story and lets the process die once at every place where it can.

The story is told in stages. An undisturbed telling gives the boundaries of each stage and a copy of
the world before it. Then, for each boundary: the copy is set up, the stage begins, the process dies
there, another one starts on the same files, and whoever pressed a button presses it again. The
stage must end as it did undisturbed; as nothing but its end goes on, so must the whole story.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hub.testing.crashes import Boundaries, Crash, watching
from hub.testing.invariants import Facts, judge
from hub.testing.outcome import Outcome, outcome
from hub.testing.world import TestClock
from tests.journeys.snapshots import Snapshots
from tests.journeys.story import Story

SETTLED = timedelta(minutes=40)
"""Longer than any carrier or shop needs until a lost answer can be told from a lost request."""


@dataclass(frozen=True)
class Stage:
    """A part of the story: what others do, once; then what the hub does, again after a crash."""

    name: str
    outside: Callable[[Story], Any]
    inside: Callable[[Story, Any], None]


@dataclass(frozen=True)
class Told:
    """A stage as it went undisturbed, and the world as it was before the hub did anything."""

    stage: Stage
    before: Path
    now: datetime
    message: Any
    boundaries: Boundaries
    end: Outcome


@dataclass
class Walk:
    """The story told once, ready to be disturbed."""

    story: Story
    stages: Sequence[Stage]
    snapshots: Snapshots
    told: dict[str, Told] = field(default_factory=dict)

    def tell(self) -> None:
        """Tell the story undisturbed, keeping the world before each stage."""
        for stage in self.stages:
            message = stage.outside(self.story)
            before = self.story.folder / f"twins before {stage.name}"
            self._keep(before, stage.name)
            boundaries = Boundaries()
            now = self.story.world.clock()
            with watching(boundaries):
                stage.inside(self.story, message)
            facts = Facts(self.story.world)
            assert not judge(facts), judge(facts)
            end = outcome(facts)
            self.told[stage.name] = Told(stage, before, now, message, boundaries, end)

    def disturb(self, told: Told, die_at: Sequence[int]) -> str:
        """Tell a stage anew with crashes at these boundaries; gives what came of it, "" if good."""
        boundaries = Boundaries(die_at)
        with self._world_of(told), watching(boundaries):
            for _ in range(len(die_at) + 1):
                try:
                    told.stage.inside(self.story, told.message)
                    break
                except Crash:
                    self.story.world.crash()
            return self._compare(told, die_at, boundaries)

    def _compare(self, told: Told, die_at: Sequence[int], met: Boundaries) -> str:
        facts = Facts(self.story.world)
        end = outcome(facts)
        problems = [f"missing {fact}" for fact in told.end - end]
        problems += [f"too much {fact}" for fact in end - told.end]
        problems += [str(broken) for broken in judge(facts)]
        if not problems:
            return ""
        names = ", ".join(met.names[place] for place in die_at if place < len(met.names))
        place = f"{told.stage.name}, boundary {'+'.join(map(str, die_at))} ({names})"
        return "\n    ".join([f"died in {place}:", *problems])

    def _keep(self, folder: Path, name: str) -> None:
        self.story.world.crash()
        folder.mkdir()
        self.snapshots.keep(self.story.world, name)
        for place, twin in enumerate(self.story.world.twins):
            twin.save(folder / f"twin-{place}.db")

    @contextmanager
    def _world_of(self, told: Told) -> Iterator[None]:
        """Set the world up as it was before a stage; its twins go on under their addresses."""
        usual = self.story.world
        world = self.snapshots.again(told.stage.name)
        world.clock = TestClock(told.now)
        world.canaries = usual.canaries
        for place, twin in enumerate(usual.twins):
            twin.restore(told.before / f"twin-{place}.db")
            world.twins.append(twin)
        self.story.world = world
        with ExitStack() as ending:
            ending.callback(setattr, self.story, "world", usual)
            ending.callback(world.close)
            yield
