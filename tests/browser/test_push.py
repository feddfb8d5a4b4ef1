"""A real browser on a store's page: the button, the store's own worker, the subscription, the notification, the press on it.

Only the push service between them is a stand-in: a browser without Google's or Mozilla's network cannot register there. So
`subscribe` gives keys of the test, and the developer tools hand the worker what a service would have delivered.
"""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from campaigns.channels import push_payload
from campaigns.channels.push_payload import Action, Notification
from tests import pushservice
from tests.browser.conftest import Shop
from tests.site import until

pytestmark = pytest.mark.browser
# A public address, so that it is taken; nothing is posted there, since the site catches what it sends.
ENDPOINT = "https://8.8.8.8/push/one"
PAGE = """<!doctype html><title>Shop</title><h1>Your cart</h1>
<script src="{site}/push/{store}/aiq-push.js" data-worker="/aiq-push-worker.js" data-shopper="{token}" defer></script>
<button data-aiq-push hidden>Remind me of my cart</button><button data-aiq-push-off hidden>No more reminders</button>"""
STAND_IN = """
const keys = %s;
const made = { endpoint: "%s", toJSON() { return { endpoint: this.endpoint, keys }; },
  async unsubscribe() { localStorage.removeItem("subscribed"); return true; } };
PushManager.prototype.subscribe = async (options) => {
  if (!options.userVisibleOnly || !options.applicationServerKey) throw new Error("no key");
  localStorage.setItem("subscribed", "1");
  return made;
};
PushManager.prototype.getSubscription = async () => (localStorage.getItem("subscribed") ? made : null);
"""
PRESS = """async (action) => {
  const opened = [];
  self.clients.openWindow = async (url) => { opened.push(url); };
  const [notification] = await self.registration.getNotifications();
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification, action }));
  return opened;
}"""
SHOWN = """async () => {
  const registration = await navigator.serviceWorker.ready;
  return (await registration.getNotifications()).map(({ title, body, tag, actions }) => ({ title, body, tag, actions }));
}"""


class _Pages:
    """The store's own web server: its page, and the file that its programmer put at the root."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[str, str]] = {}
        self.posted: list[str] = []
        self.origin = ""


@pytest.fixture
def pages() -> Iterator[_Pages]:
    found = _Pages()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, text = found.files.get(self.path, ("text/plain", ""))
            self.send_response(200 if text else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def do_POST(self) -> None:
            found.posted.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        found.origin = f"http://127.0.0.1:{http.server_port}"
        threading.Thread(target=http.serve_forever, args=[0.05], daemon=True).start()
        yield found
        http.shutdown()


@pytest.fixture
def visit(browser: Browser, shop: Shop, pages: _Pages) -> Iterator[Page]:
    """A shopper who is signed in at the store looks at their cart."""
    store = shop.site.shell(
        "import json; from accounts.models import Store;"
        f"store = Store.objects.get(merchant__slug={shop.merchant!r}); store.url = {pages.origin!r}; store.save();"
        "print(json.dumps(str(store.code)))"
    )
    customer = {"srcID": "c-1", "email": "avery@example.com"}
    token = shop.site.call("POST", "/v2/push/tokens", shop.key, {"customer": customer})["token"]
    pages.files["/cart"] = "text/html", PAGE.format(site=shop.site.url, store=store, token=token)
    pages.files["/aiq-push-worker.js"] = "text/javascript", f'importScripts("{shop.site.url}/push/sw.js");'
    context = browser.new_context(base_url=pages.origin)
    context.grant_permissions(["notifications"], origin=pages.origin)
    context.add_init_script(STAND_IN % (json.dumps(pushservice.Client(ENDPOINT).keys), ENDPOINT))
    page = context.new_page()
    page.goto("/cart")
    yield page
    context.close()


def standing(shop: Shop) -> Any:
    """The shopper's consents and living browsers."""
    return shop.site.shell(
        "import json; from campaigns.models import Consent, PushSubscription;"
        f"of = {{'shopper__merchant__slug': {shop.merchant!r}, 'shopper__email': 'avery@example.com'}};"
        "rows = Consent.objects.filter(channel='push', closed_at=None, **of).values_list('status', 'wording');"
        "print(json.dumps([list(rows), PushSubscription.objects.filter(gone_at=None, **of).count()]))"
    )


def deliver(page: Page, context: BrowserContext, notification: Notification) -> None:
    """What a push service would hand to the worker of the page's site."""
    tools = context.new_cdp_session(page)
    found: list[str] = []
    tools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.extend(one["registrationId"] for one in event["registrations"]),
    )
    tools.send("ServiceWorker.enable")
    page.wait_for_timeout(300)
    data = push_payload.encoded(notification).decode()
    origin = page.evaluate("location.origin")
    tools.send("ServiceWorker.deliverPushMessage", {"origin": origin, "registrationId": found[-1], "data": data})


def test_a_shopper_allows_notifications_gets_one_presses_it_and_switches_them_off(
    shop: Shop, visit: Page, pages: _Pages
) -> None:
    ask, stop = visit.get_by_role("button", name="Remind me"), visit.get_by_role("button", name="No more")
    expect(stop).to_be_hidden()
    ask.click()
    expect(stop).to_be_visible()
    expect(ask).to_be_hidden()
    assert standing(shop) == [[["subscribed", "Remind me of my cart"]], 1]

    links = "https://cart.example/c/go", "https://cart.example/u/out"
    actions = Action("Return to your cart", links[0]), Action("Stop reminders", links[1])
    shown_at = f"{pages.origin}/n/token"
    words = "Your cart is waiting", "Still there."
    deliver(visit, visit.context, Notification(*words, links[0], "tag-1", actions=actions, shown=shown_at))
    visit.wait_for_function(f"async () => (await ({SHOWN})()).length === 1")
    [shown] = visit.evaluate(SHOWN)
    assert (shown["title"], shown["body"], shown["tag"]) == ("Your cart is waiting", "Still there.", "tag-1")
    assert [one["title"] for one in shown["actions"]] == ["Return to your cart", "Stop reminders"]
    assert until(lambda: pages.posted) == ["/n/token"]
    worker = visit.context.service_workers[0]
    assert worker.evaluate(PRESS, "") == [links[0]]

    stop.click()
    expect(ask).to_be_visible()
    assert standing(shop) == [[["unsubscribed", ""]], 0]


def test_a_page_of_another_site_can_attach_nothing(shop: Shop, visit: Page, pages: _Pages) -> None:
    visit.goto(pages.origin.replace("127.0.0.1", "localhost") + "/cart")
    visit.context.grant_permissions(["notifications"], origin=visit.evaluate("location.origin"))
    with visit.expect_console_message(lambda message: "aiq-push:" in message.text):
        visit.get_by_role("button", name="Remind me").click()
    assert standing(shop) == [[], 0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_writing_a_notification_is_accessible(shop: Shop, sign_in: Callable[[str], Page], scheme: Any) -> None:
    page = sign_in("owner")
    page.emulate_media(color_scheme=scheme)
    address = shop.site.shell(
        "import json; from campaigns.models import Campaign, Step; from accounts.models import Merchant;"
        f"of = Campaign.objects.create(merchant=Merchant.objects.get(slug={shop.merchant!r}), name='Push');"
        "step = Step.objects.create(campaign=of, channel='push'); print(json.dumps(f'{of.code}/content/{step.code}/'))"
    )
    page.goto(f"/admin/campaigns/{address}")
    expect(page.locator(".cc-push").first).to_contain_text("Your cart is waiting")
    page.get_by_label("Title").fill("Come back")
    expect(page.locator("#meter-subject")).to_contain_text("9 of 50")
    expect(page.locator(".cc-push").first).to_contain_text("Come back")
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in {"serious", "critical"}] == []
