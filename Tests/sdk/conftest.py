"""One relay per test run, with simulated providers behind it."""

import json
import subprocess
import urllib.error
import urllib.request

import openai
import pytest

import catalog
from processes import Process, free_port, relay_binary

# What tells of keys, and what is refused: with the client's own key and with a wrong one.
TELLING = [
    ("GET", "/health"),
    ("GET", "/metrics"),
    ("GET", "/v1/models"),
    ("GET", "/v1/usage"),
    ("GET", "/v1/usage?by=key"),
    ("GET", "/v1/providers/status"),
    ("POST", "/api/health/check"),
    ("POST", "/v1/gateway/endpoint-diagnosis/refresh"),
    ("POST", "/v1/route/explain"),
    ("POST", "/v1/chat/completions"),
    ("GET", "/openapi.json"),
    ("GET", "/api/session"),
    ("GET", "/api/keys"),
    ("GET", "/api/clients"),
    ("GET", "/api/providers"),
    ("GET", "/api/models"),
    ("GET", "/api/routes"),
    ("GET", "/api/requests?limit=500"),
    ("GET", "/api/analytics"),
    ("GET", "/api/settings"),
    ("POST", "/api/keys"),
    ("POST", "/api/session"),
]


def told(url, method, path, key):
    """Head and body of the answer, whatever its status. The model's only provider has used up its quota."""
    body = {"model": "First/twin", "messages": [{"role": "user", "content": "hi"}]} if method == "POST" else None
    request = urllib.request.Request(
        url + path,
        method=method,
        data=json.dumps(body).encode() if body else None,
        headers={"authorization": f"Bearer {key}", "content-type": "application/json"},
    )
    try:
        answer = urllib.request.urlopen(request, timeout=30)
    except urllib.error.HTTPError as refusal:
        answer = refusal
    with answer:
        return str(answer.headers).encode() + answer.read()


def assert_no_secrets(relay, directory, url):
    """After a whole run no key stands in an answer, the log, the database or the process's arguments."""
    answers = {
        f"{method} {path} with {whose} key": told(url, method, path, key)
        for whose, key in (("its", catalog.CLIENT_KEY), ("a wrong", "sk-wrong"))
        for method, path in TELLING
    }
    assert b'"key":"stored-1","state":"healthy"' in answers["POST /api/health/check with its key"]
    assert b'"label":"stored-1","from":"store"' in answers["GET /api/keys with its key"]
    relay.stop()
    stored = [path for path in (directory / "data").rglob("*") if path.is_file()]
    assert directory / "data" / "relay.sqlite" in stored
    places = answers | {str(path): path.read_bytes() for path in [relay.log, *stored]}
    places["arguments"] = " ".join(relay.process.args).encode()
    for place, content in places.items():
        for key in (catalog.PROVIDER_KEY, catalog.STORED_KEY, catalog.CLIENT_KEY):
            assert key.encode() not in content, f"a key stands in {place}"


@pytest.fixture(scope="session")
def relay_url(tmp_path_factory):
    directory = tmp_path_factory.mktemp("relay")
    started = []
    try:
        ports = {behavior: free_port() for behavior in catalog.behaviors()}
        for behavior, port in ports.items():
            started.append(Process(["simulate", "--port", str(port), "--behavior", behavior], directory, behavior))
        for process, port in zip(started, ports.values()):
            process.wait_for(f"http://127.0.0.1:{port}/v1/models")

        settings, limits, port = directory / "settings.json", directory / "catalog.json", free_port()
        settings.write_text(json.dumps(catalog.SETTINGS))
        limits.write_text(json.dumps(catalog.catalog(ports)))
        files = ["--settings", str(settings), "--catalog", str(limits)]
        subprocess.run(
            [relay_binary(), "keys", "add", "Tiny", *files],
            cwd=directory,
            input=catalog.STORED_KEY.encode(),
            env={},
            capture_output=True,
            check=True,
        )
        relay = Process(["serve", *files, "--port", str(port)], directory, "relay", {catalog.KEY_VARIABLE: catalog.PROVIDER_KEY})
        started.insert(0, relay)
        relay.wait_for(f"http://127.0.0.1:{port}/health")
        yield f"http://127.0.0.1:{port}/v1"
        assert_no_secrets(relay, directory, f"http://127.0.0.1:{port}")
    finally:
        for process in started:
            process.stop()


@pytest.fixture
def client(relay_url):
    with openai.OpenAI(base_url=relay_url, api_key=catalog.CLIENT_KEY, max_retries=0, timeout=20) as client:
        yield client


@pytest.fixture
def ask(client):
    """`ask("…", model=…, …)`: one user message; the answer with its headers."""

    def ask(question="What is the capital of France?", *, model="meta-model", **rest):
        messages = rest.pop("messages", [{"role": "user", "content": question}])
        raw = client.chat.completions.with_raw_response.create(model=model, messages=messages, **rest)
        return raw.parse(), raw.headers

    return ask
