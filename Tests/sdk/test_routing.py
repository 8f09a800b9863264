"""What an application sees of the routing: nothing, unless it looks at the headers."""

import asyncio

import openai
import pytest

import catalog

PARIS = "Paris is the capital of France."
FRANCE = [{"role": "user", "content": "What is the capital of France?"}]


@pytest.mark.parametrize(("model", "stream"), [("twin", False), ("twin-streamed", True)])
def test_failover_is_invisible(client, model, stream):
    raw = client.chat.completions.with_raw_response.create(model=model, messages=FRANCE, stream=stream)
    answer = raw.parse()
    if stream:
        text = "".join(chunk.choices[0].delta.content or "" for chunk in answer if chunk.choices)
    else:
        text = answer.choices[0].message.content
    assert text == PARIS
    assert raw.headers["x-routed-via"] == f"Second/{model}"
    assert raw.headers["x-fallback-attempts"] == "1"
    assert f"First/{model}=429" in raw.headers["x-fallback-trail"]
    assert raw.headers["x-gateway-provider"] == "Second"


@pytest.mark.parametrize(
    ("filters", "route"),
    [
        ({"model_type": "coding"}, "Steady/coder-32b"),
        ({"model_scale": "small"}, "Steady/steady-8b"),
        ({"model_name": "plain"}, "TextOnly/plain-70b"),
        ({"model_type": "text", "model_scale": "small", "model_name": "steady"}, "Steady/steady-8b"),
    ],
)
def test_filters(ask, filters, route):
    assert ask(extra_body=filters)[1]["x-routed-via"] == route


def test_a_session_stays_where_it_began(ask):
    headers = {"X-Session-ID": "session-of-the-test"}
    routes = {ask(extra_headers=headers)[1]["x-routed-via"] for _ in range(8)}
    assert len(routes) == 1


def test_models(client):
    ids = [model.id for model in client.models.list()]
    assert len(ids) == len(set(ids))
    assert "meta-model" in ids
    (steady,) = [id for id in ids if id.lower().endswith("steady-70b")]
    for id in ("meta-model", steady):
        model = client.models.retrieve(id)
        assert (model.id, model.object) == (id, "model")
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("no-such-model")


def test_fifty_at_once(relay_url):
    async def whole(client, number):
        messages = [{"role": "user", "content": f"Question {number}"}]
        completion = await client.chat.completions.create(model="meta-model", messages=messages)
        return completion.choices[0].message.content

    async def streamed(client, number):
        messages = [{"role": "user", "content": f"Question {number}"}]
        stream = await client.chat.completions.create(model="Slow/slow-7b", messages=messages, stream=True)
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])

    async def play():
        async with openai.AsyncOpenAI(
            base_url=relay_url, api_key=catalog.CLIENT_KEY, max_retries=0, timeout=30
        ) as client:
            return await asyncio.gather(*[(streamed if n % 2 else whole)(client, n) for n in range(50)])

    assert asyncio.run(play()) == [PARIS] * 50
