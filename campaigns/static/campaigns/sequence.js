// Channels: a test has one, a waterfall an order. Everything saves and validates without this.
(() => {
  const ways = document.querySelector("[data-ways]");
  if (!ways) return;
  const boxes = () => [...ways.querySelectorAll("[name=channel]")];

  ways.closest("form").addEventListener("change", (event) => {
    const kind = document.querySelector("[name=kind]:checked")?.value;
    const chosen = boxes().filter((box) => box.checked);
    if (kind !== "ab" || chosen.length < 2) return;
    const keep = event.target.name === "channel" ? event.target : chosen[0];
    chosen.forEach((box) => { box.checked = box === keep; });
  });

  ways.addEventListener("click", (event) => {
    const button = event.target.closest("[data-up], [data-down]");
    if (!button) return;
    const way = button.closest("[data-way]");
    const other = "up" in button.dataset ? way.previousElementSibling : way.nextElementSibling;
    if (!other) return;
    if ("up" in button.dataset) other.before(way);
    else other.after(way);
    button.focus();
    button.dispatchEvent(new Event("input", { bubbles: true }));
  });
})();
