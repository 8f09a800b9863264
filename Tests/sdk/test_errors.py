"""Each failure arrives as the SDK's own error class."""

import openai
import pytest

FRANCE = [{"role": "user", "content": "What is the capital of France?"}]


def test_unknown_model(ask):
    with pytest.raises(openai.NotFoundError) as caught:
        ask(model="no-such-model")
    assert caught.value.code == "model_not_found"
    assert caught.value.type == "invalid_request_error"
    assert "no-such-model" in caught.value.message


def test_unknown_model_streamed(ask):
    with pytest.raises(openai.NotFoundError):
        ask(model="Steady/no-such-model", stream=True)


def test_wrong_client_key(client):
    with pytest.raises(openai.AuthenticationError) as caught:
        client.with_options(api_key="sk-wrong").chat.completions.create(model="meta-model", messages=FRANCE)
    assert caught.value.code == "invalid_api_key"
    assert "sk-wrong" not in caught.value.message


@pytest.mark.parametrize(
    "wrong",
    [
        {"messages": []},
        {"messages": [{"role": "wizard", "content": "x"}]},
        {"messages": [{"role": "tool", "tool_call_id": "call_nobody", "content": "x"}]},
        {"extra_body": {"messages": "x"}},
        {"extra_body": {"stream": "yes"}},
        {"extra_body": {"model_type": "no-such-type"}},
    ],
    ids=["no messages", "unknown role", "orphan result", "messages no array", "stream no boolean", "filter without match"],
)
def test_bad_requests(ask, wrong):
    with pytest.raises(openai.BadRequestError) as caught:
        ask(**wrong)
    assert caught.value.type == "invalid_request_error"
    assert caught.value.message


@pytest.mark.parametrize("stream", [False, True])
def test_every_candidate_is_exhausted(ask, stream):
    with pytest.raises(openai.RateLimitError) as caught:
        ask(model="Exhausted/exhausted-7b", stream=stream)
    assert 1 <= int(caught.value.response.headers["retry-after"]) <= 30


@pytest.mark.parametrize("stream", [False, True])
def test_every_candidate_is_down(ask, stream):
    with pytest.raises(openai.InternalServerError) as caught:
        ask(model="Down/down-7b", stream=stream)
    assert caught.value.status_code == 503


def test_a_stream_that_breaks_is_an_error_and_no_stop(client):
    stream = client.chat.completions.create(model="Cut/cut-7b", messages=FRANCE, stream=True)
    reasons = []
    with pytest.raises(openai.APIError):
        for chunk in stream:
            reasons += [choice.finish_reason for choice in chunk.choices if choice.finish_reason]
    assert reasons == []


def test_unknown_path(client):
    with pytest.raises(openai.NotFoundError):
        client.get("/no-such-thing", cast_to=object)
