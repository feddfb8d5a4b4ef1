// The first mistake gets the focus, and nobody leaves a page with unsaved words unasked. The editor of a message's source: line numbers, placeholders at the caret.
// Everything saves and validates without it.
(() => {
  document.querySelector(".cc .has-errors :is(input, select, textarea)")?.focus();
  const form = document.querySelector(".cc-wizard form[method=post]");
  let unsaved = false;
  form?.addEventListener("input", () => { unsaved = true; });
  form?.addEventListener("submit", () => { unsaved = false; });
  addEventListener("beforeunload", (event) => unsaved && event.preventDefault());

  const editor = document.querySelector("[data-editor]");
  if (!editor) return;
  const body = editor.querySelector("#id_body");
  const gutter = editor.querySelector("[data-gutter]");

  const redraw = () => document.body.dispatchEvent(new Event("redraw"));

  const number = (wrong = []) => {
    if (!gutter) return;
    const lines = body.value.split("\n").length;
    gutter.replaceChildren();
    for (let line = 1; line <= lines; line += 1) {
      const row = document.createElement("div");
      row.textContent = line;
      row.classList.toggle("is-wrong", wrong.includes(line));
      gutter.append(row);
    }
    gutter.scrollTop = body.scrollTop;
  };

  const insert = (text) => {
    const field = [...editor.querySelectorAll("#id_subject, #id_preheader, #id_body")].find((each) => each === lastFocus) || body;
    field.focus();
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  let lastFocus = body;
  editor.addEventListener("focusin", (event) => {
    if (event.target.matches("#id_subject, #id_preheader, #id_body")) lastFocus = event.target;
  });

  editor.addEventListener("input", (event) => {
    if (event.target === body) number();
    if (event.target.closest(".cc-more, .cc-dialog")) return;
    redraw();
  });
  editor.addEventListener("change", (event) => {
    if (event.target.name === "cart") redraw();
    if (event.target.matches("[data-macros]") && event.target.value) {
      insert(event.target.value);
      event.target.value = "";
    }
  });
  editor.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches(".cc-row input")) {
      event.preventDefault();
      event.target.closest(".cc-row").querySelector("button").click();
    }
  });
  if (gutter) body.addEventListener("scroll", () => { gutter.scrollTop = body.scrollTop; });

  editor.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const dialog = button.closest("dialog");
    if (button.dataset.open) document.getElementById(button.dataset.open).showModal();
    if ("close" in button.dataset) dialog.close();
    if (button.dataset.line) goTo(Number(button.dataset.line));
  });

  const goTo = (line) => {
    const start = body.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    const end = body.value.indexOf("\n", start);
    body.focus();
    body.setSelectionRange(start, end < 0 ? body.value.length : end);
    body.scrollTop = Math.max(0, (line - 8) * 19);
  };

  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id !== "preview") return;
    number([...event.target.querySelectorAll("[data-line]")].map((each) => Number(each.dataset.line)));
  });
  number();
})();
