"use strict";
(() => {
  const root = document.documentElement;
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const collator = new Intl.Collator(root.lang || "en", { numeric: true, sensitivity: "base" });

  // A theme of the reader's own; without it the page follows the system.
  const theme = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (root.dataset.theme || (system.matches ? "dark" : "light")) === "dark";
  const label = () => { theme.textContent = dark() ? theme.dataset.light : theme.dataset.dark; };
  const kept = { get: () => { try { return localStorage.getItem("tocsin-theme"); } catch { return null; } },
    set: (value) => { try { localStorage.setItem("tocsin-theme", value); } catch { /* private window */ } } };
  if (["dark", "light"].includes(kept.get())) root.dataset.theme = kept.get();
  theme.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; kept.set(root.dataset.theme); label(); });
  system.addEventListener("change", label);
  label();
  theme.hidden = false;

  // Sorting: a button in each heading; no script, no button.
  const key = (row, index, by) => {
    const cell = row.cells[index];
    if (by === "level") return String("chmli".indexOf(row.className[0]));
    return cell ? cell.dataset.by || cell.textContent.trim() : "";
  };
  const sort = (table, index, head) => {
    const rising = head.getAttribute("aria-sort") !== "ascending";
    all("th[aria-sort]", table.tHead).forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", rising ? "ascending" : "descending");
    const body = table.tBodies[0];
    const keyed = [...body.rows].map((row) => [key(row, index, head.dataset.by), row]);
    keyed.sort((a, b) => (rising ? 1 : -1) * collator.compare(a[0], b[0]));
    body.append(...keyed.map((pair) => pair[1]));
  };
  all("table.sortable").forEach((table) => all("th", table.tHead).forEach((head, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(table, index, head));
  }));

  // Filters: words and chips. Chips of one group widen, groups narrow.
  const filter = (form) => {
    const list = document.getElementById(form.dataset.filter);
    const box = form.querySelector("input");
    const chosen = form.querySelector("select[data-server]");
    const out = form.querySelector("output");
    const chips = all("button[data-class]", form);
    const picks = all("select[data-group]", form);
    const groups = all(":scope > .group", list);
    let index = null;
    const items = () => index ||= (groups.length ? groups : [list]).flatMap((group) => {
      const heading = groups.length ? group.querySelector("summary").textContent + group.querySelector(".rests").textContent : "";
      const rows = groups.length ? all("tbody tr", group) : [...list.children];
      return rows.map((row) => ({ row, group, text: (heading + " " + row.textContent).toLowerCase() }));
    });
    const apply = () => {
      const wanted = box.value.toLowerCase().split(/\s+/).filter(Boolean);
      const pressed = new Map();
      chips.filter((chip) => chip.getAttribute("aria-pressed") === "true").forEach((chip) => {
        pressed.set(chip.dataset.group, [...(pressed.get(chip.dataset.group) || []), chip.dataset.class]);
      });
      picks.filter((pick) => pick.value).forEach((pick) => pressed.set(pick.dataset.group, [pick.value]));
      const server = chosen ? chosen.value : "";
      const active = wanted.length > 0 || pressed.size > 0 || server !== "";
      const alive = new Map(groups.map((group) => [group, 0]));
      let shown = 0;
      for (const { row, group, text } of items()) {
        const match = (!server || group.id === server) && wanted.every((word) => text.includes(word))
          && [...pressed.values()].every((classes) => classes.some((name) => row.classList.contains(name)));
        row.hidden = !match;
        shown += match;
        if (match) alive.set(group, (alive.get(group) || 0) + 1);
      }
      const left = groups.filter((group) => alive.get(group) > 0 || (server && group.id === server) || !active);
      groups.forEach((group) => { group.hidden = !left.includes(group); });
      if (active && left.length <= 8) left.forEach((group) => { group.open = true; });
      out.textContent = active ? out.dataset.text.replace("{shown}", shown).replace("{all}", items().length) : "";
    };
    let waiting = 0;
    box.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(apply, 80); });
    chips.forEach((chip) => chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", chip.getAttribute("aria-pressed") === "true" ? "false" : "true");
      apply();
    }));
    picks.forEach((pick) => pick.addEventListener("change", apply));
    if (chosen) chosen.addEventListener("change", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
  };
  all("form[data-filter]").forEach(filter);

  // The order of the servers.
  all("select[data-order]").forEach((select) => select.addEventListener("change", () => {
    const list = document.getElementById(select.dataset.order);
    const falling = select.value.startsWith("-");
    const by = select.value.replace("-", "");
    const value = (item) => (by === "name" ? item.querySelector("strong").textContent : item.dataset[by]);
    const keyed = [...list.children].map((item) => [value(item), item]);
    keyed.sort((a, b) => (falling ? -1 : 1) * collator.compare(a[0], b[0]));
    list.append(...keyed.map((pair) => pair[1]));
  }));

  // A link into something folded unfolds it, whatever a filter hid.
  const reveal = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (!target) return;
    for (let each = target; each; each = each.parentElement) {
      if (each.tagName === "DETAILS") each.open = true;
      if (each.tagName !== "FORM") each.hidden = false;
    }
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();

  // On paper everything is unfolded, and folded again afterwards.
  let opened = [];
  addEventListener("beforeprint", () => { opened = all("details:not([open])"); opened.forEach((each) => { each.open = true; }); });
  addEventListener("afterprint", () => { opened.forEach((each) => { each.open = false; }); opened = []; });
})();
