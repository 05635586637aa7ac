"""What is shown of a prepared request: every byte of it but for its secrets."""

from __future__ import annotations

import json

import pytest
import requests

from logos.brokers.shown_request import shown
from logos.context.redaction import MASK

SECRET = 'a1B2"c3,D4'
NAMES = ["apiKey", "X-BM-SIGN", "signature", "accessToken", "passphrase", "KC-API-PARTNER-SIGN", "authToken", "cookie"]


def request(**options):
    return requests.Request("POST", "https://me:hunter2@v.example/orders", **options).prepare()


@pytest.mark.parametrize("name", NAMES)
def test_what_may_be_secret_is_masked_wherever_it_stands(name):
    told = shown(request(headers={name: SECRET}, params={name: SECRET}, json={"a": {name: SECRET}, "side": "buy"}))

    assert told["headers"][name] == MASK
    assert told["url"] == f"https://v.example/orders?{name}={MASK}"
    assert json.loads(told["body"]) == {"a": {name: MASK}, "side": "buy"}
    assert shown(request(data={name: SECRET, "side": "buy"}))["body"] == f"{name}={MASK}&side=buy"


def test_an_order_is_shown_byte_by_byte():
    body = '{"symbol" : "KEY-USD","qty":"1.50", "client_order_id":"lg-0a1b", "type":"limit"}'

    assert shown(request(data=body))["body"] == body
    assert shown(request(data="symbol=KEYUSD&price=1.50"))["body"] == "symbol=KEYUSD&price=1.50"
