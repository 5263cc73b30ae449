"""Drives the emulated Stripe with Stripe's own SDK and judges what comes back.

judge.py EMULATOR: starts the emulator, and prints `N passed, 0 failed` or what failed.
"""

import http.server
import json
import queue
import subprocess
import sys
import threading
import time
import traceback
import urllib.request

import stripe
from typed import problems

# A second in the emulator is a second here, but for what `hand("clock")` adds.
PATIENCE = 10

passed, failed = 0, []


def check(name, fine, seen=""):
    global passed
    if fine:
        passed += 1
    else:
        failed.append(f"{name}: {seen}" if seen else name)


def equal(name, seen, wanted):
    check(name, seen == wanted, f"{seen} instead of {wanted}")


def typed(name, thing, cls=None):
    """The thing has every member its class has, and no other, each of its type."""
    found = problems(thing.to_dict(), cls or type(thing))
    check(f"{name} is what the SDK's types say", not found, found)
    return thing


def refused(name, kind, call, *args, **kwargs):
    """The call raises exactly that exception, which is answered."""
    try:
        call(*args, **kwargs)
    except stripe.StripeError as error:
        check(f"{name} raises {kind.__name__}", type(error) is kind, f"{type(error).__name__}: {error}")
        return error
    check(f"{name} raises {kind.__name__}", False, "no exception")
    return stripe.StripeError()


class Inbox:
    """A server that keeps what is posted to it, and answers 500 as often as it is told to."""

    def __init__(self):
        self.letters, self.failures = queue.Queue(), 0
        inbox = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                inbox.letters.put((self.headers["stripe-signature"], body))
                fails = inbox.failures > 0
                inbox.failures -= 1 if fails else 0
                self.send_response(500 if fails else 200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_port}/hooks"

    def events(self, secret, count, tolerance=300):
        """So many letters, each verified by the SDK."""
        found = []
        for _ in range(count):
            signature, body = self.letters.get(timeout=PATIENCE)
            found.append(stripe.Webhook.construct_event(body, signature, secret, tolerance=tolerance))
        return found


class Judge:
    def __init__(self, about):
        self.about = about
        self.client = self.with_key(about["secret_key"])
        self.v1 = self.client.v1

    def with_key(self, key, retries=0):
        return stripe.StripeClient(key, base_addresses={"api": self.about["url"]}, max_network_retries=retries)

    def hand(self, what, **ask):
        """What a test in the emulator's process does by calling."""
        request = urllib.request.Request(
            f"{self.about['url']}/_emulator/{what}", json.dumps(ask).encode(), method="POST"
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def token(self, card="pm_card_visa", amount=5000, currency="usd"):
        limits = {"currency": currency, "max_amount": amount}
        tokens = self.v1.test_helpers.shared_payment.granted_tokens
        return tokens.create({"payment_method": card, "usage_limits": limits}).id

    def open(self, key=None, **more):
        wanted = {
            "amount": 5000,
            "currency": "usd",
            "capture_method": "manual",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        } | more
        options = {"idempotency_key": key} if key else {}
        return self.v1.payment_intents.create(wanted, options)

    def confirm(self, intent, token, key=None, **more):
        pays = {"payment_method_data": {"shared_payment_granted_token": token}} | more
        options = {"idempotency_key": key} if key else {}
        return self.v1.payment_intents.confirm(intent, pays, options)

    def held(self, card="pm_card_visa", **more):
        return self.confirm(self.open(**more).id, self.token(card))

    def paid(self, card="pm_card_visa", **more):
        return self.v1.payment_intents.capture(self.held(card, **more).id)

    # --- what is judged, one story each

    def account_and_keys(self):
        typed("the account", self.v1.accounts.retrieve_current())
        error = refused("a wrong key", stripe.AuthenticationError, self.with_key("sk_test_no").v1.accounts.retrieve_current)
        equal("a wrong key is a 401", error.http_status, 401)
        other = {"stripe_account": "acct_somebody"}
        refused("another account", stripe.PermissionError, self.v1.payment_intents.list, {}, other)

    def payments(self):
        intents = self.v1.payment_intents
        opened = typed("a new payment", self.open(metadata={"acp_session": "s1"}, description="One thing"))
        equal("it waits for a payment method", opened.status, "requires_payment_method")
        updated = intents.update(opened.id, {"amount": 4000, "metadata": {"more": "yes"}})
        equal("it costs less now", (updated.amount, dict(updated.metadata.to_dict())), (4000, {"acp_session": "s1", "more": "yes"}))
        token = self.token()
        held = typed("a held payment", self.confirm(opened.id, token))
        equal("the money is held", (held.status, held.amount_capturable), ("requires_capture", 4000))
        refused("a second confirmation", stripe.InvalidRequestError, self.confirm, opened.id, self.token())
        reference = {"amount_to_capture": 3000, "metadata": {"order_id": "17"}, "payment_details": {"order_reference": "17"}}
        taken = typed("a captured payment", intents.capture(opened.id, reference))
        equal("part of it was taken", (taken.status, taken.amount_received, taken.metadata["order_id"]), ("succeeded", 3000, "17"))
        error = refused("a cancellation of it", stripe.InvalidRequestError, intents.cancel, opened.id)
        equal("the refusal names the state", (error.code, error.error.payment_intent.status), ("payment_intent_unexpected_state", "succeeded"))
        read = intents.retrieve(opened.id, {"expand": ["latest_charge"]})
        charge = typed("its charge", read.latest_charge)
        equal("the charge says so too", (charge.amount_captured, charge.captured, charge.paid), (3000, True, True))
        equal("the charge is listed", [c.id for c in self.v1.charges.list({"payment_intent": opened.id})], [charge.id])
        typed("a charge that is changed", self.v1.charges.update(charge.id, {"metadata": {"seen": "yes"}}))

        gone = self.held()
        canceled = typed("a canceled payment", intents.cancel(gone.id, {"cancellation_reason": "abandoned"}))
        equal("the hold is gone", (canceled.status, canceled.amount_capturable), ("canceled", 0))
        error = refused("a capture of it", stripe.InvalidRequestError, intents.capture, gone.id)
        equal("it says why", error.code, "payment_intent_unexpected_state")
        refused("an unknown payment", stripe.InvalidRequestError, intents.retrieve, "pi_none")
        error = refused("a misspelt parameter", stripe.InvalidRequestError, intents.create, {"amount": 5000, "currency": "usd", "colour": "red"})
        equal("it is named", (error.code, error.param), ("parameter_unknown", "colour"))

    def lists_and_search(self):
        intents = self.v1.payment_intents
        made = [self.open(metadata={"acp_bridge": "shop"}).id for _ in range(5)]
        page = intents.list({"limit": 2})
        equal("the newest come first", ([i.id for i in page], page.has_more), ([made[4], made[3]], True))
        walked = [i.id for i, _ in zip(page.auto_paging_iter(), range(5))]
        equal("the SDK walks the pages", walked, list(reversed(made)))
        back = intents.list({"limit": 2, "ending_before": made[1]})
        equal("and back", [i.id for i in back], [made[3], made[2]])
        query = {"query": "metadata['acp_bridge']:'shop' AND status:'requires_payment_method'", "limit": 3}
        equal("search does not know them yet", [i.id for i in intents.search(query)], [])
        self.hand("clock", ahead=61)
        found = intents.search(query)
        equal("a minute later it does", [i.id for i in found], list(reversed(made))[:3])
        equal("the SDK walks its pages", len(list(found.auto_paging_iter())), 5)
        intents.cancel(made[0])
        stale = [i.status for i in intents.search(query).auto_paging_iter() if i.id == made[0]]
        equal("search shows what was", stale, ["requires_payment_method"])
        refused("a query that is none", stripe.InvalidRequestError, intents.search, {"query": "something"})

    def declines(self):
        for card, code, reason in [
            ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
            ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
            ("pm_card_chargeDeclinedLostCard", "card_declined", "lost_card"),
            ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
            ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
            ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
        ]:
            intent = self.open()
            error = refused(card, stripe.CardError, self.confirm, intent.id, self.token(card))
            equal(f"{card} is told", (error.http_status, error.code, error.error.decline_code), (402, code, reason))
            nested = typed(f"the payment inside {card}", error.error.payment_intent)
            equal(f"{card} leaves it open", nested.status, "requires_payment_method")
        again = self.confirm(intent.id, self.token())
        equal("another card pays", again.status, "requires_capture")

    def authentication(self):
        card = "pm_card_authenticationRequired"
        error = refused("3DS that nobody can do", stripe.CardError, self.confirm, self.open().id, self.token(card), error_on_requires_action=True)
        equal("it says so", error.code, "authentication_required")
        waiting = typed("a payment that waits for the buyer", self.confirm(self.open().id, self.token(card)))
        equal("it waits", (waiting.status, waiting.next_action.type), ("requires_action", "use_stripe_sdk"))
        self.hand("authenticate", id=waiting.id, proved=True)
        equal("the buyer came back", self.v1.payment_intents.retrieve(waiting.id).status, "requires_capture")

    def tokens(self):
        granted = self.v1.shared_payment.granted_tokens
        helpers = self.v1.test_helpers.shared_payment.granted_tokens
        token = self.token(amount=6000)
        typed("a granted token", granted.retrieve(token))
        self.confirm(self.open().id, token)
        equal("holding uses it up", granted.retrieve(token).deactivated_reason, "consumed")
        for name, token, amount in [
            ("a spent token", token, 5000),
            ("one that allows less", self.token(amount=4999), 5000),
            ("one in another currency", self.token(currency="eur"), 5000),
        ]:
            error = refused(name, stripe.InvalidRequestError, self.confirm, self.open(amount=amount).id, token)
            equal(f"{name}: no code", (error.http_status, error.code), (400, None))
        revoked = typed("a revoked token", helpers.revoke(self.token()))
        equal("it says so", revoked.deactivated_reason, "revoked")
        refused("a revoked token", stripe.InvalidRequestError, self.confirm, self.open().id, revoked.id)
        for audience in ["other_seller", "live_mode"]:
            token = self.hand("grant", payment_method="pm_card_visa", amount=5000, currency="usd", audience=audience)["id"]
            error = refused(f"a token of {audience}", stripe.InvalidRequestError, self.confirm, self.open().id, token)
            equal(f"{audience}: it does not exist", error.code, "resource_missing")
        refused("a token as a payment method", stripe.InvalidRequestError, self.v1.payment_intents.confirm, self.open().id, {"payment_method": self.token()})
        one = self.open(confirm=True, payment_method_data={"shared_payment_granted_token": self.token()})
        equal("one call creates and confirms", one.status, "requires_capture")

    def idempotency(self):
        first = self.open(key="open-1", metadata={"acp_session": "once"})
        again = self.open(key="open-1", metadata={"acp_session": "once"})
        equal("a key makes one payment", first.id, again.id)
        equal("the answer says it is an old one", again.last_response.headers.get("idempotent-replayed"), "true")
        refused("a key for other parameters", stripe.IdempotencyError, self.open, key="open-1")
        intent, token = self.open().id, self.token("pm_card_visa_chargeDeclined")
        for _ in range(2):
            refused("a decline and its replay", stripe.CardError, self.confirm, intent, token, key="conf-1")
        charges = self.v1.charges.list({"payment_intent": intent})
        equal("the bank was asked once", len(charges.data), 1)

        self.hand("mishap", method="POST", path="/v1/payment_intents", kind="broken")
        for _ in range(2):
            error = refused("a stored 500 and its replay", stripe.APIError, self.open, key="open-2")
            equal("nobody should repeat it", error.headers["stripe-should-retry"], "false")
        equal("another key works", self.open(key="open-3").status, "requires_payment_method")

        self.hand("mishap", method="POST", path="/v1/payment_intents", kind="slow", delay_ms=1500)
        outcomes = queue.Queue()

        def one_of_two():
            try:
                outcomes.put((self.open(key="open-4").last_response.code, None))
            except stripe.StripeError as error:
                outcomes.put((error.http_status, error.error.code))

        for _ in range(2):
            threading.Thread(target=one_of_two).start()
        seen = sorted((outcomes.get(timeout=PATIENCE) for _ in range(2)), key=lambda each: each[0])
        equal("two calls at once with one key", seen, [(200, None), (409, "idempotency_key_in_use")])
        equal("it is free afterwards", self.open(key="open-4").last_response.headers.get("idempotent-replayed"), "true")

        before = len(self.hand("ledger")["payments"])
        self.hand("fault", method="POST", path="/v1/payment_intents", kind="drop_after")
        twice = self.with_key(self.about["secret_key"], retries=2).v1.payment_intents
        made = twice.create({"amount": 5000, "currency": "usd"})
        equal("the SDK's own retry makes one payment", len(self.hand("ledger")["payments"]), before + 1)
        check("and hears of it", made.id.startswith("pi_"))
        self.hand("clock", ahead=24 * 3600)
        check("a day later the key is new", self.open(key="open-1").id != first.id)

    def faults(self):
        create = {"method": "POST", "path": "/v1/payment_intents"}
        self.hand("mishap", **create, kind="rate_limited", should_retry=True)
        error = refused("too many calls", stripe.RateLimitError, self.open)
        equal("it says what to do", (error.error.code, error.headers["stripe-should-retry"]), ("rate_limit", "true"))
        self.hand("mishap", **create, kind="rate_limited")
        error = refused("too many calls", stripe.RateLimitError, self.open)
        check("or does not", "stripe-should-retry" not in error.headers)
        self.hand("mishap", method="POST", path="/v1/payment_intents/{}/capture", kind="locked")
        error = refused("a locked payment", stripe.RateLimitError, self.v1.payment_intents.capture, self.held().id)
        equal("it says so", error.error.code, "lock_timeout")
        self.hand("mishap", **create, kind="unavailable")
        refused("a 500", stripe.APIError, self.open, key="free")
        equal("its key is free", self.open(key="free").last_response.headers.get("idempotent-replayed"), None)
        for kind in ["html", "half_json"]:
            self.hand("fault", **create, kind=kind, status=502)
            refused(f"an answer of {kind}", stripe.APIError, self.open)
        for kind in ["drop_before", "truncated"]:
            self.hand("fault", **create, kind=kind)
            refused(f"a connection with {kind}", stripe.APIConnectionError, self.open)
        self.hand("fault", **create, kind="trickle", delay_ms=10)
        equal("a trickle arrives", self.open().status, "requires_payment_method")

    def refunds(self):
        refunds = self.v1.refunds
        paid = self.paid()
        part = typed("a refund", refunds.create({"payment_intent": paid.id, "amount": 2000, "metadata": {"acp_origin": "store"}, "reason": "requested_by_customer"}))
        equal("it is done", (part.status, part.amount), ("succeeded", 2000))
        refused("more than was taken", stripe.InvalidRequestError, refunds.create, {"payment_intent": paid.id, "amount": 3001})
        rest = self.hand("refund", id=paid.id)
        listed = refunds.list({"payment_intent": paid.id})
        equal("the dashboard's is listed too", [(r.id, r.amount) for r in listed], [(rest["id"], 3000), (part.id, 2000)])
        equal("it has no mark of ours", listed.data[0].metadata.to_dict(), {})
        error = refused("a refund of nothing", stripe.InvalidRequestError, refunds.create, {"payment_intent": paid.id})
        equal("it says why", error.code, "charge_already_refunded")
        typed("a refund that is changed", refunds.update(part.id, {"metadata": {"store_refund_id": "9"}}))
        refused("a refund that is over", stripe.InvalidRequestError, refunds.cancel, part.id)

        late = refunds.create({"payment_intent": self.paid("pm_card_pendingRefund").id})
        equal("a refund may be late", late.status, "pending")
        never = refunds.create({"payment_intent": self.paid("pm_card_refundFail").id})
        self.hand("clock", ahead=61)
        equal("then it arrives", refunds.retrieve(late.id).status, "succeeded")
        failed = typed("a failed refund", refunds.retrieve(never.id))
        equal("or comes back", (failed.status, failed.failure_reason), ("failed", "lost_or_stolen_card"))

    def disputes(self):
        disputes = self.v1.disputes
        paid = self.paid("pm_card_createDispute")
        equal("nobody complains yet", len(disputes.list({"payment_intent": paid.id}).data), 0)
        self.hand("clock", ahead=61)
        found = disputes.list({"payment_intent": paid.id}).data
        equal("then somebody does", [d.status for d in found], ["needs_response"])
        dispute = typed("a dispute", found[0])
        equal("the money is gone", [t.net for t in dispute.balance_transactions], [-6500])
        check("the charge says so", self.v1.charges.retrieve(dispute.charge).disputed)
        error = refused("a refund of it", stripe.InvalidRequestError, self.v1.refunds.create, {"payment_intent": paid.id})
        equal("it says why", error.code, "charge_disputed")
        disputes.update(dispute.id, {"evidence": {"uncategorized_text": "winning_evidence"}})
        self.hand("clock", ahead=61)
        won = typed("a dispute that is won", disputes.retrieve(dispute.id))
        equal("the money is back", (won.status, sum(t.amount for t in won.balance_transactions)), ("won", 0))

        asked = self.paid("pm_card_createDisputeInquiry")
        self.hand("clock", ahead=61)
        inquiry = typed("an inquiry", disputes.list({"payment_intent": asked.id}).data[0])
        equal("it takes no money", (inquiry.status, inquiry.balance_transactions), ("warning_needs_response", []))
        by_test = self.hand("dispute", id=self.paid().id, reason="product_not_received")["id"]
        equal("a seller may give in", disputes.close(by_test).status, "lost")

    def events(self):
        events = self.v1.events
        paid = self.paid(metadata={"acp_session": "events"})
        mine = [e for e in events.list({"limit": 20}).data if paid.id in json.dumps(e.to_dict())]
        equal(
            "a purchase is told in five events",
            sorted(e.type for e in mine),
            ["charge.captured", "charge.succeeded", "payment_intent.amount_capturable_updated", "payment_intent.created", "payment_intent.succeeded"]
        )
        for event in mine:
            typed(f"the event {event.type}", event, stripe.Event)
        succeeded = events.list({"type": "payment_intent.succeeded", "limit": 1}).data[0]
        equal("it holds the payment as it was", succeeded.data.object.to_dict()["amount_received"], 5000)
        check("and the request that made it", succeeded.request.id.startswith("req_"))
        equal("it can be read", events.retrieve(succeeded.id).id, succeeded.id)
        kinds = {e.type.split(".")[0] for e in events.list({"type": "charge.*"})}
        equal("kinds can be asked for", kinds, {"charge"})

    def webhooks(self):
        endpoints, inbox = self.v1.webhook_endpoints, Inbox()
        refused("an event that nobody knows", stripe.InvalidRequestError, endpoints.create, {"url": inbox.url, "enabled_events": ["shared_payment.granted_token.used"]})
        wanted = ["payment_intent.succeeded", "payment_intent.canceled", "refund.failed"]
        made = typed("an endpoint", endpoints.create({"url": inbox.url, "enabled_events": wanted, "api_version": "2026-10-28.endive"}))
        secret = made.secret
        typed("an endpoint that is read", endpoints.retrieve(made.id))
        equal("its secret is told once", endpoints.retrieve(made.id).to_dict().get("secret"), None)

        paid = self.paid()
        event = inbox.events(secret, 1, None)[0]
        equal("it is told", (event.type, event.data.object.id), ("payment_intent.succeeded", paid.id))
        equal("in its version", event.api_version, "2026-10-28.endive")
        typed("a delivered event", event, stripe.Event)

        inbox.failures = 1
        canceled = self.v1.payment_intents.cancel(self.held().id)
        inbox.letters.get(timeout=PATIENCE)
        self.wait("the failure is noted", lambda: self.v1.events.list({"limit": 1, "delivery_success": False}).data)
        self.hand("clock", ahead=301)
        event = inbox.events(secret, 1, None)[0]
        equal("it is told again", event.data.object.id, canceled.id)

        self.hand("post_quirks", copies=2)
        self.paid()
        equal("or twice", len({e.id for e in inbox.events(secret, 2, None)}), 1)
        for skew, kind in [(-301, "too old"), (0, None)]:
            self.hand("post_quirks", skew=skew - self.ahead())
            self.paid()
            signature, body = inbox.letters.get(timeout=PATIENCE)
            try:
                stripe.Webhook.construct_event(body, signature, secret)
                fine = True
            except stripe.SignatureVerificationError:
                fine = False
            equal(f"a letter that is {kind or 'in time'}", fine, kind is None)
        self.hand("post_quirks", api_version="2017-01-27")
        self.paid()
        equal("a version may be wrong", inbox.events(secret, 1, None)[0].api_version, "2017-01-27")
        self.hand("post_quirks")

        fresh = self.hand("roll_secret", id=made.id)["secret"]
        self.paid()
        signature, body = inbox.letters.get(timeout=PATIENCE)
        for name, each in [("the old", secret), ("the new", fresh)]:
            event = stripe.Webhook.construct_event(body, signature, each, tolerance=None)
            check(f"{name} secret fits", event.type == "payment_intent.succeeded")

        endpoints.update(made.id, {"enabled_events": ["*"]})
        self.hand("emit", type="thing.of.the.future", object={"id": "x_1", "object": "thing"})
        equal("unknown kinds are told", inbox.events(fresh, 1, None)[0].type, "thing.of.the.future")
        equal("endpoints are listed", [e.id for e in endpoints.list()], [made.id])
        endpoints.delete(made.id)
        equal("and gone", len(endpoints.list().data), 0)

    def time_and_books(self):
        held = self.held(metadata={"acp_session": "books"})
        self.hand("clock", ahead=7 * 24 * 3600)
        over = self.v1.payment_intents.retrieve(held.id)
        equal("a hold ends after a week", (over.status, over.cancellation_reason), ("canceled", "automatic"))
        charge = self.v1.charges.retrieve(held.latest_charge)
        equal("its charge took nothing", (charge.captured, charge.refunded), (False, True))
        expired = [e.data.object.id for e in self.v1.events.list({"type": "charge.expired", "limit": 1})]
        equal("there is an event", expired, [charge.id])
        books = self.hand("ledger")
        held_now = {p["id"] for p in books["payments"] if p["held"]}
        waiting = self.v1.payment_intents.list({"limit": 100}).auto_paging_iter()
        equal("the books and the payments agree", held_now, {i.id for i in waiting if i.status == "requires_capture"})
        confirms = [e for e in self.hand("journal") if e["path"].endswith(f"/{held.id}/confirm")]
        equal("the journal knows one confirmation", [e["status"] for e in confirms], [200])

    def ahead(self):
        """By how much the emulator's clock is ahead."""
        return self.open().created - int(time.time())

    def wait(self, what, is_so):
        deadline = time.monotonic() + PATIENCE
        while not is_so():
            if time.monotonic() > deadline:
                check(what, False, "not in time")
                return
            time.sleep(0.05)
        check(what, True)


STORIES = [
    Judge.account_and_keys,
    Judge.payments,
    Judge.lists_and_search,
    Judge.declines,
    Judge.authentication,
    Judge.tokens,
    Judge.idempotency,
    Judge.faults,
    Judge.refunds,
    Judge.disputes,
    Judge.events,
    Judge.webhooks,
    Judge.time_and_books,
]


def main(emulator):
    process = subprocess.Popen([emulator], stdout=subprocess.PIPE, text=True)
    try:
        judge = Judge(json.loads(process.stdout.readline()))
        for story in STORIES:
            try:
                story(judge)
            except Exception:  # A story that breaks off has failed, the others go on.
                check(story.__name__, False, traceback.format_exc())
    finally:
        process.kill()
    for line in failed:
        print(f"FAILED {line}")
    print(f"{passed} passed, {len(failed)} failed (stripe {stripe.VERSION}, {stripe.api_version})")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
