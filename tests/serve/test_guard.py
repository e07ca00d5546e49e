"""Which names of the server are accepted."""

from __future__ import annotations

import pytest

from orca_local.serve.guard import HostRule


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "LocalHost:8080"])
def test_names_of_loopback_are_accepted_with_the_port(host: str) -> None:
    assert HostRule(8080, is_loopback=True).accepts(host) and HostRule(8080, is_loopback=False).accepts(host)
    assert not HostRule(8081, is_loopback=True).accepts(host)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_the_port_of_http_may_be_left_out(host: str) -> None:
    assert HostRule(80, is_loopback=True).accepts(host)
    assert not HostRule(8080, is_loopback=True).accepts(host)


@pytest.mark.parametrize(
    "host",
    [
        *["", ":8080", "evil.example:8080", "localhost.:8080", "127.0.0.1.evil.example:8080", "192.0.2.7:8080"],
        *["localhost:8080:8080", "[::1:8080", "::1", "2130706433:8080", "0x7f.1:8080", "127.1:8080", "[::1]8080"],
    ],
)
def test_on_loopback_nothing_else_is_accepted(host: str) -> None:
    assert not HostRule(8080, is_loopback=True).accepts(host)


def test_on_a_network_addresses_and_own_names_are_accepted() -> None:
    rule = HostRule(8080, is_loopback=False, names=("box", "box.example"))
    for host in (
        "192.0.2.7:8080",
        "192.0.2.7:9000",
        "[2001:db8::1]:8080",
        "192.0.2.7",
        "[2001:db8::1]",
        "BOX:1",
        "box",
    ):
        assert rule.accepts(host), host
    for host in ("evil.example", "evil.example:8080", "box.evil:8080", "192.0.2.7.evil:8080", "", "2130706433:8080"):
        assert not rule.accepts(host), host


def test_names_that_were_allowed_are_accepted_on_loopback_too() -> None:
    rule = HostRule(8080, is_loopback=True, names=("models.example",))
    assert rule.accepts("models.example") and rule.accepts("models.example:443")
    assert not rule.accepts("192.0.2.7:8080")
