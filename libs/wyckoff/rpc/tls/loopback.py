"""Whether an address or a gRPC target stays on this machine."""

from __future__ import annotations

from typing import Final

from wyckoff.access.loopback import is_loopback_host

_LOCAL_SCHEMES: Final = ("unix:", "unix-abstract:")


def is_loopback(target: str) -> bool:
    """Whether all of ``target`` is on this machine: ``127.0.0.1:50051``, ``dns:///localhost:1``, ``unix:/run/socket``.

    A name other than localhost is not: what it resolves to is for others to say.
    """
    if target.startswith(_LOCAL_SCHEMES):
        return True
    return all(_is_local(_host(address)) for address in _addresses(target))


def _addresses(target: str) -> list[str]:
    if "://" in target:
        # scheme://authority/endpoint
        endpoint = target.split("://", 1)[1].partition("/")[2]
        return [endpoint]
    for scheme in ("ipv4:", "ipv6:"):
        if target.startswith(scheme):
            return target.removeprefix(scheme).split(",")
    return [target.removeprefix("dns:")]


def _host(address: str) -> str:
    if address.startswith("["):
        return address[1:].partition("]")[0]
    # more than one colon is an IPv6 address without port
    return address if address.count(":") > 1 else address.partition(":")[0]


def _is_local(host: str) -> bool:
    # names below localhost are reserved for loopback
    return is_loopback_host(host) or host.lower().rstrip(".").endswith(".localhost")
