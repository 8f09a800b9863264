"""Embeddings, images, speech, transcripts and moderations, and a chat that searches the web."""

import base64
import io
import math
import os

import openai
import pytest

SOUND = os.urandom(3000) + b"\r\n--boundary--\r\n" + os.urandom(3000)


def file(name="talk.mp3"):
    sound = io.BytesIO(SOUND)
    sound.name = name
    return sound


@pytest.mark.parametrize("how", [{}, {"encoding_format": "float"}, {"encoding_format": "base64"}])
def test_embeddings(client, how):
    answer = client.embeddings.create(model="meta-model", input=["Paris", "Füße 🙂", "Paris"], **how)
    assert [entry.index for entry in answer.data] == [0, 1, 2]
    if how.get("encoding_format") == "base64":
        assert [len(base64.b64decode(entry.embedding)) for entry in answer.data] == [32, 32, 32]
    else:
        first, second, third = (entry.embedding for entry in answer.data)
        assert first == third != second
        assert math.isclose(sum(number * number for number in first), 1, rel_tol=1e-5)
    assert answer.usage.prompt_tokens == answer.usage.total_tokens > 0


def test_both_forms_are_the_same_vector(client):
    default = client.embeddings.create(model="meta-model", input="Paris").data[0].embedding
    numbers = client.embeddings.create(model="meta-model", input="Paris", encoding_format="float").data[0].embedding
    assert default == pytest.approx(numbers, abs=1e-7)


def test_embeddings_of_tokens_and_shorter_ones(client):
    tokens = client.embeddings.create(model="vectors", input=[[1, 2, 3], [4]], dimensions=4)
    assert [len(entry.embedding) for entry in tokens.data] == [4, 4]


def test_embeddings_stay_in_their_family(client):
    raw = client.embeddings.with_raw_response.create(model="meta-model", input="Paris")
    assert raw.headers["x-routed-via"] == "Studio/vectors-at-studio"
    by_name = client.embeddings.with_raw_response.create(model="vectors-at-first", input="Paris")
    assert by_name.headers["x-routed-via"] == "Studio/vectors-at-studio"


def test_images(client):
    answer = client.images.generate(model="meta-model", prompt="The Seine at dawn", n=2, response_format="b64_json")
    assert [base64.b64decode(image.b64_json)[1:4] for image in answer.data] == [b"PNG", b"PNG"]
    by_url = client.images.generate(model="painter", prompt="The Seine at dawn", response_format="url")
    assert by_url.data[0].url.startswith("https://")


def test_speech(client, tmp_path):
    answer = client.audio.speech.create(model="meta-model", voice="alloy", input="Bonjour")
    assert answer.content.startswith(b"ID3") and len(answer.content) == 40_000
    with client.audio.speech.with_streaming_response.create(
        model="Studio/voice", voice="alloy", input="Bonjour", response_format="wav"
    ) as stream:
        assert stream.headers["content-type"] == "audio/wav"
        assert stream.headers["x-routed-via"] == "Studio/voice"
        stream.stream_to_file(tmp_path / "speech.wav")
    assert (tmp_path / "speech.wav").read_bytes() == answer.content


@pytest.mark.parametrize("format", ["json", "text", "srt", "vtt", "verbose_json"])
def test_transcription(client, format):
    answer = client.audio.transcriptions.create(model="meta-model", file=file(), response_format=format)
    text = answer if isinstance(answer, str) else answer.text
    assert f"Heard {len(SOUND)} bytes of talk.mp3." in text


def test_transcription_streamed(client):
    events = list(client.audio.transcriptions.create(model="meta-model", file=file(), stream=True))
    assert events[-1].type == "transcript.text.done"
    assert "".join(event.delta for event in events[:-1]).strip() == events[-1].text


def test_translation(client):
    assert client.audio.translations.create(model="ear", file=file("rede.wav")).text.endswith("rede.wav.")


def test_moderations(client):
    answer = client.moderations.create(model="meta-model", input=["hello", "kill them"])
    assert [result.flagged for result in answer.results] == [False, True]


def test_web_search(client):
    answer = client.post(
        "/chat/completions/web-search",
        body={"model": "meta-model", "messages": [{"role": "user", "content": "Capital of France?"}]},
        cast_to=openai.types.chat.ChatCompletion,
    )
    assert answer.model == "searcher" and answer.choices[0].message.content


def test_errors(client):
    with pytest.raises(openai.NotFoundError):
        client.embeddings.create(model="text-embedding-ada-002", input="Paris")
    with pytest.raises(openai.BadRequestError) as caught:
        client.embeddings.create(model="judge", input="Paris")
    assert caught.value.code == "model_not_supported"
    with pytest.raises(openai.BadRequestError) as caught:
        client.images.generate(model="meta-model", prompt="")
    assert caught.value.param == "prompt"
    with pytest.raises(openai.BadRequestError):
        client.audio.speech.create(model="meta-model", voice="", input="Bonjour")
