"""Which addresses are public, which URLs can be used, and what trust covers."""

import contextlib
import ipaddress
import socket

import httpx
import pytest
from hostile_urls import INSIDE, NOT_PUBLIC, PUBLIC, UNUSABLE

from alphaneural_nb.errors import APIResponseError
from alphaneural_nb.service.hosts import check_url, is_public, is_trusted


@pytest.mark.parametrize("address", PUBLIC)
def test_a_host_on_the_internet_is_public(address):
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_leads_inside_is_not_public(address):
    assert not is_public(address)


SPELLED = {
    "HTTP://Pictures.Example:80/a?b": "http://pictures.example/a?b",
    "https://pictures.example./a": "https://pictures.example/a",
    "https://pictures.example:8443/a#part": "https://pictures.example:8443/a#part",
    "http://bücher.example/": "http://xn--bcher-kva.example/",
    "http://[2606:4700:0:0::1111]/": "http://[2606:4700::1111]/",
    "http://8.8.8.8./": "http://8.8.8.8/",
    "http://my_bucket.s3.example/": "http://my_bucket.s3.example/",
}


@pytest.mark.parametrize("url", SPELLED)
def test_a_good_url_gets_one_spelling(url):
    assert str(check_url(url)) == SPELLED[url]


def test_a_relative_url_is_resolved():
    base = httpx.URL("https://pictures.example/a/b?c=d")
    assert str(check_url("../e?f", base)) == "https://pictures.example/e?f"
    assert str(check_url("//other.example/g", base)) == "https://other.example/g"


@pytest.mark.parametrize("url", [url for url in UNUSABLE + INSIDE if url.startswith("http")])
def test_no_host_that_the_systems_resolver_takes_for_inside_gets_through(url):
    with contextlib.suppress(APIResponseError, UnicodeError, OSError):
        host = check_url(url).host
        assert not is_public(host)
        packed = socket.inet_aton(host)  # takes the odd spellings; fails for names
        assert host == str(ipaddress.ip_address(packed))


TRUSTED = [
    ("http://127.0.0.1:81/", ("http", "127.0.0.1", 81), True),
    ("http://127.0.0.1:82/", ("http", "127.0.0.1", 81), False),
    ("https://127.0.0.1:81/", ("http", "127.0.0.1", 81), False),
    ("https://a.example/", ("https", "A.example", 443), True),
    ("https://a.example:443/", ("https", "a.example.", 443), True),
    ("https://b.a.example/", "a.example", False),
    ("https://xa.example/", "a.example", False),
    ("https://a.example/", "b.a.example", False),
    ("https://a.example:8443/", "A.Example", True),
    ("https://a.example:8443/", "a.example:8443", True),
    ("https://a.example/", "a.example:443", True),
    ("http://a.example/", "a.example:443", False),
    ("https://a.example:8444/", "a.example:8443", False),
    ("http://[::1]:8000/", "::1", True),
    ("http://[::1]:8000/", "0:0::1", True),
    ("http://[::1]:8000/", "[::1]", True),
    ("http://[::1]:8000/", "[::1]:8000", True),
    ("http://[::1]:8000/", ("http", "::1", 8000), True),
    ("http://[fd00::1]:80/", "fd00::1:80", False),
    ("http://bücher.example/", "bücher.example", True),
    ("http://bücher.example/", "xn--bcher-kva.example", True),
    ("http://a.example/", "", False),
    ("http://a.example/", ":80", False),
]


@pytest.mark.parametrize(("url", "entry", "expected"), TRUSTED, ids=str)
def test_trust_covers_exactly_what_it_names(url, entry, expected):
    assert is_trusted(check_url(url), [entry]) is expected
