// A personal value is picked: where a shopper may lack it, the marketer says first what happens then. The page's own code inserts it.
(() => {
  const dialog = document.getElementById("personal-dialog");
  if (!dialog) return;
  const instead = dialog.querySelector("[data-instead]");
  const way = (value) => dialog.querySelector(`[name=personal_way][value=${value}]`);
  let asked = null;
  let answered = false;

  // Quotes of the other kind around, and nothing that would end the placeholder.
  const quoted = (text) => {
    const plain = text.replace(/[{}%]/g, "").trim();
    return plain.includes("'") ? `"${plain.replaceAll('"', "”")}"` : `'${plain}'`;
  };

  document.addEventListener("change", (event) => {
    const select = event.target;
    if (answered || !select.matches("[data-personal], [data-macros]")) return;
    const option = select.selectedOptions[0];
    if (!("asks" in option.dataset)) return;
    event.stopImmediatePropagation();
    asked = { select, option };
    dialog.querySelector("h2").textContent = option.textContent;
    dialog.querySelector("[data-lacking-shown]").textContent = option.dataset.lacking;
    instead.value = option.dataset.suggested;
    way("default").checked = true;
    dialog.showModal();
    instead.focus();
    instead.select();
  }, true);

  const insert = () => {
    const { select, option } = asked;
    const bare = option.value;
    if (way("default").checked) option.value = bare.replace(/ }}$/, ` | default: ${quoted(instead.value)} }}`);
    dialog.close();
    select.value = option.value;
    answered = true;
    select.dispatchEvent(new Event("change", { bubbles: true }));
    answered = false;
    option.value = bare;
    select.value = "";
  };

  instead.addEventListener("input", () => { way("default").checked = true; });
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.matches("button")) return;
    event.preventDefault();
    insert();
  });
  dialog.querySelector("[data-personal-insert]").addEventListener("click", insert);
  dialog.addEventListener("close", () => {
    if (!asked || answered) return;
    asked.select.value = "";
  });
})();
