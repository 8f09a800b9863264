"""LangChain's ChatOpenAI."""

import pydantic
import pytest
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

from questions import PARIS, QUESTION


class City(pydantic.BaseModel):
    """A city."""

    name: str
    inhabitants: int


@tool
def get_weather(city: str) -> str:
    """The weather of a city now."""
    return f"19 degrees in {city}"


@pytest.fixture
def model(access):
    return ChatOpenAI(model="meta-model", max_retries=0, **access)


def test_text(model):
    answer = model.invoke(QUESTION)
    assert answer.content == PARIS
    assert answer.usage_metadata["total_tokens"] > 0


def test_stream(model):
    chunks = list(model.stream(QUESTION, stream_usage=True))
    assert "".join(chunk.content for chunk in chunks) == PARIS
    assert sum(1 for chunk in chunks if chunk.usage_metadata) == 1


def test_tool_round_trip(model):
    bound = model.bind_tools([get_weather])
    history = [HumanMessage("What is the weather in Paris?")]
    asked = bound.invoke(history)
    assert [call["name"] for call in asked.tool_calls] == ["get_weather"]
    history.append(asked)
    for call in asked.tool_calls:
        history.append(ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"]))
    assert bound.invoke(history).content.startswith("The tool said: 19 degrees in ")


def test_streamed_tool_calls_add_up(model):
    whole = None
    for chunk in model.bind_tools([get_weather]).stream("What is the weather in Paris?"):
        whole = chunk if whole is None else whole + chunk
    assert [call["name"] for call in whole.tool_calls] == ["get_weather"]


@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
def test_structured_output(model, method):
    assert isinstance(model.with_structured_output(City, method=method).invoke("Paris as JSON."), City)


def test_embeddings(access):
    vectors = OpenAIEmbeddings(model="vectors", check_embedding_ctx_length=False, **access)
    first, second = vectors.embed_documents(["Paris", "Rome"])
    assert len(first) == 8 and first != second and vectors.embed_query("Paris") == first
