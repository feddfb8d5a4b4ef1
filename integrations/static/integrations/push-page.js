// For the pages of a store: asks for notifications when a shopper presses a button, and says whose this browser is.
//
//   <script src="…/aiq-push.js" data-worker="/aiq-push-worker.js" data-shopper="TOKEN" defer></script>
//   <button data-aiq-push hidden>Remind me of my cart</button>
//   <button data-aiq-push-off hidden>No more reminders</button>
//
// The buttons show themselves where they are of use. Without data-shopper nobody is asked.
(() => {
  "use strict";
  const script = document.currentScript;
  const worker = script.dataset.worker || "/aiq-push-worker.js";
  const shopper = script.dataset.shopper || "";
  const supported = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

  function tell(method, body) {
    return fetch(aiqPushTold.address, {
      method, mode: "cors", credentials: "omit", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    }).then((answer) => {
      if (!answer.ok) throw new Error(`AIQ Cart answered ${answer.status}`);
      return answer.json();
    });
  }

  async function registered() {
    const registration = await navigator.serviceWorker.register(worker);
    await navigator.serviceWorker.ready.catch(() => {});
    return registration;
  }

  const current = async () => {
    const registration = await navigator.serviceWorker.getRegistration(worker);
    return registration ? registration.pushManager.getSubscription() : null;
  };

  const said = (subscription, more) => {
    const { endpoint, keys } = subscription.toJSON();
    return tell("POST", { endpoint, keys, shopper, ...more });
  };

  // Call it from a press of a button: browsers show their question for nothing less.
  async function subscribe(wording) {
    if ((await Notification.requestPermission()) !== "granted") return false;
    const registration = await registered();
    const options = { userVisibleOnly: true, applicationServerKey: aiqPushTold.key };
    const subscription = await registration.pushManager.subscribe(options);
    return (await said(subscription, { wording, asked: true })).data.reminders;
  }

  async function unsubscribe() {
    const subscription = await current();
    if (!subscription) return;
    await tell("DELETE", { endpoint: subscription.endpoint });
    await subscription.unsubscribe();
  }

  async function show() {
    const on = Notification.permission === "granted" && (await current()) !== null;
    const ask = Boolean(shopper) && !on && Notification.permission !== "denied";
    for (const button of document.querySelectorAll("[data-aiq-push]")) button.hidden = !ask;
    for (const button of document.querySelectorAll("[data-aiq-push-off]")) button.hidden = !on;
    return on;
  }

  function pressed(event) {
    const button = event.target.closest("[data-aiq-push], [data-aiq-push-off]");
    if (!button) return;
    const on = button.hasAttribute("data-aiq-push");
    (on ? subscribe(button.textContent.trim()) : unsubscribe())
      .then((reminders) => button.dispatchEvent(new CustomEvent("aiq-push", { bubbles: true, detail: { on, reminders } })))
      .catch((error) => console.warn("aiq-push:", error.message))
      .finally(show);
  }

  // A browser that allowed it earlier says again whose it is, once a visit: somebody else may have signed in.
  async function again() {
    const subscription = await current();
    if (!subscription || !shopper || sessionStorage.getItem("aiq-push") === shopper) return;
    await said(subscription, { asked: false });
    sessionStorage.setItem("aiq-push", shopper);
  }

  if (!supported) return;
  document.addEventListener("click", pressed);
  show().then((on) => on && again()).catch((error) => console.warn("aiq-push:", error.message));
})();
