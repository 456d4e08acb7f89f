// What the pages do beyond HTML. Everything works without it, but less comfortably.
"use strict";

// A value and the place in the text that it was read from: pointing at one shows the other.
for (const one of document.querySelectorAll("[data-field]")) {
  const light = (on) => {
    for (const other of document.querySelectorAll(`[data-field="${CSS.escape(one.dataset.field)}"]`)) {
      other.classList.toggle("lit", on);
    }
  };
  one.addEventListener("pointerenter", () => light(true));
  one.addEventListener("pointerleave", () => light(false));
  one.addEventListener("focusin", () => light(true));
  one.addEventListener("focusout", () => light(false));
}

// Where the chart is wider than the window, its newest days are seen first.
for (const chart of document.querySelectorAll(".scroll > .chart")) {
  chart.parentElement.scrollLeft = chart.parentElement.scrollWidth;
}
