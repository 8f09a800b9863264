"""The official anthropic SDK against the relay: whole answers, streams, tools, counts, models and error classes."""

import anthropic
import pytest

import catalog

PARIS = "Paris is the capital of France."
FRANCE = [{"role": "user", "content": "What is the capital of France?"}]
WEATHER = {
    "name": "get_weather",
    "description": "The weather of a city.",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string", "const": "Paris"}, "days": {"type": "integer", "minimum": 3}},
        "required": ["city", "days"],
    },
}
TIME = {"name": "get_time", "input_schema": {"type": "object", "properties": {}}}
INPUT = {"city": "Paris", "days": 3}


@pytest.fixture
def claude(relay_url):
    """A client as an application makes it; the SDK appends `/v1/messages` itself."""
    base = relay_url.removesuffix("/v1")
    with anthropic.Anthropic(base_url=base, api_key=catalog.CLIENT_KEY, max_retries=0, timeout=20) as client:
        yield client


@pytest.fixture
def say(claude):
    def say(model="meta-model", messages=FRANCE, max_tokens=1000, **rest):
        return claude.messages.create(model=model, messages=messages, max_tokens=max_tokens, **rest)

    return say


def test_whole(say):
    sampling = {"temperature": 0.5, "top_p": 0.9, "top_k": 5}
    message = say(system="Be brief.", metadata={"user_id": "u1"}, stop_sequences=["\n\n\n"], extra_body=sampling)
    assert message.type == "message" and message.role == "assistant"
    assert [block.type for block in message.content] == ["text"]
    assert message.content[0].text == PARIS
    assert message.stop_reason == "end_turn" and message.stop_sequence is None
    assert message.model == "meta-model" and message.id.startswith("msg_")
    assert message.usage.input_tokens > 0 and message.usage.output_tokens == 8
    assert message._request_id


def test_bearer_token(relay_url):
    base = relay_url.removesuffix("/v1")
    with anthropic.Anthropic(base_url=base, auth_token=catalog.CLIENT_KEY, api_key=None, max_retries=0) as client:
        assert client.messages.create(model="claude-haiku-4-5", messages=FRANCE, max_tokens=9).content


@pytest.mark.parametrize("model", ["claude-sonnet-4-5-20250929", "Steady/steady-70b", "steady-8b"])
def test_model_is_the_one_asked_for(say, model):
    assert say(model=model).model == model


def test_max_tokens(say):
    assert say(max_tokens=2).stop_reason == "max_tokens"


@pytest.mark.parametrize("model", ["meta-model", "Unasked/unasked-7b", "Slow/slow-7b"])
def test_stream(claude, model):
    with claude.messages.stream(model=model, messages=FRANCE, max_tokens=1000) as stream:
        assert "".join(stream.text_stream) == PARIS
        message = stream.get_final_message()
    assert message.content[0].text == PARIS and message.stop_reason == "end_turn"
    assert message.usage.input_tokens > 0 and message.usage.output_tokens > 0


def test_raw_events(say):
    events = [event for event in say(stream=True)]
    names = [event.type for event in events]
    deltas = names.count("content_block_delta")
    assert names == [
        "message_start",
        "content_block_start",
        *["content_block_delta"] * deltas,
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert deltas > 1
    assert events[0].message.content == [] and events[0].message.stop_reason is None
    assert events[-2].usage.output_tokens == 8 and events[-2].usage.input_tokens > 0


def test_stream_cut_into_single_bytes(claude):
    with claude.messages.stream(model="Shredder/shredder-7b", messages=FRANCE, max_tokens=1000) as stream:
        assert stream.get_final_text() == "Füße, 北京, 🙂: jedes Zeichen zerschnitten."


def test_a_stream_that_is_left_early(say):
    stream = say(model="Slow/slow-7b", stream=True)
    next(iter(stream))
    stream.close()
    assert say().content[0].text == PARIS


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("model", ["Steady/steady-70b", "Careless/careless-7b"])
def test_tools_round_trip(claude, say, streamed, model):
    question = [{"role": "user", "content": "How is the weather in Paris?"}]
    if streamed:
        with claude.messages.stream(model=model, messages=question, max_tokens=1000, tools=[WEATHER]) as stream:
            message = stream.get_final_message()
    else:
        message = say(model=model, messages=question, tools=[WEATHER])
    assert message.stop_reason == "tool_use"
    (call,) = [block for block in message.content if block.type == "tool_use"]
    assert call.name == "get_weather" and call.input == INPUT and call.id

    result = {"type": "tool_result", "tool_use_id": call.id, "content": [{"type": "text", "text": "Sunny."}]}
    history = [*question, {"role": "assistant", "content": message.content}, {"role": "user", "content": [result]}]
    end = say(model=model, messages=history, tools=[WEATHER])
    assert end.content[0].text == "The tool said: Sunny." and end.stop_reason == "end_turn"


@pytest.mark.parametrize("streamed", [False, True])
def test_parallel_tools(claude, say, streamed):
    arguments = dict(model="Parallel/parallel-32b", messages=FRANCE, max_tokens=1000, tools=[WEATHER, TIME])
    if streamed:
        with claude.messages.stream(**arguments) as stream:
            message = stream.get_final_message()
    else:
        message = say(**arguments)
    assert [(block.name, block.input) for block in message.content] == [("get_weather", INPUT), ("get_time", {})]


@pytest.mark.parametrize(
    "choice", [{"type": "auto"}, {"type": "any"}, {"type": "tool", "name": "get_time"}, {"type": "none"}]
)
def test_tool_choices(say, choice):
    message = say(tools=[WEATHER, TIME], tool_choice=choice)
    if choice["type"] == "none":
        assert message.stop_reason == "end_turn"
    else:
        assert message.content[0].name == choice.get("name", "get_weather")


def test_image(say):
    source = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
    content = [{"type": "image", "source": source}, {"type": "text", "text": "What is it?"}]
    assert say(messages=[{"role": "user", "content": content}]).content


def test_structured_output(say):
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    }
    message = say(model="Fencer/fencer-32b", output_config={"format": {"type": "json_schema", "schema": schema}})
    assert message.content[0].text.startswith("{") and message.content[0].text.endswith("}")


def test_count_tokens(claude):
    few = claude.messages.count_tokens(model="meta-model", messages=FRANCE)
    more = claude.messages.count_tokens(model="meta-model", messages=FRANCE, system="Be brief.", tools=[WEATHER])
    assert 5 < few.input_tokens < more.input_tokens < 200


def test_models(claude):
    models = list(claude.models.list(limit=3))
    assert models[0].id == "meta-model" and all(model.type == "model" for model in models)
    assert len(models) == len({model.id for model in models}) > 10
    assert claude.models.retrieve("Steady/steady-70b").display_name == "Steady/steady-70b"
    with pytest.raises(anthropic.NotFoundError):
        claude.models.retrieve("no-such-model")


# Errors


def failure(say, error, type, **arguments):
    with pytest.raises(error) as caught:
        say(**arguments)
    assert caught.value.type == type
    assert caught.value.request_id
    return caught.value


@pytest.mark.parametrize(
    "wrong",
    [
        {"messages": []},
        {"messages": [{"role": "wizard", "content": "x"}]},
        {"max_tokens": -1},
        {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t"}]}]},
        {"extra_body": {"model_type": "no-such-type"}},
    ],
    ids=["no messages", "unknown role", "negative", "orphan result", "filter without match"],
)
@pytest.mark.parametrize("stream", [False, True])
def test_bad_requests(say, wrong, stream):
    failure(say, anthropic.BadRequestError, "invalid_request_error", stream=stream, **wrong)


def test_wrong_key(claude):
    def say():
        claude.with_options(api_key="sk-wrong").messages.create(model="meta-model", messages=FRANCE, max_tokens=9)

    failure(say, anthropic.AuthenticationError, "authentication_error")


def test_unknown_model(say):
    failure(say, anthropic.NotFoundError, "not_found_error", model="no-such-model")


def test_too_many_bytes(say):
    long = [{"role": "user", "content": "x" * (catalog.MAX_BODY_BYTES + 1)}]
    with pytest.raises(anthropic.APIStatusError) as caught:
        say(messages=long)
    assert caught.value.status_code == 413 and caught.value.body["error"]["type"] == "request_too_large"


def test_too_many_tokens(say):
    error = failure(say, anthropic.BadRequestError, "invalid_request_error", model="Tiny/tiny-1b", system="word " * 3000)
    assert "prompt is too long" in error.message and " tokens > " in error.message


@pytest.mark.parametrize("stream", [False, True])
def test_exhausted(say, stream):
    error = failure(say, anthropic.RateLimitError, "rate_limit_error", model="Exhausted/exhausted-7b", stream=stream)
    assert 1 <= int(error.response.headers["retry-after"]) <= 30


@pytest.mark.parametrize("stream", [False, True])
def test_down(say, stream):
    error = failure(say, anthropic.InternalServerError, "overloaded_error", model="Down/down-7b", stream=stream)
    assert error.status_code == 529


def test_a_stream_that_breaks(claude):
    events = []
    with pytest.raises(anthropic.APIStatusError):
        for event in claude.messages.create(model="Cut/cut-7b", messages=FRANCE, max_tokens=99, stream=True):
            events.append(event.type)
    assert "message_stop" not in events and "message_delta" not in events
