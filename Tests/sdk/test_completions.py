"""The older Completions API."""

import openai
import pytest


def test_whole(client):
    completion = client.completions.create(model="meta-model", prompt="What is the capital of France?", max_tokens=50)
    assert completion.object == "text_completion" and completion.id.startswith("cmpl-")
    (choice,) = completion.choices
    assert "Paris" in choice.text and choice.finish_reason == "stop" and choice.index == 0
    assert completion.usage.total_tokens > 0


def test_streamed(client):
    stream = client.completions.create(
        model="meta-model", prompt="The capital of France?", stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    assert "Paris" in "".join(choice.text for chunk in chunks for choice in chunk.choices)
    reasons = [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason]
    assert reasons == ["stop"]
    assert [chunk.usage.total_tokens > 0 for chunk in chunks if chunk.usage] == [True]


def test_echo_and_several_choices(client):
    completion = client.completions.create(model="meta-model", prompt="Say: ", echo=True, n=2)
    assert [choice.index for choice in completion.choices] == [0, 1]
    assert all(choice.text.startswith("Say: ") and len(choice.text) > 5 for choice in completion.choices)


@pytest.mark.parametrize(
    "wrong, param",
    [
        ({"prompt": ["a", "b"]}, "prompt"),
        ({"prompt": [1, 2]}, "prompt"),
        ({"suffix": "end"}, "suffix"),
        ({"logprobs": 3}, "logprobs"),
        ({"best_of": 4}, "best_of"),
    ],
)
def test_bad_requests(client, wrong, param):
    with pytest.raises(openai.BadRequestError) as caught:
        client.completions.create(**{"model": "meta-model", "prompt": "x"} | wrong)
    assert caught.value.param == param


def test_a_stream_that_breaks_is_an_error(client):
    with pytest.raises(openai.APIError):
        list(client.completions.create(model="Cut/cut-7b", prompt="x", stream=True))
