// A small menu beside a place: arrows move, a letter jumps, Enter chooses, Escape closes.

export function openMenu(menu, items, box, { onChoose, onClose }) {
  const close = (chosen) => {
    menu.hidden = true;
    menu.replaceChildren();
    document.removeEventListener("pointerdown", outside, true);
    onClose();
    if (chosen) onChoose(chosen);
  };
  const outside = (event) => { if (!menu.contains(event.target)) close(); };
  menu.replaceChildren(...items.map(({ name, label }) => {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("role", "menuitem");
    button.dataset.name = name;
    button.tabIndex = -1;
    button.textContent = label;
    button.addEventListener("click", () => close(name));
    return button;
  }));
  menu.onkeydown = (event) => {
    const all = [...menu.children];
    const now = all.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const letter = event.key.length === 1 && event.key.trim() ? event.key.toLowerCase() : "";
    if (event.key === "Escape" || event.key === "Tab") { event.preventDefault(); close(); }
    else if (step) { event.preventDefault(); all[(now + step + all.length) % all.length].focus(); }
    else if (event.key === "Home" || event.key === "End") { event.preventDefault(); all.at(event.key === "Home" ? 0 : -1).focus(); }
    else if (letter) [...all.slice(now + 1), ...all].find((one) => one.textContent.toLowerCase().startsWith(letter))?.focus();
  };
  menu.hidden = false;
  const { width, height } = menu.getBoundingClientRect();
  const left = Math.max(8, Math.min(box?.left ?? 40, innerWidth - width - 8));
  const top = Math.max(8, Math.min((box?.bottom ?? 80) + 4, innerHeight - height - 8));
  menu.style.left = `${left}px`;
  menu.style.top = `${top}px`;
  document.addEventListener("pointerdown", outside, true);
  menu.firstElementChild.focus();
}
