"""One relay per test run, with simulated providers behind it."""

import json

import openai
import pytest

import catalog
from processes import Process, free_port


def assert_no_secrets(relay, directory):
    """After a whole run no key stands in the log, the database or the process's arguments."""
    stored = [path for path in (directory / "data").rglob("*") if path.is_file()]
    assert directory / "data" / "relay.sqlite" in stored
    places = {str(path): path.read_bytes() for path in [relay.log, *stored]}
    places["arguments"] = " ".join(relay.process.args).encode()
    for place, content in places.items():
        for key in (catalog.PROVIDER_KEY, catalog.CLIENT_KEY):
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
        arguments = ["serve", "--settings", str(settings), "--catalog", str(limits), "--port", str(port)]
        relay = Process(arguments, directory, "relay", {catalog.KEY_VARIABLE: catalog.PROVIDER_KEY})
        started.insert(0, relay)
        relay.wait_for(f"http://127.0.0.1:{port}/health")
        yield f"http://127.0.0.1:{port}/v1"
        relay.stop()
        assert_no_secrets(relay, directory)
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
