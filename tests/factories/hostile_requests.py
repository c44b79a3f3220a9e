"""What strangers make of a request: paths, queries, headers and bodies that no browser sends."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from tests.factories.web_requests import RawRequest

Variant = tuple[str, RawRequest]

FORM = b"application/x-www-form-urlencoded"
SURROGATE = "\ud800"
NUMBERS = ("0", "-1", "1e400", "NaN", str(2**31), str(2**63), str(10**40), "٣", "1" * 5000)
OCTETS = ("%0A", "%00", "%0D%0A", "%FF", "%ED%A0%80", "%2e%2e", "%2f", "%", "%zz", "a" * 9000, "'", "%5c", "{x}", "%F0%9F%92%A9")  # fmt: skip
QUERY_NAMES = ("after", "as", "before", "cursor", "edition", "limit", "list", "next", "offset", "page", "part", "q", "seen", "shared", "since", "tag", "version", "width")  # fmt: skip
FORM_NAMES = ("address", "before", "csrf", "email", "ends", "item", "lasts", "name", "next", "number", "password", "proof", "seen", "send_at", "session", "stamp", "starts", "tag", "to", "token", "version", "way", "weeks")  # fmt: skip
HEADERS = ("accept", "accept-encoding", "accept-language", "authorization", "content-length", "cookie", "host", "hx-request", "idempotency-key", "if-match", "if-modified-since", "if-none-match", "origin", "range", "referer", "sec-fetch-site", "user-agent", "x-csrf-token", "x-forwarded-for", "x-forwarded-proto")  # fmt: skip
HEADER_VALUES = (
    b"",
    b"http://[",
    b"://",
    b"http://a:99999999",
    b"null",
    b"\xff\xfe",
    b"a" * 12_000,
)
TYPES = (
    b"", b"\xff", b"a" * 9000, b"application/json; charset=undefined", b"application/octet-stream", b"application/xml",
    b"multipart/form-data", b"multipart/form-data; boundary=", b"multipart/form-data; boundary=x",
    b"multipart/form-data; boundary=x; charset=undefined", b"multipart/form-data; boundary=x; charset=punycode",
    b"multipart/form-data; boundary=x; charset=hex", b"multipart/mixed; boundary=x", b"text/plain",
    FORM + b"; charset=undefined", FORM + b"; charset=utf-16", FORM + b"; charset=idna",
)  # fmt: skip
PARTS = (
    b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\n\xff\x00\r\n--x--\r\n',
    b'--x\r\nContent-Disposition: form-data; name="email"; filename="x"\r\n\r\nabc\r\n--x--\r\n',
    b"--x\r\n\r\nabc\r\n--x--\r\n",
    b'--x\r\nContent-Disposition: form-data; name="a"',
    b"--x\r\nContent-Disposition: form-data\r\n\r\n\r\n--x--\r\n",
)
DOCUMENTS = (
    "[" * 30_000, '{"a":' * 20_000, '"\\ud800"', '{"email": "\\ud800@x.test", "version": 1, "name": "\\udc00"}',
    "1e999", "1" * 5000, "NaN", "[]", "null", "true", '""', "[{}]", "{", "ÿ", '{"email": {}, "name": [], "tags": {}}',
    '{"email": 1e400, "email": 2}', "\ufeff{}",
)  # fmt: skip
VALUES: Sequence[Any] = (SURROGATE, "\0", "\n", 2**63, 10**40, -1, None, [], {}, "a" * 70_000, 1.5, True, [[[]]], [SURROGATE])  # fmt: skip


def variants(request: RawRequest) -> Iterator[Variant]:
    """All of them, each with a name."""
    yield from _paths(request)
    yield from _queries(request)
    yield from _headers(request)
    yield from _bodies(request)


def _paths(request: RawRequest) -> Iterator[Variant]:
    segments = request.path.decode("ascii").split("/")
    for text in (*OCTETS, *map(quote, NUMBERS)):
        for place in range(1, len(segments)):
            changed = "/".join([*segments[:place], text, *segments[place + 1 :]])
            yield f"path {place} {text:.9}", replace(request, path=changed.encode())
        yield f"path after {text:.9}", replace(request, path=request.path + text.encode())
        yield f"path before {text:.9}", replace(request, path=f"/{text}".encode() + request.path)


def _queries(request: RawRequest) -> Iterator[Variant]:
    for text in (*OCTETS, *map(quote, NUMBERS), ""):
        for times in (1, 2):
            query = "&".join(f"{name}={text}" for name in QUERY_NAMES * times)
            yield f"query {times} {text:.9}", replace(request, query=query.encode())
    for octets in (b"\xff\xfe=\xff", b"&&=&=", b"%=%&%zz", b"a" * 14_000, b"x=&" * 4_000, b"a;b"):
        yield f"query {octets[:9]!r}", replace(request, query=octets)


def _headers(request: RawRequest) -> Iterator[Variant]:
    for name in HEADERS:
        for value in HEADER_VALUES:
            headers = {**request.headers, name.encode(): value}
            yield f"header {name} {value[:9]!r}", replace(request, headers=headers)


def _bodies(request: RawRequest) -> Iterator[Variant]:
    for type_ in TYPES:
        for body in (request.body, b"", *PARTS):
            yield f"type {type_[:60]!r} {body[:9]!r}", _with_body(request, type_, body)
    form = dict(parse_qsl(request.body.decode()))
    for text in (*OCTETS, *map(quote, NUMBERS), "a" * 70_000, "http://["):
        for name in form:
            rest = urlencode({other: value for other, value in form.items() if other != name})
            yield f"form {name} {text:.9}", _with_body(request, FORM, f"{name}={text}&{rest}")
        more = "&".join(f"{name}={text}" for name in FORM_NAMES)
        yield f"form more {text:.9}", _with_body(request, FORM, request.body + f"&{more}".encode())
        yield f"form first {text:.9}", _with_body(request, FORM, f"{more}&".encode() + request.body)
    for document in DOCUMENTS:
        yield f"json {document[:9]}", _with_body(request, b"application/json", document)
    for name in _fields(request):
        for other in VALUES:
            changed = json.dumps({**_fields(request), name: other})
            yield f"json {name} {other!r:.9}", _with_body(request, b"application/json", changed)


def _fields(request: RawRequest) -> Mapping[str, Any]:
    found = json.loads(request.body) if request.body.startswith(b"{") else {}
    return found if isinstance(found, dict) else {}


def _with_body(request: RawRequest, type_: bytes, body: bytes | str) -> RawRequest:
    octets = body.encode() if isinstance(body, str) else body
    return replace(request, headers={**request.headers, b"content-type": type_}, body=octets)
