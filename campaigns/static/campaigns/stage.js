// The preview's frame: desktop or phone, light or dark, drawn anew whenever the server has made the message again.
(() => {
  const preview = document.querySelector("[data-preview]");
  if (!preview) return;
  const stage = preview.querySelector("[data-stage]");
  const view = { device: "desktop", dark: false, html: "", block: "" };
  const OUTLINE = "<style>i[id^=at-]{display:block;height:0;scroll-margin:48px}i:target~div:not(i:target~i~div){outline:3px solid #2f9e6e;outline-offset:-3px}</style>";

  // The frame is of no origin, so that nothing in it can act; its address may be set all the same, and names the block.
  // Not before it is drawn: that would take the place of what it draws.
  const point = (frame) => frame?.dataset.drawn && frame.contentWindow.location.replace(`about:srcdoc#at-${view.block}`);

  // Frames are laid over each other, so that the old picture stays until the new one is drawn.
  const draw = () => {
    if (!view.html) return;
    const dark = /\(prefers-color-scheme:\s*dark\)/g;
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-popups");
    frame.title = "Preview of the message";
    frame.srcdoc = view.html.replace(dark, view.dark ? "all" : "not all").replace("</head>", `${OUTLINE}</head>`);
    frame.addEventListener("load", () => {
      while (frame.previousElementSibling?.matches("iframe")) frame.previousElementSibling.remove();
      stage.querySelector(".cc-stage__wait")?.remove();
      frame.dataset.drawn = "yes";
      if (view.block) point(frame);
    }, { once: true });
    stage.append(frame);
    fit();
  };
  const fit = () => {
    const width = view.device === "phone" ? 375 : Math.max(640, stage.clientWidth);
    const scale = Math.min(1, stage.clientWidth / width);
    stage.querySelectorAll("iframe").forEach((frame) => {
      Object.assign(frame.style, {
        width: `${width}px`,
        height: `${stage.clientHeight / scale}px`,
        marginLeft: `${(-width * scale) / 2}px`,
        transform: `scale(${scale})`,
      });
    });
  };

  preview.addEventListener("click", (event) => {
    const field = event.target.closest("[data-field]");
    if (field) document.getElementById(`id_${field.dataset.field}`)?.focus();
    const button = event.target.closest("[data-device], [data-dark]");
    if (button?.dataset.device) {
      view.device = button.dataset.device;
      preview.querySelectorAll("[data-device]").forEach((each) => each.setAttribute("aria-pressed", each === button));
      fit();
    } else if (button) {
      view.dark = !view.dark;
      button.setAttribute("aria-pressed", view.dark);
      draw();
    }
  });
  document.body.addEventListener("htmx:afterSwap", (event) => {
    const drawn = event.target.id === "preview" && event.target.querySelector("[data-document]");
    if (!drawn) return;
    view.html = drawn.dataset.document;
    draw();
  });
  document.body.addEventListener("block-chosen", (event) => {
    view.block = event.detail;
    point(stage.querySelector("iframe:last-of-type"));
  });
  new ResizeObserver(fit).observe(stage);
})();
