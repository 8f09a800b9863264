"""Images in, structured outputs out, histories that are too long."""

import json

import openai
import pydantic
import pytest

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PICTURE = [
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "What do you see?"},
            {"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}},
        ],
    }
]


class City(pydantic.BaseModel):
    name: str
    inhabitants: int
    districts: list[str]


@pytest.mark.parametrize("stream", [False, True])
def test_an_image_goes_to_a_model_that_sees(client, stream):
    raw = client.chat.completions.with_raw_response.create(model="meta-model", messages=PICTURE, stream=stream)
    assert raw.headers["x-routed-via"] == "Seer/seer-12b"
    answer = raw.parse()
    if stream:
        text = "".join(chunk.choices[0].delta.content or "" for chunk in answer if chunk.choices)
    else:
        text = answer.choices[0].message.content
    assert text == "I see 1 image."


def test_text_parts_are_text(ask):
    parts = [{"type": "text", "text": "Where is"}, {"type": "text", "text": "Paris?"}]
    completion, _ = ask(messages=[{"role": "user", "content": parts}])
    assert completion.choices[0].message.content == "Paris is the capital of France."


@pytest.mark.parametrize("model", ["meta-model", "Fencer/fencer-32b"])
def test_structured_output(client, model):
    completion = client.chat.completions.parse(
        model=model,
        messages=[{"role": "user", "content": "Paris as JSON."}],
        response_format=City,
    )
    city = completion.choices[0].message.parsed
    assert isinstance(city, City)
    assert city.inhabitants == 42


@pytest.mark.parametrize("model", ["meta-model", "Fencer/fencer-32b"])
def test_structured_output_streamed(client, model):
    messages = [{"role": "user", "content": "Paris as JSON."}]
    with client.chat.completions.stream(model=model, messages=messages, response_format=City) as stream:
        completion = stream.get_final_completion()
    assert isinstance(completion.choices[0].message.parsed, City)


@pytest.mark.parametrize("stream", [False, True])
def test_json_object_comes_without_fences(client, stream):
    answer = client.chat.completions.create(
        model="Fencer/fencer-32b",
        messages=[{"role": "user", "content": "Paris as JSON."}],
        response_format={"type": "json_object"},
        stream=stream,
    )
    if stream:
        text = "".join(chunk.choices[0].delta.content or "" for chunk in answer if chunk.choices)
    else:
        text = answer.choices[0].message.content
    assert json.loads(text) == {"answer": "sample"}


def test_a_long_history_is_fitted_to_a_small_window(ask):
    history = [{"role": "system", "content": "Be brief."}]
    for turn in range(30):
        history.append({"role": "user", "content": f"Question {turn}: where do we go on day {turn}? " * 3})
        history.append({"role": "assistant", "content": f"On day {turn} we go to the old town. " * 3})
    history.append({"role": "user", "content": "And on day 5?"})
    completion, headers = ask(model="Tiny/tiny-1b", messages=history, max_tokens=64)
    assert completion.choices[0].message.content
    assert "kept=" in headers["x-relay-context"]


def test_a_message_too_long_for_its_window(ask):
    with pytest.raises(openai.BadRequestError) as caught:
        ask("word " * 2000, model="Tiny/tiny-1b")
    assert caught.value.code == "context_length_exceeded"
    assert "maximum context length is 512 tokens" in caught.value.message
