"""LlamaIndex's OpenAILike."""

import pydantic
import pytest
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai_like import OpenAILike

from questions import PARIS, QUESTION


class City(pydantic.BaseModel):
    """A city."""

    name: str
    inhabitants: int


def get_weather(city: str) -> str:
    """The weather of a city now."""
    return f"19 degrees in {city}"


@pytest.fixture
def model(access):
    return OpenAILike(
        model="meta-model",
        api_base=access["base_url"],
        api_key=access["api_key"],
        is_chat_model=True,
        is_function_calling_model=True,
        max_retries=0,
    )


def test_text(model):
    assert model.complete(QUESTION).text == PARIS
    assert model.chat([ChatMessage(role="user", content=QUESTION)]).message.content == PARIS


def test_stream(model):
    chunks = list(model.stream_chat([ChatMessage(role="user", content=QUESTION)]))
    assert "".join(chunk.delta or "" for chunk in chunks) == PARIS


def test_tool_round_trip(model):
    weather = FunctionTool.from_defaults(get_weather)
    answer = model.predict_and_call([weather], "What is the weather in Paris?")
    assert str(answer).startswith("19 degrees in ")


def test_structured_output(model):
    city = model.as_structured_llm(City).complete("Paris as JSON.").raw
    assert isinstance(city, City)
