"""For all tests: one locale, and in CI hypothesis tries the same examples each time, so that nothing hangs on luck."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

NOBODY = 65534  # on every Unix
os.environ["LC_ALL"] = "C.UTF-8"  # whoever runs the tests: what is printed for people follows the locale

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # run in the background of a script: children would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # run by nohup
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("here", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """``-n auto``: three workers for two cores; a third of their time they wait for servers and other programs."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(2, cores * 3 // 2)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The dashboard's come first, in one worker with one browser: others steal from the end of its list."""
    items.sort(key=lambda item: item.path.name != "test_browser.py")


@pytest.fixture(autouse=True, scope="session")
def _state_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Histories and locks of the tests are not the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


class MissingFactError(AssertionError):
    """A sentence lacks a fact, and nobody would have noticed."""


@pytest.fixture(autouse=True, scope="session")
def _no_sentence_has_a_hole() -> Iterator[None]:
    def missing(slot: str, template: str) -> str:
        raise MissingFactError(f"no {{{slot}}} for: {template}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("connector_probe.wording.render.missing_fact", missing)
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write tests/formats/golden anew")


@contextlib.contextmanager
def _no_privileges() -> Iterator[None]:
    root = sys.platform != "win32" and os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def no_privileges() -> Callable[[], contextlib.AbstractContextManager[None]]:
    """A context in which file permissions bind this process too: root, whom they do not bind, becomes nobody."""
    return _no_privileges
