"""Tests marked `namespace` run in a thread of their own that has a network of its own, where the kernel permits it."""

from __future__ import annotations

import pytest

from tests.receivers.namespaces import run_in_namespace


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if pyfuncitem.get_closest_marker("namespace") is None:
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    run_in_namespace(lambda: pyfuncitem.obj(**arguments))
    return True
