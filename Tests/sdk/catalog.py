"""The providers behind the relay under test: which simulated behaviour each has, and how the catalog describes it.

Steady and TextOnly come first for the meta-model; the rest are there to be addressed by name, each for one habit.
None is `local`, though on loopback: all are to be treated as remote ones are.
"""


def model(name, *, type="text", scale="large", modality="text", tools=True, window=131072, **more):
    return {
        "name": name,
        "type": type,
        "scale": scale,
        "modality": modality,
        "tools": tools,
        "max_context_length": window,
        "limits": {},
        **more,
    }


def embedding(name, family):
    return model(name, type="embedding", scale="small", embedding_family=family)


# name: (behaviour, priority, models)
PROVIDERS = {
    "Steady": (
        "strict",
        1,
        [
            model("steady-70b"),
            model("steady-8b", scale="small"),
            model("coder-32b", type="coding", scale="medium"),
        ],
    ),
    "TextOnly": ("text-only", 1, [model("plain-70b", tools=False)]),
    "First": ("exhausted", 2, [model("twin"), model("twin-streamed"), embedding("vectors-at-first", "vectors")]),
    "Second": ("attentive", 3, [model("twin"), model("twin-streamed")]),
    "Studio": (
        "strict",
        3,
        [
            embedding("strange", "strange"),
            embedding("vectors-at-studio", "vectors"),
            model("painter", type="image"),
            model("voice", type="speech"),
            model("ear", type="transcription"),
            model("judge", type="moderation"),
            model("searcher", tags=["web-search"]),
        ],
    ),
    "Seer": ("attentive", 4, [model("seer-12b", modality="vision", tools=False)]),
    "Fencer": ("fenced", 9, [model("fencer-32b", scale="medium")]),
    "Parallel": ("parallel-tools", 9, [model("parallel-32b", scale="medium")]),
    "Careless": ("careless-tools", 9, [model("careless-7b", scale="small")]),
    "Unasked": ("unasked-usage", 9, [model("unasked-7b", scale="small")]),
    "Shredder": ("shredded", 9, [model("shredder-7b", scale="small")]),
    "Slow": ("slow", 9, [model("slow-7b", scale="small")]),
    "Cut": ("cut", 9, [model("cut-7b", scale="small")]),
    "Tiny": ("tiny", 9, [model("tiny-1b", scale="small", window=512)]),
    "Exhausted": ("exhausted", 9, [model("exhausted-7b", scale="small")]),
    "Down": ("down", 9, [model("down-7b", scale="small")]),
}

KEY_VARIABLE = "SIMULATED_API_KEY"
PROVIDER_KEY = "sk-of-the-provider"
# In the store, beside the other.
STORED_KEY = "sk-stored-b2f94d0c7a"
CLIENT_KEY = "sk-client-of-the-test"

MAX_BODY_BYTES = 4 * 1024 * 1024

SETTINGS = {
    "server": {"api_key": CLIENT_KEY, "max_body_bytes": MAX_BODY_BYTES},
    "routing": {"strategy": "priority", "max_quota_wait_seconds": 0},
    # Every API asks the provider that always cuts its streams; none of them is to find it left alone.
    "circuit_breaker": {"failure_threshold": 10},
}


def catalog(ports: dict[str, int]) -> dict:
    return {
        "providers": [
            {
                "name": name,
                "base_url": f"http://127.0.0.1:{ports[behavior]}/v1",
                "dialect": "openai",
                "local": False,
                "api_key_env": [KEY_VARIABLE],
                "priority": priority,
                "models": models,
            }
            for name, (behavior, priority, models) in PROVIDERS.items()
        ]
    }


def behaviors() -> list[str]:
    return sorted({behavior for behavior, _, _ in PROVIDERS.values()})
