"""Tool calls, whole, streamed and answered."""

import json

import pytest

FRANCE = [{"role": "user", "content": "How is the weather in Paris?"}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "const": "Paris"}, "days": {"type": "integer", "minimum": 3}},
            "required": ["city", "days"],
        },
    },
}
TIME = {"type": "function", "function": {"name": "get_time", "parameters": {"type": "object", "properties": {}}}}
ARGUMENTS = {"city": "Paris", "days": 3}


def streamed_calls(stream):
    """The tool calls of a stream, put together as applications do it: by `index`."""
    calls, reasons = {}, []
    for chunk in stream:
        for choice in chunk.choices:
            reasons += [choice.finish_reason] if choice.finish_reason else []
            for delta in choice.delta.tool_calls or []:
                assert isinstance(delta.index, int)
                call = calls.setdefault(delta.index, {"id": delta.id, "name": "", "arguments": ""})
                call["name"] += delta.function.name or ""
                call["arguments"] += delta.function.arguments or ""
    return calls, reasons


def test_whole(ask):
    completion, headers = ask(messages=FRANCE, tools=[WEATHER])
    assert headers["x-routed-via"].startswith("Steady/")
    assert completion.choices[0].finish_reason == "tool_calls"
    (call,) = completion.choices[0].message.tool_calls
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == ARGUMENTS
    assert call.id


@pytest.mark.parametrize("model", ["meta-model", "Careless/careless-7b"])
def test_streamed(client, model):
    calls, reasons = streamed_calls(
        client.chat.completions.create(model=model, messages=FRANCE, tools=[WEATHER], stream=True)
    )
    assert reasons == ["tool_calls"]
    assert list(calls) == [0]
    assert isinstance(calls[0]["id"], str) and calls[0]["id"]
    assert calls[0]["name"] == "get_weather"
    assert json.loads(calls[0]["arguments"]) == ARGUMENTS


@pytest.mark.parametrize("stream", [False, True])
def test_several_in_parallel(client, stream):
    answer = client.chat.completions.create(
        model="Parallel/parallel-32b", messages=FRANCE, tools=[WEATHER, TIME], stream=stream
    )
    if stream:
        names = [call["name"] for call in streamed_calls(answer)[0].values()]
    else:
        names = [call.function.name for call in answer.choices[0].message.tool_calls]
    assert names == ["get_weather", "get_time"]


def test_round_trip(ask):
    first, _ = ask(messages=FRANCE, tools=[WEATHER])
    message = first.choices[0].message
    result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "19 degrees and sun"}
    second, _ = ask(messages=[*FRANCE, message, result], tools=[WEATHER])
    assert second.choices[0].message.content == "The tool said: 19 degrees and sun"


def test_tool_choice(ask):
    chosen, _ = ask(messages=FRANCE, tools=[WEATHER, TIME], tool_choice={"type": "function", "function": {"name": "get_time"}})
    assert [call.function.name for call in chosen.choices[0].message.tool_calls] == ["get_time"]
    none, _ = ask(messages=FRANCE, tools=[WEATHER], tool_choice="none")
    assert not none.choices[0].message.tool_calls


def test_the_sdk_puts_a_stream_together(client):
    with client.chat.completions.stream(model="meta-model", messages=FRANCE, tools=[WEATHER]) as stream:
        completion = stream.get_final_completion()
    assert json.loads(completion.choices[0].message.tool_calls[0].function.arguments) == ARGUMENTS
