// Imported by the store's own service worker: shows a notification, and opens what was pressed.
"use strict";

self.addEventListener("push", (event) => {
  if (!event.data) return;
  const told = event.data.json();
  const actions = told.actions || [];
  event.waitUntil(
    self.registration.showNotification(told.title, {
      body: told.body,
      icon: told.icon,
      image: told.image,
      tag: told.tag,
      actions: actions.map((one, index) => ({ action: `${index}`, title: one.title })),
      data: { url: told.url, actions: actions.map((one) => one.url) },
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { url, actions } = event.notification.data;
  const pressed = event.action === "" ? url : actions[Number(event.action)];
  event.waitUntil(self.clients.openWindow(pressed || self.registration.scope));
});
