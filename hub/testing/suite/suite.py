"""What a connector's author derives from."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from hub.testing.suite.checks import Case, Mark
from hub.testing.suite.configuration import ConfigChecks
from hub.testing.suite.declaration import DeclarationChecks
from hub.testing.suite.failures import FailureChecks
from hub.testing.suite.manners import MannersChecks
from hub.testing.suite.mapping import MappingChecks
from hub.testing.suite.pull import PullChecks
from hub.testing.suite.push import PushChecks
from hub.testing.suite.stage import Stage
from hub.testing.suite.subject import Subject, subject_of
from hub.testing.suite.webhooks import WebhookChecks
from hub.testing.twins import RunningTwin


class ConnectorSuite(
    DeclarationChecks, ConfigChecks, MappingChecks, PullChecks, PushChecks, WebhookChecks,
    FailureChecks, MannersChecks,
):  # fmt: skip
    """Every check of a connector; those that do not apply are skipped with the reason.

    connector     its name; the plugin that brings it is found by entry point
    module        the plugin's module, where no entry point names it
    config        settings beside those that the twin gives; all of them for one without a twin
    samples       the folder of samples (see `hub.testing.suite.samples`)
    twin_options  options of the simulated vendor
    changes       stream → (action, arguments) of the twin: what happens between two polls
    later         seconds between those polls
    waivers       check → why it does not hold here; printed with every result
    """

    connector: ClassVar[str]
    module: ClassVar[str] = ""
    config: ClassVar[Mapping[str, Any]] = {}
    samples: ClassVar[Path | None] = None
    twin_options: ClassVar[Mapping[str, object]] = {}
    changes: ClassVar[Mapping[str, tuple[str, Mapping[str, Any]]]] = {}
    later: ClassVar[float] = 60.0
    waivers: ClassVar[Mapping[str, str]] = {}

    def arrange(self, twin: RunningTwin) -> None:
        """Let things happen at the vendor before the trial begins, such as orders being placed."""

    def given(self, twin: RunningTwin | None) -> Mapping[str, Mapping[str, Any]]:
        """Give arguments that only the running vendor knows, by verb, as plain data."""
        return {}

    # -- how pytest runs it --------------------------------------------------------------------

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run a check once for each of its cases."""
        mark = getattr(metafunc.function, "hub_check", None)
        if not isinstance(mark, Mark) or mark.each is None:
            return
        subject = subject_of(type(self))
        cases = [Case("none", None, "the connector could not be loaded")]
        if subject.descriptor is not None:
            cases = list(mark.each(subject))
        name = "verb" if "verb" in metafunc.fixturenames else "case"
        metafunc.parametrize(
            name,
            [
                pytest.param(
                    case.value, id=case.name,
                    marks=[pytest.mark.skip(reason=case.why_not)] if case.why_not else [],
                )
                for case in cases
            ],
        )  # fmt: skip

    @pytest.fixture(autouse=True)
    def _may_run(self, request: pytest.FixtureRequest, subject: Subject) -> None:
        name = request.node.name.removeprefix("test_")
        for waived in (name, name.partition("[")[0]):
            if waived in self.waivers:
                pytest.skip(f"waived: {self.waivers[waived]}")
        if subject.descriptor is None and "takes_the_plugin" not in name:
            pytest.skip("the connector could not be loaded")

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls) -> Subject:
        """The connector on trial."""
        return subject_of(cls)

    @pytest.fixture(scope="class")
    @classmethod
    def _theatre(
        cls, subject: Subject, tmp_path_factory: pytest.TempPathFactory
    ) -> Iterator[Stage]:
        stage = Stage(cls, subject, tmp_path_factory.mktemp(f"trial-{subject.name}"))
        yield stage
        stage.close()

    @pytest.fixture
    def stage(self, _theatre: Stage) -> Stage:
        """The simulated vendor at its beginning, and connectors to open on it."""
        _theatre.reset()
        return _theatre
