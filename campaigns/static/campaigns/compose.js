// The block composer: a list of blocks, the form of the chosen one, undo. The server draws the preview and has the last word on every value.
(() => {
  const form = document.querySelector("[data-composer]");
  if (!form) return;
  const data = JSON.parse(document.getElementById("composer-data").textContent);
  const kept = form.querySelector("#id_blocks");
  const list = form.querySelector("[data-list]");
  const says = form.querySelector("[data-says]");
  const OTHER = "…";
  const past = [];
  const future = [];
  let blocks = parsed(data.blocks);
  let chosen = "";
  let problems = data.problems;
  let lastEdit = { key: "", at: 0 };

  function parsed(text) {
    try {
      return JSON.parse(text)?.blocks ?? [];
    } catch {
      return [];
    }
  }
  const nameOf = (block) => data.labels[block.type][0];
  const byId = (id) => blocks.find((block) => block.id === id);
  const placeOf = (id) => blocks.findIndex((block) => block.id === id);
  const rowOf = (id) => list.querySelector(`[data-id="${id}"]`);
  const announce = (text) => { says.textContent = text; };
  const plain = (html) => new DOMParser().parseFromString(html.replace(/<\/(p|li)>|<br ?\/?>/g, " "), "text/html").body.textContent.trim();

  // ---- what is kept, and undo

  const remember = (key = "") => {
    const again = key && key === lastEdit.key && Date.now() - lastEdit.at < 1500;
    if (!again) past.push(JSON.stringify(blocks));
    if (past.length > 200) past.shift();
    future.length = 0;
    lastEdit = { key, at: Date.now() };
  };
  const keep = () => {
    kept.value = JSON.stringify({ blocks });
    form.querySelector("[data-undo]").disabled = !past.length;
    form.querySelector("[data-redo]").disabled = !future.length;
    form.dispatchEvent(new Event("input"));
    document.body.dispatchEvent(new Event("redraw"));
  };
  const travel = (from, to, word) => {
    if (!from.length) return;
    to.push(JSON.stringify(blocks));
    blocks = JSON.parse(from.pop());
    lastEdit = { key: "", at: 0 };
    if (!byId(chosen)) chosen = "";
    const here = document.activeElement;
    const [id, at] = [here.closest("[data-id]")?.dataset.id, here.closest("[data-field]")?.dataset.field];
    draw();
    keep();
    if (id) focusOn(byId(id) ? id : blocks[0]?.id, at, here.dataset.act);
    announce(word);
  };
  const undo = () => travel(past, future, "Undone");
  const redo = () => travel(future, past, "Done again");

  // ---- the list

  const summaryOf = (block) => {
    if (block.type === "text") return spoken(plain(block.html));
    if (block.type === "feed") return form.querySelector(`[data-form-of=feed]`).content.querySelector(`option[value="${block.kind}"]`)?.textContent ?? "";
    return spoken(block.text || block.label || block.alt || block.src || block.note || "");
  };
  // With the first of two wordings, without conditions, and with personal values by their names.
  const spoken = (text) => text.replace(/\{%-? *else\b.*?\{%-? *endif *-?%\}/gs, "").replace(/\{%.*?%\}/g, "").replace(/\{\{\s*(?:\w+\.)*(\w+).*?\}\}/g, (_, name) => `[${name.replaceAll("_", " ")}]`);
  const draw = () => {
    list.replaceChildren(...blocks.map(rowFor));
    mark();
    document.body.dispatchEvent(new CustomEvent("block-chosen", { detail: chosen }));
  };
  const rowFor = (block, at) => {
    const row = form.querySelector("[data-row]").content.firstElementChild.cloneNode(true);
    row.dataset.id = block.id;
    row.querySelector("[data-name]").textContent = nameOf(block);
    row.querySelector("[data-icon]").textContent = data.labels[block.type][1];
    row.querySelector("[data-summary]").textContent = summaryOf(block);
    row.querySelectorAll("[data-act]:not([data-act=open])").forEach((button) => {
      button.setAttribute("aria-label", `${button.title.split(" (")[0]}: ${nameOf(block)}, block ${at + 1}`);
    });
    row.querySelector("[data-act=up]").disabled = at === 0;
    row.querySelector("[data-act=down]").disabled = at === blocks.length - 1;
    if (block.id === chosen) open(row, block);
    if (data.locked) row.querySelectorAll(".co-acts, .co-grip").forEach((each) => each.remove());
    return row;
  };
  const open = (row, block) => {
    const box = row.querySelector("[data-form]");
    box.replaceChildren(form.querySelector(`[data-form-of="${block.type}"]`).content.cloneNode(true));
    box.hidden = false;
    box.id = `form-${block.id}`;
    row.classList.add("is-open");
    const opener = row.querySelector("[data-act=open]");
    opener.setAttribute("aria-expanded", "true");
    opener.setAttribute("aria-controls", box.id);
    box.querySelectorAll("[data-field]").forEach((field) => fill(field, block));
    if (data.locked) box.querySelectorAll("input, select, button").forEach((each) => { each.disabled = true; });
  };

  // ---- the fields of a block

  const fill = (field, block) => {
    const name = field.dataset.field;
    const value = block[name];
    const inputs = [...field.querySelectorAll("[data-input]")];
    const id = `${block.id}-${name}`;
    field.querySelector("[data-errors]").id = `${id}-errors`;
    const label = field.querySelector("label[data-for]");
    const main = inputs[0] ?? field.querySelector("[data-target] select");
    main.id = id;
    if (label) label.htmlFor = id;
    if (field.dataset.kind === "link") setLink(field.querySelector("[data-target]"), value);
    else if (field.dataset.kind === "rich") {
      main.innerHTML = clean(value);
      field.querySelector("[data-labels]").id = `${id}-label`;
      main.setAttribute("aria-labelledby", `${id}-label`);
      if (data.locked) main.contentEditable = "false";
    } else if (main.type === "radio") {
      inputs.forEach((input) => {
        input.id = `${id}-${input.value}`;
        input.name = `of-${id}`;
        input.setAttribute("form", "nowhere");
        input.checked = input.value === value;
      });
    } else if (main.type === "checkbox") main.checked = value;
    else main.value = value;
    explain(field, value);
  };
  // Nothing of a document may act before the server has cleaned it.
  const clean = (html) => {
    const inert = new DOMParser().parseFromString(html, "text/html");
    inert.querySelectorAll("*").forEach((each) => {
      if (!/^(P|BR|STRONG|B|EM|I|U|A|UL|OL|LI|DIV|BODY|HTML|HEAD)$/.test(each.tagName)) each.remove();
      else [...each.attributes].forEach(({ name }) => (name === "href" && each.tagName === "A") || each.removeAttribute(name));
    });
    return inert.body.innerHTML;
  };
  const explain = (field, value) => {
    const shown = field.querySelector("[data-reason-shown]");
    if (!shown) return;
    const reason = field.querySelector(`option[value="${value}"]`)?.dataset.reason ?? "";
    shown.textContent = reason;
    shown.hidden = !reason;
  };
  const setLink = (target, value) => {
    const [choice, address] = [target.querySelector("select"), target.querySelector("input")];
    const known = [...choice.options].some((option) => option.value === value);
    choice.value = known ? value : OTHER;
    address.hidden = known;
    address.value = known ? "" : value;
  };
  const linkOf = (target) => {
    const [choice, address] = [target.querySelector("select"), target.querySelector("input")];
    address.hidden = choice.value !== OTHER;
    return choice.value === OTHER ? complete(address.value.trim()) : choice.value;
  };
  const complete = (address) => {
    if (/^[\w.+-]+@[\w-]+(\.[\w-]+)+$/.test(address)) return `mailto:${address}`;
    return /^[\w-]+(\.[\w-]+)+(\/|$|\?|#)/.test(address) ? `https://${address}` : address;
  };
  const valueOf = (field) => {
    const kind = field.dataset.kind;
    const input = field.querySelector("[data-input]");
    if (kind === "link") return linkOf(field.querySelector("[data-target]"));
    if (kind === "rich") return input.innerHTML;
    if (kind === "flag") return input.checked;
    if (kind === "number") return Number.isInteger(input.valueAsNumber) ? input.valueAsNumber : 0;
    return input.type === "radio" ? field.querySelector(":checked").value : input.value;
  };
  const edited = (target) => {
    const field = target.closest("[data-field]");
    if (!field || target.closest("[data-link-form], [data-personal]")) return;
    const block = byId(target.closest("[data-id]").dataset.id);
    const value = valueOf(field);
    if (block[field.dataset.field] === value) return;
    remember(`${block.id}-${field.dataset.field}`);
    if (field.dataset.field === "kind" && block.title === data.titles[block.kind]) {
      block.title = data.titles[value];
      field.parentElement.querySelector("[data-field=title] [data-input]").value = block.title;
    }
    block[field.dataset.field] = value;
    explain(field, value);
    rowOf(block.id).querySelector("[data-summary]").textContent = summaryOf(block);
    keep();
  };

  // ---- changing the list

  const focusOn = (id, field = "", act = "open") => {
    const row = rowOf(id);
    const box = field && row?.querySelector(`[data-field="${field}"]`);
    const inner = box && (box.querySelector("[data-input]:checked") ?? box.querySelector("[data-input]") ?? box.querySelector("[data-target] select"));
    const target = inner || row?.querySelector(`[data-act="${act}"]:not([disabled])`) || row?.querySelector("[data-act=open]");
    target?.focus();
    row?.scrollIntoView({ block: "nearest" });
  };
  const freshId = () => {
    let number = blocks.length + 1;
    while (byId(`b${number}`)) number += 1;
    return `b${number}`;
  };
  const place = (block, at) => {
    if (blocks.length >= data.most) return announce(`A message has at most ${data.most} blocks.`);
    remember();
    blocks.splice(at, 0, block);
    chosen = block.id;
    draw();
    keep();
    const first = rowOf(block.id).querySelector("[data-field]")?.dataset.field;
    focusOn(block.id, first);
    announce(`${nameOf(block)} added, block ${at + 1} of ${blocks.length}`);
  };
  const add = (type) => {
    const after = blocks.findIndex((block) => block.id === chosen && block.type !== "footer");
    const footer = blocks.findIndex((block) => block.type === "footer");
    const end = footer < 0 || type === "footer" ? blocks.length : footer;
    place({ ...structuredClone(data.fresh[type]), id: freshId() }, after < 0 ? end : after + 1);
  };
  const move = (id, to, act = "open", field = "") => {
    const from = placeOf(id);
    if (to < 0 || to >= blocks.length || to === from) return;
    remember();
    const [block] = blocks.splice(from, 1);
    blocks.splice(to, 0, block);
    draw();
    keep();
    focusOn(id, field, act);
    announce(`${nameOf(block)} moved, now block ${to + 1} of ${blocks.length}`);
  };
  const remove = (id) => {
    const at = placeOf(id);
    remember();
    const [block] = blocks.splice(at, 1);
    if (chosen === id) chosen = "";
    draw();
    keep();
    const next = blocks[Math.min(at, blocks.length - 1)];
    if (next) focusOn(next.id);
    else form.querySelector("[data-add]").focus();
    announce(`${nameOf(block)} removed. Undo with Control Z.`);
  };
  const toggle = (id) => {
    chosen = chosen === id ? "" : id;
    draw();
    focusOn(id);
  };
  const acts = {
    open: toggle,
    up: (id) => move(id, placeOf(id) - 1, "up"),
    down: (id) => move(id, placeOf(id) + 1, "down"),
    copy: (id) => place({ ...structuredClone(byId(id)), id: freshId() }, placeOf(id) + 1),
    remove,
  };

  // ---- what is wrong, at its block

  const mark = () => {
    list.querySelectorAll("[data-errors], [data-problems]").forEach((each) => each.replaceChildren());
    list.querySelectorAll(".has-errors").forEach((each) => each.classList.remove("has-errors"));
    form.querySelector("[data-whole]").replaceChildren(...problems.filter((each) => !rowOf(each.block)).map(said));
    problems.forEach((problem) => {
      const row = rowOf(problem.block);
      const field = row?.querySelector(`[data-field="${problem.field}"]`);
      (field?.querySelector("[data-errors]") ?? row?.querySelector("[data-problems]"))?.append(said(problem));
      field?.classList.add("has-errors");
      row?.classList.add("is-wrong");
    });
    list.querySelectorAll(".is-wrong").forEach((row) => row.classList.toggle("is-wrong", problems.some((each) => each.block === row.dataset.id)));
  };
  const said = ({ message }) => {
    const line = document.createElement("p");
    line.className = "cc-error";
    line.textContent = message;
    return line;
  };

  // ---- rich text and personal values

  let range = null;
  document.addEventListener("selectionchange", () => {
    const selection = getSelection();
    const host = selection.anchorNode?.parentElement?.closest("[contenteditable]") ?? null;
    if (host && selection.rangeCount) range = { host, at: selection.getRangeAt(0).cloneRange() };
  });
  const back = (text) => {
    text.focus();
    if (range?.host !== text) return;
    getSelection().removeAllRanges();
    getSelection().addRange(range.at);
  };
  const format = (text, command, value = null) => {
    back(text);
    document.execCommand("defaultParagraphSeparator", false, "p");
    document.execCommand(command, false, value);
    edited(text);
  };
  const linkForm = (rich, shown) => {
    rich.querySelector("[data-link-form]").hidden = !shown;
    rich.querySelector("[data-link]").setAttribute("aria-expanded", shown);
    if (!shown) return;
    const inside = range?.host === rich.querySelector("[data-input]") && range.at.startContainer.parentElement.closest("a");
    setLink(rich.querySelector("[data-target]"), inside ? inside.getAttribute("href") : rich.querySelector("[data-target] option").value);
    rich.querySelector("[data-target] select").focus();
  };
  const setAnchor = (rich) => {
    const text = rich.querySelector("[data-input]");
    const address = linkOf(rich.querySelector("[data-target]"));
    linkForm(rich, false);
    if (!address) return back(text);
    back(text);
    if (getSelection().isCollapsed && !range?.at.startContainer.parentElement.closest("a")) {
      const label = rich.querySelector("[data-target] select").selectedOptions[0];
      document.execCommand("insertText", false, label.value === OTHER ? address : label.textContent);
      const { anchorNode, anchorOffset } = getSelection();
      const length = (label.value === OTHER ? address : label.textContent).length;
      getSelection().setBaseAndExtent(anchorNode, anchorOffset - length, anchorNode, anchorOffset);
    }
    document.execCommand("createLink", false, address);
    getSelection().collapseToEnd();
    edited(text);
  };
  const insert = (field, tag) => {
    const input = field.querySelector("[data-input]") ?? field.querySelector("input");
    if (input.isContentEditable) return format(input, "insertText", tag);
    input.focus();
    input.setRangeText(tag, input.selectionStart, input.selectionEnd, "end");
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };

  // ---- what people do

  list.addEventListener("input", (event) => edited(event.target));
  list.addEventListener("change", (event) => edited(event.target));
  form.addEventListener("change", (event) => {
    if (!event.target.matches("[data-personal]") || !event.target.value) return;
    insert(event.target.closest("[data-field], .cc-field"), event.target.value);
    event.target.value = "";
  });
  form.addEventListener("input", (event) => {
    if (event.target === form || event.target.closest("[data-list], .cc-more, .cc-dialog")) return;
    document.body.dispatchEvent(new Event("redraw"));
  });
  list.addEventListener("paste", (event) => {
    if (!event.target.closest("[contenteditable]")) return;
    event.preventDefault();
    document.execCommand("insertText", false, event.clipboardData.getData("text/plain"));
  });
  list.addEventListener("mousedown", (event) => {
    if (event.target.closest("[data-format], [data-link]")) event.preventDefault();
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const rich = button.closest(".co-rich");
    if (button.dataset.act) acts[button.dataset.act](button.closest("[data-id]").dataset.id);
    if (button.dataset.add) add(button.dataset.add);
    if (button.dataset.format) format(rich.querySelector("[data-input]"), button.dataset.format);
    if ("link" in button.dataset) linkForm(rich, rich.querySelector("[data-link-form]").hidden);
    if ("linkSet" in button.dataset) setAnchor(rich);
    if ("linkRemove" in button.dataset) { linkForm(rich, false); format(rich.querySelector("[data-input]"), "unlink"); }
    if ("undo" in button.dataset) undo();
    if ("redo" in button.dataset) redo();
    if (button.dataset.open) document.getElementById(button.dataset.open).showModal();
    if ("close" in button.dataset) button.closest("dialog").close();
    if (button.dataset.block) {
      chosen = button.dataset.block;
      draw();
      focusOn(chosen, button.dataset.at);
    }
  });
  form.addEventListener("keydown", (event) => {
    const row = event.target.closest("[data-id]");
    const command = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    const own = row || !event.target.matches("input, textarea, [contenteditable]");
    if (command && own && !data.locked && (key === "z" || key === "y")) {
      event.preventDefault();
      (key === "y" || event.shiftKey ? redo : undo)();
    } else if (row && event.altKey && !data.locked && ["arrowup", "arrowdown"].includes(key)) {
      event.preventDefault();
      const { id } = row.dataset;
      const at = event.target.closest("[data-field]")?.dataset.field;
      move(id, placeOf(id) + (key === "arrowup" ? -1 : 1), event.target.dataset.act, at);
    } else if (command && key === "k" && event.target.isContentEditable) {
      event.preventDefault();
      linkForm(event.target.closest(".co-rich"), true);
    } else if (key === "escape" && event.target.closest("[data-link-form]")) {
      linkForm(event.target.closest(".co-rich"), false);
      back(event.target.closest(".co-rich").querySelector("[data-input]"));
    } else if (key === "enter" && event.target.matches("input")) {
      event.preventDefault();
      if (event.target.closest("[data-link-form]")) setAnchor(event.target.closest(".co-rich"));
      event.target.closest(".cc-row")?.querySelector("button").click();
    }
  });

  // Dragging by the grip: the rows make room as the pointer passes their middle.
  list.addEventListener("pointerdown", (event) => {
    const row = event.target.closest("[data-grip]")?.closest("[data-id]");
    if (!row) return;
    event.preventDefault();
    row.classList.add("is-dragged");
    const over = ({ clientY }) => {
      const others = [...list.children].filter((each) => each !== row);
      const next = others.find((each) => { const box = each.getBoundingClientRect(); return clientY < box.top + box.height / 2; });
      if (next !== row.nextElementSibling) list.insertBefore(row, next ?? null);
    };
    const drop = () => {
      removeEventListener("pointermove", over);
      removeEventListener("pointerup", drop);
      removeEventListener("pointercancel", drop);
      row.classList.remove("is-dragged");
      move(row.dataset.id, [...list.children].indexOf(row));
    };
    addEventListener("pointermove", over);
    addEventListener("pointerup", drop);
    addEventListener("pointercancel", drop);
  });

  document.body.addEventListener("htmx:afterSwap", (event) => {
    const found = event.target.id === "preview" && document.getElementById("composer-problems");
    if (!found) return;
    problems = JSON.parse(found.textContent);
    mark();
  });
  kept.value = JSON.stringify({ blocks });
  draw();
})();
