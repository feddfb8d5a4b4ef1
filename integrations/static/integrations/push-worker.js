// Imported by the store's own service worker: shows a notification, says that it did, and opens what was pressed.
"use strict";

self.addEventListener("push", (event) => {
  if (!event.data) return;
  const told = event.data.json();
  const actions = told.actions || [];
  const shown = self.registration.showNotification(told.title, {
    body: told.body,
    icon: told.icon,
    image: told.image,
    tag: told.tag,
    actions: actions.map((one, index) => ({ action: `${index}`, title: one.title })),
    data: { url: told.url, actions: actions.map((one) => one.url) },
  });
  const say = () => fetch(told.shown, { method: "POST", mode: "no-cors", credentials: "omit", keepalive: true });
  event.waitUntil(told.shown ? shown.then(say).catch((error) => console.warn("aiq-push:", error.message)) : shown);
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { url, actions } = event.notification.data;
  const pressed = event.action === "" ? url : actions[Number(event.action)];
  event.waitUntil(self.clients.openWindow(pressed || self.registration.scope));
});
