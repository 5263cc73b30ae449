"""Makes generated calls worth answering: fresh keys, things that exist, sessions that are open.

Every second call goes out as it was generated. Which one is decided by a counter, so that a run
can be repeated.
"""

import itertools
import json
import os
import urllib.request

import schemathesis

DEMO = json.loads(os.environ["DEMO"])
VERSION = os.environ["ACP_VERSION"]
COUNT = itertools.count()
TOKENS = itertools.cycle(DEMO["payment_tokens"]["ok"] + DEMO["payment_tokens"]["declined"])
ITEMS = itertools.cycle([item["id"] for item in DEMO["items"] if item["kind"] in ("simple", "virtual")])
BUYER = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"}
ADDRESS = {
    "name": "Ada Lovelace",
    "line_one": "1234 Chat Road",
    "city": "San Francisco",
    "state": "CA",
    "country": "US",
    "postal_code": "94131",
}


def post(path, body):
    request = urllib.request.Request(
        f"{DEMO['base_url']}/api{path}",
        data=json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {DEMO['token']}",
            "API-Version": "2026-04-17",
            "Content-Type": "application/json",
            "Idempotency-Key": f"setup-{VERSION}-{next(COUNT)}",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def open_one(kind):
    """A session that can be paid, or a cart."""
    items = [{"id": next(ITEMS), "quantity": 1}]
    if kind == "carts":
        return post("/carts", {"line_items": items})["id"]
    return post(
        "/checkout_sessions",
        {
            "currency": "usd",
            "capabilities": {},
            "line_items": items,
            "buyer": BUYER,
            "fulfillment_details": {"address": ADDRESS},
        },
    )["id"]


IDS = {kind: [open_one(kind) for _ in range(6)] for kind in ("checkout_sessions", "carts")}


@schemathesis.hook
def before_call(context, case, kwargs):
    number = next(COUNT)
    for name in [name for name, value in case.headers.items() if not is_http(value)]:
        del case.headers[name]
    if case.method.upper() in ("POST", "PUT"):
        case.headers["Idempotency-Key"] = f"generated-{VERSION}-{number}"
    if number % 2:
        return
    for name in case.path_parameters or {}:
        ids = IDS["carts" if "/carts" in case.path else "checkout_sessions"]
        case.path_parameters[name] = ids[number // 2 % len(ids)]
    body = case.body
    if not isinstance(body, dict):
        return
    for member in ("line_items", "items"):
        for item in body.get(member) if isinstance(body.get(member), list) else []:
            if isinstance(item, dict):
                item["id"] = next(ITEMS)
    if "payment_data" in body:
        body["payment_data"] = payment()


def is_http(value):
    """No control characters: what breaks HTTP itself never reaches the service."""
    return all(" " <= character != "\x7f" for character in str(value))


def payment():
    token = next(TOKENS)
    if VERSION < "2026-01-30":
        return {"token": token, "provider": "stripe"}
    credential = {"type": "spt", "token": token}
    instrument = {"type": "card", "credential": credential}
    return {"handler_id": "card_tokenized", "instrument": instrument}
