"""The Responses API: whole, streamed, with tools, structured, continued and kept."""

import json

import openai
import pydantic
import pytest
from openai.types.responses import ResponseStreamEvent

WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a city.",
    "strict": False,
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string", "const": "Paris"}, "days": {"type": "integer", "minimum": 3}},
        "required": ["city", "days"],
    },
}
TIME = {"type": "function", "name": "get_time", "parameters": {"type": "object", "properties": {}}}
ARGUMENTS = {"city": "Paris", "days": 3}
QUESTION = "What is the capital of France?"


def test_whole(client):
    response = client.responses.create(
        model="meta-model", input=QUESTION, instructions="Be brief.", metadata={"a": "b"}, temperature=0.2
    )
    assert response.object == "response" and response.id.startswith("resp_")
    assert response.status == "completed" and response.error is None and response.incomplete_details is None
    assert response.model == "meta-model" and response.instructions == "Be brief."
    assert response.metadata == {"a": "b"} and response.temperature == 0.2
    assert "Paris" in response.output_text
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens > 0
    assert response.usage.input_tokens_details.cached_tokens == 0
    assert response.usage.output_tokens_details.reasoning_tokens == 0
    (message,) = response.output
    assert message.type == "message" and message.role == "assistant" and message.status == "completed"


def test_messages_with_roles_and_parts(client):
    response = client.responses.create(
        model="meta-model",
        input=[
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": "Hello."},
            {"role": "assistant", "content": "Hello!"},
            {"role": "user", "content": [{"type": "input_text", "text": QUESTION}]},
        ],
    )
    assert "Paris" in response.output_text


def test_image(client):
    pixel = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    content = [{"type": "input_text", "text": "What is this?"}, {"type": "input_image", "image_url": pixel}]
    raw = client.responses.with_raw_response.create(model="meta-model", input=[{"role": "user", "content": content}])
    assert raw.headers["x-routed-via"].startswith("Seer/")
    assert raw.parse().output_text


def test_streamed(client):
    events = list(client.responses.create(model="meta-model", input=QUESTION, stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    types = [event.type for event in events]
    assert types[:4] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
    ]
    assert types[-4:] == [
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == events[-1].response.output_text and "Paris" in text
    assert len({event.item_id for event in events if hasattr(event, "item_id")}) == 1
    assert events[-1].response.usage.total_tokens > 0


@pytest.mark.parametrize("tools", [[], [WEATHER], [{"type": "custom", "name": "apply_patch"}], [{"type": "local_shell"}]])
def test_every_event_is_of_its_type(client, tools):
    """The SDK takes what it is given; held against its own types nothing may be missing or of another type."""
    for event in client.responses.create(model="meta-model", input=QUESTION, tools=tools, stream=True):
        pydantic.TypeAdapter(ResponseStreamEvent).validate_python(event.to_dict(mode="json"))


@pytest.mark.parametrize("model", ["meta-model", "Shredder/shredder-7b"])
def test_the_sdk_puts_a_stream_together(client, model):
    with client.responses.stream(model=model, input=QUESTION) as stream:
        text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        response = stream.get_final_response()
    assert response.output_text == text and response.status == "completed"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", ["meta-model", "Careless/careless-7b"])
def test_tools_round_trip(client, model, stream):
    conversation = [{"role": "user", "content": "How is the weather in Paris?"}]
    if stream:
        with client.responses.stream(model=model, input=conversation, tools=[WEATHER]) as events:
            for event in events:
                if event.type == "response.function_call_arguments.delta":
                    assert event.snapshot is not None
            response = events.get_final_response()
    else:
        response = client.responses.create(model=model, input=conversation, tools=[WEATHER])
    (call,) = response.output
    assert call.type == "function_call" and call.name == "get_weather" and call.status == "completed"
    assert json.loads(call.arguments) == ARGUMENTS
    conversation += [item.model_dump(exclude={"parsed_arguments"}) for item in response.output]
    conversation.append({"type": "function_call_output", "call_id": call.call_id, "output": "19 degrees and sun"})
    second = client.responses.create(model=model, input=conversation, tools=[WEATHER])
    assert second.output_text == "The tool said: 19 degrees and sun"


@pytest.mark.parametrize("stream", [False, True])
def test_several_tools_in_parallel(client, stream):
    arguments = {"model": "Parallel/parallel-32b", "input": "Weather and time?", "tools": [WEATHER, TIME]}
    if stream:
        with client.responses.stream(**arguments) as events:
            response = events.get_final_response()
    else:
        response = client.responses.create(**arguments)
    assert [item.name for item in response.output] == ["get_weather", "get_time"]
    assert len({item.call_id for item in response.output}) == 2


def test_tool_choice(client):
    def names(choice):
        response = client.responses.create(
            model="meta-model", input="Weather?", tools=[WEATHER, TIME, {"type": "web_search"}], tool_choice=choice
        )
        return [item.name for item in response.output if item.type == "function_call"]

    assert names({"type": "function", "name": "get_time"}) == ["get_time"]
    assert names("none") == []
    assert names({"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "get_time"}]}) == ["get_time"]


def test_freeform_tool(client):
    response = client.responses.create(
        model="meta-model", input="Patch it.", tools=[{"type": "custom", "name": "apply_patch", "description": "Edits files."}]
    )
    (call,) = response.output
    assert call.type == "custom_tool_call" and call.name == "apply_patch" and isinstance(call.input, str)
    second = client.responses.create(
        model="meta-model",
        previous_response_id=response.id,
        input=[{"type": "custom_tool_call_output", "call_id": call.call_id, "output": "patched"}],
    )
    assert second.output_text == "The tool said: patched"


class Place(pydantic.BaseModel):
    name: str
    people: int


def test_structured_output(client):
    response = client.responses.parse(model="Fencer/fencer-32b", input="Where?", text_format=Place)
    assert isinstance(response.output_parsed, Place)
    with client.responses.stream(model="Fencer/fencer-32b", input="Where?", text_format=Place) as stream:
        assert isinstance(stream.get_final_response().output_parsed, Place)


def test_json_object(client):
    response = client.responses.create(
        model="meta-model", input="Where? Answer in JSON.", text={"format": {"type": "json_object"}}
    )
    assert isinstance(json.loads(response.output_text), dict)


def test_cut_by_its_limit(client):
    response = client.responses.create(model="meta-model", input=QUESTION, max_output_tokens=2)
    assert response.status == "incomplete" and response.incomplete_details.reason == "max_output_tokens"


def test_chain_of_responses(client):
    first = client.responses.create(model="meta-model", input="Weather in Paris?", tools=[WEATHER])
    second = client.responses.create(
        model="meta-model",
        previous_response_id=first.id,
        input=[{"type": "function_call_output", "call_id": first.output[0].call_id, "output": "rain"}],
    )
    assert second.output_text == "The tool said: rain" and second.previous_response_id == first.id
    third = client.responses.create(model="meta-model", previous_response_id=second.id, input=QUESTION)
    assert "Paris" in third.output_text


def test_retrieve_and_delete(client):
    response = client.responses.create(model="meta-model", input=QUESTION)
    again = client.responses.retrieve(response.id)
    assert again.output_text == response.output_text and again.id == response.id
    items = client.responses.input_items.list(response.id)
    assert items.data[0].content[0].text == QUESTION
    with pytest.raises(openai.BadRequestError):
        client.responses.cancel(response.id)
    client.responses.delete(response.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(response.id)


def test_not_stored(client):
    response = client.responses.create(model="meta-model", input=QUESTION, store=False)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(response.id)
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model="meta-model", input="And?", previous_response_id=response.id)
    assert caught.value.code == "previous_response_not_found" and caught.value.param == "previous_response_id"


@pytest.mark.parametrize(
    "wrong, param",
    [
        ({"background": True}, "background"),
        ({"input": [{"type": "function_call_output", "call_id": "call_x", "output": "x"}]}, "input"),
        ({"extra_body": {"max_output_tokens": "many"}}, "max_output_tokens"),
        ({"tool_choice": {"type": "function", "name": "nobody"}}, "tool_choice"),
    ],
    ids=["background", "orphan output", "wrong type", "unknown tool"],
)
def test_bad_requests(client, wrong, param):
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(**{"model": "meta-model", "input": QUESTION} | wrong)
    assert caught.value.param == param and caught.value.type == "invalid_request_error"


@pytest.mark.parametrize("stream", [False, True])
def test_error_classes(client, stream):
    with pytest.raises(openai.NotFoundError) as caught:
        client.responses.create(model="no-such-model", input=QUESTION, stream=stream)
    assert caught.value.code == "model_not_found"
    with pytest.raises(openai.RateLimitError):
        client.responses.create(model="Exhausted/exhausted-7b", input=QUESTION, stream=stream)
    with pytest.raises(openai.InternalServerError):
        client.responses.create(model="Down/down-7b", input=QUESTION, stream=stream)
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="sk-wrong").responses.create(model="meta-model", input=QUESTION, stream=stream)


def test_a_stream_that_breaks_has_failed(client):
    events = list(client.responses.create(model="Cut/cut-7b", input=QUESTION, stream=True))
    assert [event.type for event in events][-2:] == ["error", "response.failed"]
    assert events[-1].response.status == "failed" and events[-1].response.error.code == "server_error"
