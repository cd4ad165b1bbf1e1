"""pytest's hooks: where the harness is, and the daemons' logs beside each failure."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from harness.cluster import show_logs  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--nightly", action="store_true", help="the full doses")


@pytest.fixture(scope="session")
def nightly(request):
    return request.config.getoption("--nightly")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        report.sections.append(("logs of the daemons", show_logs()))
