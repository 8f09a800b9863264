"""Whole answers and streams, as an application reads them."""

import pytest

PARIS = "Paris is the capital of France."
FRANCE = [{"role": "user", "content": "What is the capital of France?"}]


def test_whole(ask):
    completion, headers = ask(temperature=0, max_tokens=100, seed=7)
    assert completion.object == "chat.completion"
    assert completion.choices[0].message.role == "assistant"
    assert completion.choices[0].message.content == PARIS
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens
    assert headers["x-routed-via"].split("/")[0] in ("Steady", "TextOnly")
    assert headers["x-request-id"]


def test_max_tokens_ends_in_length(ask):
    completion, _ = ask(max_tokens=2)
    assert completion.choices[0].finish_reason == "length"


@pytest.mark.parametrize("model", ["meta-model", "Steady/steady-70b", "steady/steady-70b", "steady-70b"])
def test_stream(client, model):
    chunks = list(client.chat.completions.create(model=model, messages=FRANCE, stream=True))
    choices = [choice for chunk in chunks for choice in chunk.choices]
    assert "".join(choice.delta.content or "" for choice in choices) == PARIS
    assert [choice.finish_reason for choice in choices if choice.finish_reason] == ["stop"]
    assert choices[0].delta.role == "assistant"
    assert len({chunk.id for chunk in chunks}) == 1
    assert all(chunk.usage is None for chunk in chunks)


@pytest.mark.parametrize("model", ["Steady/steady-70b", "Unasked/unasked-7b"])
def test_usage_in_a_stream_only_when_asked_and_once(client, model):
    def usages(**options):
        chunks = client.chat.completions.create(model=model, messages=FRANCE, stream=True, **options)
        return [chunk.usage for chunk in chunks if chunk.usage]

    assert usages() == []
    assert len(usages(stream_options={"include_usage": True})) == 1


def test_stream_cut_into_single_bytes(client):
    stream = client.chat.completions.create(model="Shredder/shredder-7b", messages=FRANCE, stream=True)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
    assert text == "Füße, 北京, 🙂: jedes Zeichen zerschnitten."


def test_a_stream_that_is_left_early(client, ask):
    stream = client.chat.completions.create(model="Slow/slow-7b", messages=FRANCE, stream=True)
    next(iter(stream))
    stream.close()
    assert ask()[0].choices[0].message.content == PARIS


def test_headers_on_a_stream(client):
    raw = client.chat.completions.with_raw_response.create(
        model="Steady/steady-70b", messages=FRANCE, stream=True, extra_headers={"x-request-id": "mine"}
    )
    assert raw.headers["x-routed-via"] == "Steady/steady-70b"
    assert raw.headers["x-request-id"] == "mine"
    assert raw.headers["content-type"].startswith("text/event-stream")
    raw.parse().close()


def test_null_is_as_good_as_nothing(ask):
    optional = (
        "temperature", "top_p", "n", "stream", "stream_options", "stop", "max_tokens", "max_completion_tokens",
        "presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs", "user", "seed", "tools",
        "tool_choice", "parallel_tool_calls", "response_format", "reasoning_effort", "metadata", "service_tier",
        "model_type", "model_scale", "model_name",
    )  # fmt: skip
    completion, _ = ask(extra_body=dict.fromkeys(optional))
    assert completion.choices[0].message.content == PARIS


def test_several_choices(ask):
    completion, _ = ask(model="Steady/steady-70b", n=2)
    assert [choice.message.content for choice in completion.choices] == [PARIS, PARIS]
