"""LiteLLM as a client, which calls Relay an OpenAI-compatible provider."""

import json

import litellm
import pydantic
import pytest

from questions import PARIS, QUESTION


class City(pydantic.BaseModel):
    """A city."""

    name: str
    inhabitants: int


WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city now.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.fixture
def ask(access):
    def ask(question=QUESTION, **more):
        messages = more.pop("messages", [{"role": "user", "content": question}])
        return litellm.completion(model="openai/meta-model", messages=messages, num_retries=0, **access, **more)

    return ask


def test_text(ask):
    answer = ask()
    assert answer.choices[0].message.content == PARIS and answer.usage.total_tokens > 0


def test_stream(ask):
    chunks = list(ask(stream=True, stream_options={"include_usage": True}))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == PARIS


def test_tool_round_trip(ask):
    history = [{"role": "user", "content": "What is the weather in Paris?"}]
    asked = ask(messages=history, tools=[WEATHER]).choices[0].message
    [call] = asked.tool_calls
    assert call.function.name == "get_weather" and "city" in json.loads(call.function.arguments)
    history += [asked.model_dump(), {"role": "tool", "tool_call_id": call.id, "content": "19 degrees"}]
    assert ask(messages=history, tools=[WEATHER]).choices[0].message.content == "The tool said: 19 degrees"


def test_structured_output(ask):
    answer = ask("Paris as JSON.", response_format=City)
    assert City.model_validate_json(answer.choices[0].message.content)


def test_embeddings(access):
    answer = litellm.embedding(
        model="openai/vectors", input=["Paris", "Rome"], api_base=access["base_url"], api_key=access["api_key"]
    )
    assert [len(entry["embedding"]) for entry in answer.data] == [8, 8]


def test_errors(access):
    with pytest.raises(litellm.NotFoundError):
        litellm.completion(
            model="openai/nobody", messages=[{"role": "user", "content": "hi"}], num_retries=0, **access
        )
