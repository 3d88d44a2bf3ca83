/* Dark or light: the reader's choice, kept in this browser, before the first paint; without a choice the system decides. */
"use strict";

(() => {
  const root = document.documentElement;
  // For the style sheet: what needs a script is shown only where there is one.
  root.classList.add("js");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";

  // A browser may refuse to keep anything; the choice then lasts for the page.
  const keep = (act) => {
    try {
      return act();
    } catch {
      return null;
    }
  };

  const kept = keep(() => localStorage.getItem("theme"));
  if (kept === "dark" || kept === "light") root.dataset.theme = kept;

  document.addEventListener("DOMContentLoaded", () => {
    document.getElementById("theme").addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      keep(() => localStorage.setItem("theme", root.dataset.theme));
    });
  });
})();
