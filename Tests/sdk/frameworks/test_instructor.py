"""Instructor's modes on the OpenAI SDK."""

import instructor
import openai
import pydantic
import pytest

from questions import PARIS, QUESTION


class City(pydantic.BaseModel):
    """A city."""

    name: str
    inhabitants: int


class Sample(pydantic.BaseModel):
    """What the simulated model says where only its prompt tells the schema."""

    answer: str


MESSAGES = [{"role": "user", "content": "Paris as JSON."}]


def client(access, mode):
    return instructor.from_openai(openai.OpenAI(max_retries=0, **access), mode=mode)


@pytest.mark.parametrize(("mode", "kind"), [("TOOLS", City), ("JSON_SCHEMA", City), ("JSON", Sample)])
def test_structured_output(access, mode, kind):
    answer = client(access, instructor.Mode[mode]).chat.completions.create(
        model="meta-model", messages=MESSAGES, response_model=kind, max_retries=0
    )
    assert isinstance(answer, kind)


def test_structured_output_streamed(access):
    partial = client(access, instructor.Mode.TOOLS).chat.completions.create_partial(
        model="meta-model", messages=MESSAGES, response_model=City, max_retries=0
    )
    assert list(partial)[-1].inhabitants == 42


def test_text(access):
    answer = client(access, instructor.Mode.TOOLS).chat.completions.create(
        model="meta-model", messages=[{"role": "user", "content": QUESTION}], response_model=None
    )
    assert answer.choices[0].message.content == PARIS
