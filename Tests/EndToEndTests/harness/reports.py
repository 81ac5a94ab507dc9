"""`/metrics` and `/status` as real parsers read them."""

import json

from prometheus_client.parser import text_string_to_metric_families

import probing


def metrics(box):
    """Every sample as (name, labels) -> value; the parser refuses what is no exposition format."""
    answer = probing.get(box, "/metrics")
    assert answer.status == 200
    assert answer.fields["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    samples = {}
    for family in text_string_to_metric_families(answer.text):
        assert family.documentation and family.type in ("gauge", "counter"), family
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in samples, key
            samples[key] = sample.value
            assert sample.name.startswith("drainit_")
            assert (family.type == "counter") == sample.name.endswith("_total")
    return samples


def value(box, name, **labels):
    return metrics(box)[(name, tuple(sorted(labels.items())))]


def status(box):
    answer = probing.get(box, "/status")
    assert answer.status == 200
    assert answer.fields["content-type"] == "application/json"
    return json.loads(answer.body)
