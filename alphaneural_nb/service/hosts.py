"""Which addresses a picture may be fetched from: judged from the text alone, nothing is asked."""

import ipaddress
import re
from collections.abc import Collection

import httpx

from alphaneural_nb.errors import APIResponseError

Origin = tuple[str, str, int]
PORTS = {"http": 80, "https": 443}

_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Python's is_global passes these (3.11 and some later), and none of them is a host on the internet.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # protocol assignments; one cloud keeps its metadata here
        "192.88.99.0/24",  # 6to4 relays, given back to IANA
        "168.63.129.16/32",  # public by its number, but every Azure machine's own host
        "2001::/23",  # protocol assignments, Teredo among them
        "3fff::/20",  # documentation
    )
)
_PRIVATE_ENDINGS = ("localhost", "local", "internal", "intranet", "lan", "home.arpa")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_LONGEST_NAME = 253  # RFC 1035


def is_public(address: str) -> bool:
    """Whether an address belongs to a host on the public internet.

    An IPv4 address inside an IPv6 one (mapped, NAT64, 6to4) is judged by itself.

    Parameters
    ----------
    address : str
        An IPv4 or IPv6 literal. Anything else, a scope id included, is not public.

    Notes
    -----
    After the IANA special-purpose registries (RFC 6890 and its updates); of IPv6 only 2000::/3
    has been given out as global unicast (RFC 4291).
    """
    parsed = _literal(address)
    if parsed is None:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = _ipv4_inside(parsed)
        if inner is not None:
            return is_public(str(inner))
        if parsed not in _GLOBAL_UNICAST:
            return False
    if parsed.is_multicast or not parsed.is_global:
        return False
    return not any(parsed in network for network in _NOT_PUBLIC)


def is_public_name(host: str) -> bool:
    """Whether a name may belong to the public internet, as far as the name alone tells.

    Parameters
    ----------
    host : str
        A lower-case name without trailing dot.

    Notes
    -----
    A name without a dot and the endings reserved for private use (RFC 6761, RFC 6762, RFC 8375,
    ICANN's ``.internal``) are not public. Where such a name leads is not asked.
    """
    private = any(host.endswith(f".{ending}") for ending in _PRIVATE_ENDINGS)
    return "." in host and not private


def is_literal(host: str) -> bool:
    """Whether a host is an IP address and not a name."""
    return _literal(host) is not None


def is_loopback(host: str) -> bool:
    """Whether a host, a name or an IP literal, is this machine itself."""
    name = host.rstrip(".")
    address = _literal(name)
    return address.is_loopback if address else f".{name}".endswith(".localhost")


def ascii_host(url: httpx.URL) -> str:
    """Give a URL's host as it goes over the wire: names of other scripts as ``xn--…``."""
    return url.raw_host.decode("ascii")


def is_trusted(url: httpx.URL, trusted: Collection[str | Origin]) -> bool:
    """Whether the user has vouched for the host of a URL.

    Parameters
    ----------
    url : httpx.URL
        As `check_url` gives it.
    trusted : collection
        Origins ``(scheme, host, port)``, and hosts: a name or an IP literal, with or without
        ``:port``. Names are compared as a whole, so that a domain does not cover its subdomains.
    """
    port = port_of(url)
    names = {url.host, ascii_host(url)}

    def covers(entry: str | Origin) -> bool:
        if not isinstance(entry, str):
            scheme, host, number = entry
            return (scheme, number) == (url.scheme, port) and _spelled(host) in names
        host = entry if is_literal(entry) else entry.removesuffix(f":{port}")
        return _spelled(host) in names

    return any(covers(entry) for entry in trusted)


def port_of(url: httpx.URL) -> int:
    """Give the port that an http or https URL leads to, its scheme's own if it names none."""
    return url.port or PORTS[url.scheme]


def check_url(url: str, base: httpx.URL | None = None) -> httpx.URL:
    """Read a URL that came from a server, strictly.

    Parameters
    ----------
    url : str
        What the server sent.
    base : httpx.URL, optional
        What a relative URL is relative to.

    Returns
    -------
    httpx.URL
        With the host in one spelling: lower case, ASCII, no trailing dot, IP literals as
        `ipaddress` writes them.

    Raises
    ------
    APIResponseError
        If the URL is not http or https, has no host or a user name in it, or could be read in
        two ways. The message does not repeat the URL: its query is often a password.
    """
    if any(not char.isprintable() or char in " \\" for char in url):
        raise _unusable("it has a blank, a backslash or a control character in it")
    try:
        parsed = base.join(url) if base else httpx.URL(url)
        complete = parsed.scheme in PORTS and bool(parsed.host)  # decodes the name: may fail
    except (httpx.InvalidURL, ValueError):
        complete = False
    if not complete:
        raise _unusable("it is not a full http or https address")
    if parsed.userinfo:
        raise _unusable("it has a user name in it")
    if parsed.port is not None and not 0 < parsed.port < 2**16:
        raise _unusable("its port is not between 1 and 65535")
    return parsed.copy_with(host=_plain_host(ascii_host(parsed)))


def _plain_host(host: str) -> str:
    name = _spelled(host)
    labels = name.split(".")
    # The system's resolver takes 2130706433, 0x7f.1, 0177.0.0.1 and 127.1 for addresses. No
    # top-level domain is a number, so that whatever ends in one is such a spelling (WHATWG URL).
    if is_literal(name):
        return name
    if _NUMBER.fullmatch(labels[-1]):
        raise _unusable("its host is a number in an unusual spelling")
    if len(name) > _LONGEST_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        raise _unusable("its host is not a name that exists on the internet")
    return name


def _spelled(host: str) -> str:
    name = host.strip("[]").lower().removesuffix(".")
    return str(_literal(name) or name)


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return None if "%" in host else ipaddress.ip_address(host)
    except ValueError:
        return None


def _ipv4_inside(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64:
        return ipaddress.IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour


def _unusable(reason: str) -> APIResponseError:
    message = f"The address of the picture cannot be used: {reason}."
    return APIResponseError(message, charged="maybe")
