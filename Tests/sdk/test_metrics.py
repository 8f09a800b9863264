"""What Prometheus reads, by its own parser."""

import urllib.request

from prometheus_client.parser import text_string_to_metric_families

import catalog


def test_metrics_are_what_prometheus_reads(relay_url, client):
    ask = [{"role": "user", "content": "Where is Paris?"}]
    assert client.chat.completions.create(model="meta-model", messages=ask).choices
    url = relay_url.removesuffix("/v1") + "/metrics"
    request = urllib.request.Request(url, headers={"authorization": f"Bearer {catalog.CLIENT_KEY}"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        text = answer.read().decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert len(families) == text.count("# TYPE ")
    assert {family.type for family in families.values()} == {"counter", "gauge", "histogram"}
    requests = {tuple(sorted(sample.labels.items())): sample.value for sample in families["relay_requests"].samples}
    assert requests[(("status", "2xx"), ("wire", "chat"))] >= 1
    overhead = families["relay_overhead_seconds"].samples
    buckets = [sample.value for sample in overhead if sample.name.endswith("_bucket")]
    assert buckets == sorted(buckets)
    assert buckets[-1] == next(sample.value for sample in overhead if sample.name.endswith("_count"))
