"""What every framework is given: the relay's address, a key and the meta-model."""

import os

import pytest

import catalog

# Neither looks for prices nor for anything else on the network.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")


@pytest.fixture
def access(relay_url):
    return {"base_url": relay_url, "api_key": catalog.CLIENT_KEY}
