// The merchant's own list of alternatives: rows move, leave and come in; the form sends them in the order they stand.
document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".pr-own").forEach(own => {
    const rows = own.querySelector("ol"), found = own.querySelector("ul"), box = own.querySelector("[type=search]");
    const say = text => { own.querySelector("[role=status]").textContent = text; };
    const codes = () => [...rows.querySelectorAll("input")].map(input => input.value);
    const changed = () => rows.dispatchEvent(new Event("change", { bubbles: true }));
    let waiting = 0, asked = 0;

    rows.addEventListener("click", event => {
        const button = event.target.closest("button");
        if (!button) return;
        const row = button.closest("li"), name = row.querySelector("span").textContent;
        if (button.dataset.do === "up") row.previousElementSibling?.before(row);
        if (button.dataset.do === "down") row.nextElementSibling?.after(row);
        if (button.dataset.do === "remove") row.remove();
        say(row.isConnected ? `${name} is number ${[...rows.children].indexOf(row) + 1}.` : `${name} is off the list.`);
        (row.isConnected ? button : box).focus();
        changed();
    });

    const add = product => {
        const row = own.querySelector("template").content.firstElementChild.cloneNode(true);
        row.querySelector("input").value = product.code;
        row.querySelector("span").textContent = product.name;
        rows.append(row);
        box.value = "";
        found.hidden = true;
        say(`${product.name} is number ${rows.children.length}.`);
        box.focus();
        changed();
    };

    const show = products => {
        const here = [...codes(), location.pathname.split("/").at(-3)], free = products.filter(product => !here.includes(product.code));
        found.replaceChildren(...free.map(product => {
            const item = document.createElement("li"), button = document.createElement("button"), detail = document.createElement("span");
            button.type = "button";
            button.textContent = product.name;
            detail.textContent = product.detail;
            button.append(detail);
            button.addEventListener("click", () => add(product));
            item.append(button);
            return item;
        }));
        found.hidden = !free.length;
        say(free.length ? `${free.length} found.` : "Nothing found by that name or SKU.");
    };

    const find = async () => {
        const term = box.value.trim(), mine = ++asked;
        if (term.length < 2) { found.hidden = true; return say(""); }
        if (rows.children.length >= Number(own.dataset.longest)) return say(`At most ${own.dataset.longest} products. Take one off first.`);
        const answer = await fetch(`${own.dataset.find}?${new URLSearchParams({ q: term })}`);
        if (mine === asked && answer.ok) show((await answer.json()).found);
    };

    box.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(find, 200); });
    box.addEventListener("keydown", event => {
        if (event.key === "Escape") found.hidden = true;
        if (event.key === "ArrowDown") { event.preventDefault(); found.querySelector("button")?.focus(); }
        if (event.key === "Enter") { event.preventDefault(); found.hidden || found.querySelector("button")?.click(); }
    });
    found.addEventListener("keydown", event => {
        const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
        if (event.key === "Escape") { found.hidden = true; box.focus(); }
        if (!step) return;
        event.preventDefault();
        (event.target.closest("li")[step]?.querySelector("button") || box).focus();
    });
}));
