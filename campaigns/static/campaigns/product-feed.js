// The Product Feed of the source editor: pick a kind and its settings, see it with the chosen cart, put the element into the source.
// The server writes the element, so that what is inserted is what was drawn.
(() => {
  const dialog = document.querySelector("[data-feed]");
  if (!dialog) return;
  const body = document.querySelector("#id_body");
  const shows = document.querySelector("#id_feed");
  const drawn = dialog.querySelector("#feed-drawn");
  const insert = dialog.querySelector("[data-feed-insert]");
  const remove = dialog.querySelector("[data-feed-remove]");
  const ELEMENT = /<aiq-feed\b(?:[^>"]|"[^"]*")*\/>/g;
  const ENDS = /<(\/?)mj-wrapper\b|<\/(?:mj-section|mj-hero|mj-wrapper)>|<aiq-(?!footer|styles)[\w-]+\b(?:[^>"]|"[^"]*")*\/>/g;
  let edited = null;
  let inserting = false;

  const field = (name) => dialog.querySelector(`[name="feed_${name}"]`);
  const kind = () => dialog.querySelector("[name=feed_kind]:checked");
  const plain = (text) => new DOMParser().parseFromString(text, "text/html").documentElement.textContent;
  const draw = () => window.htmx.trigger(drawn, "draw");

  // What the caret stands in, else the only one there is.
  const found = () => {
    const all = [...body.value.matchAll(ELEMENT)];
    const at = body.selectionStart;
    const here = all.find((each) => each.index <= at && at <= each.index + each[0].length);
    return here || (all.length === 1 && at === 0 ? all[0] : null);
  };

  const fill = (element) => {
    const given = Object.fromEntries([...(element || "").matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name, plain(value)]));
    const wanted = given.kind || (element ? "abandoned_items" : dialog.querySelector("[name=feed_kind]:not(:disabled)")?.value);
    dialog.querySelectorAll("[name=feed_kind]").forEach((each) => { each.checked = each.value === wanted && !each.disabled; });
    field("layout").value = given.layout || "list";
    field("count").value = given.count || kind()?.dataset.count || 4;
    field("title").value = given.title || (element ? "" : kind()?.dataset.title || "");
    field("button").value = given.button || "";
    for (const name of ["picture", "price", "was-price"]) field(name).checked = given[name] !== "no";
  };

  const open = () => {
    edited = found();
    fill(edited?.[0]);
    insert.textContent = edited ? "Update" : "Insert";
    insert.disabled = !kind();
    remove.hidden = !edited;
    drawn.replaceChildren();
    dialog.showModal();
    if (kind()) draw();
  };

  const end = () => {
    let inside = 0;
    for (const match of body.value.matchAll(ENDS)) {
      if (match[0].startsWith("<mj-wrapper")) inside += 1;
      if (match[0].startsWith("</mj-wrapper")) inside -= 1;
      const after = match.index + match[0].length + (match[0] === "</mj-wrapper" ? 1 : 0);
      if (!inside && !match[0].startsWith("<mj-wrapper") && after >= body.selectionStart && body.selectionStart > 0) return after;
    }
    const footer = body.value.search(/[ \t]*<(?:aiq-footer|\/mj-body)/);
    return footer < 0 ? body.value.length : footer - 1;
  };

  const put = (text, from, to) => {
    body.setRangeText(text, from, to, "end");
    const ofCart = [...body.value.matchAll(ELEMENT)].some(([each]) => !/kind="/.test(each) || /kind="(?:abandoned_items|alternatives)"/.test(each));
    shows.value = ofCart || /\bitems\b/.test(body.value) ? "True" : "False";
    document.querySelector("[data-feed-dot]").hidden = body.value.search(ELEMENT) < 0;
    body.dispatchEvent(new Event("input", { bubbles: true }));
    dialog.close();
    body.focus();
    body.scrollLeft = 0;
  };

  document.querySelector("[data-feed-open]").addEventListener("click", open);
  dialog.addEventListener("change", (event) => {
    if (event.target.name !== "feed_kind" || edited) return;
    field("title").value = event.target.dataset.title;
    field("count").value = event.target.dataset.count;
  });
  dialog.addEventListener("input", draw);
  insert.addEventListener("click", () => {
    inserting = true;
    draw();
  });
  remove.addEventListener("click", () => put("", edited.index, edited.index + edited[0].length));
  drawn.addEventListener("htmx:afterSwap", () => {
    const written = drawn.querySelector("[data-written]")?.dataset.written;
    const wrong = drawn.querySelector(".cc-error");
    if (!inserting || !written) return;
    inserting = false;
    if (wrong) return;
    if (edited) put(written, edited.index, edited.index + edited[0].length);
    else put(`\n    ${written}`, end(), end());
  });
  // A request that a newer one replaced is no failure.
  for (const failed of ["htmx:responseError", "htmx:sendError"]) drawn.addEventListener(failed, () => { inserting = false; });
})();
