// Copy buttons: put the text of data-copy on the clipboard and say so for a moment.
document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const label = button.querySelector("[data-copy-label]");
    try {
        await navigator.clipboard.writeText(button.dataset.copy);
        label.textContent = "Copied";
    } catch {
        const text = button.parentElement.querySelector("pre");
        getSelection().selectAllChildren(text);
        label.textContent = "Press Ctrl+C";
    }
    setTimeout(() => { label.textContent = "Copy"; }, 2000);
});
