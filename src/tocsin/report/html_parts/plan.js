"use strict";
(() => {
  // "What to do first" on a sheet of its own.
  const button = document.getElementById("print-plan");
  if (!button) return;
  const root = document.documentElement;
  button.hidden = false;
  button.addEventListener("click", () => { root.dataset.alone = ""; print(); });
  addEventListener("afterprint", () => { delete root.dataset.alone; });
})();
