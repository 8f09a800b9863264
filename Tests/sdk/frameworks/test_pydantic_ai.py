"""Agents of Pydantic AI."""

import asyncio

import pydantic
import pytest
from pydantic_ai import Agent, NativeOutput
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from questions import PARIS, QUESTION


class City(pydantic.BaseModel):
    """A city."""

    name: str
    inhabitants: int


def run(coroutine):
    return asyncio.run(coroutine)


@pytest.fixture
def model(access):
    return lambda: OpenAIChatModel("meta-model", provider=OpenAIProvider(**access))


def test_text(model):
    async def ask():
        return await Agent(model()).run(QUESTION)

    answer = run(ask())
    assert answer.output == PARIS


def test_stream(model):
    async def ask():
        async with Agent(model()).run_stream(QUESTION) as stream:
            return [piece async for piece in stream.stream_text(delta=True)]

    assert "".join(run(ask())) == PARIS


def test_tool_round_trip(model):
    agent, asked = Agent(), []

    @agent.tool_plain
    def get_weather(city: str) -> str:
        """The weather of a city now."""
        asked.append(city)
        return f"19 degrees in {city}"

    async def ask():
        return await agent.run("What is the weather in Paris?", model=model())

    assert run(ask()).output == f"The tool said: 19 degrees in {asked[0]}"


@pytest.mark.parametrize("output", [City, NativeOutput(City)], ids=["tool", "schema"])
def test_structured_output(model, output):
    async def ask():
        return await Agent(model(), output_type=output).run("Paris as JSON.")

    assert isinstance(run(ask()).output, City)
