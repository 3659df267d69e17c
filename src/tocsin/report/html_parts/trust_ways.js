"use strict";
// The ways through the trust graph: the list of them, and what remains if something is taken away.
const tocsinTrusts = (() => {
  const data = JSON.parse(document.getElementById("trust-data").textContent);
  const make = (tag, className, ...inside) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    node.append(...inside);
    return node;
  };
  const bdi = (text) => make("bdi", "", text);
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, key) => values[key] ?? all);
  const number = (value) => value.toLocaleString(document.documentElement.lang || "en");
  const name = (node) => data.names[node] ?? "?";
  const kind = (node) => data.kindWord[data.kinds[node]] ?? "";
  const verb = (edge) => data.verb[data.classes[data.cls[edge]][0]];
  const strength = (edge) => data.classes[data.cls[edge]][1] / 1000;
  const ways = data.paths.map(([server, target, value, ...edges], at) => ({ at, server, target, value, edges }));

  // What is taken away, and who wants to know.
  const gone = { nodes: new Set(), edges: new Set() };
  const listeners = [];
  const dead = (edge) => gone.edges.has(edge) || gone.nodes.has(data.src[edge]) || gone.nodes.has(data.dst[edge]);
  const alive = (way) => !gone.nodes.has(way.server) && !way.edges.some(dead);
  const changed = () => listeners.forEach((each) => each());
  const toggle = (what, at) => {
    const set = gone[what];
    if (!set.delete(at)) set.add(at);
    changed();
  };

  // A step told with everything: the card that stands in the list of steps; of others the page knows less.
  const list = document.getElementById("way-list");
  const words = document.getElementById("graph-panel").dataset;
  const short = (edge) => {
    const lines = data.told.edges[edge];
    if (!lines) return null;
    const text = (at) => (at >= 0 ? data.told.texts[at].replaceAll("\u0001", name(data.src[edge])).replaceAll("\u0002", name(data.dst[edge])) : "");
    const [because, fix, object, property, value, source, position] = lines.map(text);
    return { because, fix, object, property, value, source, position };
  };
  const row = (title, ...inside) => make("div", "", make("dt", "", title), make("dd", "", ...inside));
  const told = (edge) => {
    const card = document.getElementById("ed" + data.cards[edge]);
    const box = make("div", "");
    if (card) {
      box.append(...[...card.querySelector(".body").children].map((each) => each.cloneNode(true)));
      return box;
    }
    const lines = short(edge);
    if (!lines) return null;
    const known = data.originWord[data.classes[data.cls[edge]][2]];
    const proof = lines.source ? [make("ul", "bases", make("li", "", make("span", "quiet", bdi(lines.object)), " ",
      make("code", "", lines.value ? `${lines.property} = ${lines.value}` : lines.property), " ", make("span", "where", `${lines.source} ${lines.position}`)))] : [];
    box.append(make("p", "said", lines.because), make("dl", "claims", row(words.known, known, ...proof),
      row(words.strong, make("span", "num", strength(edge).toFixed(2))), ...(lines.fix ? [row(words.fix, make("b", "", lines.fix))] : [])));
    return box;
  };
  const sentence = (edge) => {
    const card = document.getElementById("ed" + data.cards[edge]);
    const said = card && card.querySelector(".said");
    return said ? said.textContent : short(edge)?.because || `${name(data.src[edge])} ${verb(edge)} ${name(data.dst[edge])}`;
  };

  // The list.
  const form = document.getElementById("way-form");
  const STEP = 40;
  const items = list ? [...list.children] : [];
  const leg = (edge) => {
    const shown = make("details", "", make("summary", "", sentence(edge)));
    shown.addEventListener("toggle", () => {
      if (!shown.open || shown.children.length > 1) return;
      const box = told(edge);
      if (box) box.querySelector(".said")?.remove();
      shown.append(box || make("p", "quiet", list.dataset.loose));
    });
    return make("li", "", shown);
  };
  const route = (way) => {
    const line = make("span", "route", bdi(name(way.server)));
    way.edges.forEach((edge) => {
      const arrow = make("span", "", "→");
      arrow.setAttribute("aria-hidden", "true");
      line.append(" ", make("span", "to", make("span", "hush", verb(edge)), arrow), " ", bdi(name(data.dst[edge])));
    });
    return line;
  };
  const item = (way) => {
    const box = items[way.at] ||= (() => {
      const shown = make("details", "", make("summary", "", make("span", "rank num", String(way.at + 1)), route(way),
        make("span", "num mark", way.value.toFixed(2))), make("div", "body", make("ol", "legs")));
      shown.id = "wy" + (way.at + 1);
      return make("li", "item", shown);
    })();
    if (!box.dataset.ready) {
      box.dataset.ready = "1";
      const shown = box.firstElementChild;
      const legs = shown.querySelector(".legs");
      shown.addEventListener("toggle", () => {
        if (shown.open && !legs.dataset.ready) {
          legs.dataset.ready = "1";
          legs.replaceChildren(...way.edges.map(leg));
        }
      });
      shown.querySelector("summary").addEventListener("click", () => { if (!shown.open) lit.forEach((each) => each([way])); });
    }
    box.classList.toggle("gone", !alive(way));
    return box;
  };
  const lit = [];
  const more = make("button", "", "");
  let limit = STEP;
  let found = ways;
  const text = (way) => way.text ||= [way.server, ...way.edges.map((edge) => data.dst[edge])].map(name).join(" ").toLowerCase();
  const show = () => {
    if (!list) return;
    list.replaceChildren(...found.slice(0, limit).map(item));
    more.hidden = found.length <= limit;
    more.textContent = `${list.dataset.more} (${number(found.length - limit)})`;
  };
  if (list) {
    more.type = "button";
    list.after(more);
    more.addEventListener("click", () => { limit += STEP; show(); });
    const box = form.querySelector("input");
    const target = form.querySelector("select");
    const out = form.querySelector("output");
    [...new Set(ways.map((way) => way.target))].forEach((at) => target.append(new Option(`${name(at)} (${kind(at)})`, at)));
    const apply = () => {
      const wanted = box.value.toLowerCase().split(/\s+/).filter(Boolean);
      limit = STEP;
      found = ways.filter((way) => (target.value === "" || way.target === Number(target.value)) && wanted.every((word) => text(way).includes(word)));
      out.textContent = wanted.length || target.value !== "" ? fill(out.dataset.text, { shown: number(found.length), all: number(ways.length) }) : "";
      show();
    };
    let waiting = 0;
    box.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(apply, 80); });
    target.addEventListener("change", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
    listeners.push(() => list.querySelectorAll(":scope > li").forEach((each) => {
      each.classList.toggle("gone", !alive(ways[Number(each.firstElementChild.id.slice(2)) - 1]));
    }));
    // A link to a way that the filter hides, or that was not shown yet.
    addEventListener("hashchange", () => {
      const at = /^#wy(\d+)$/.exec(location.hash);
      if (!at || !ways[at[1] - 1] || list.contains(document.getElementById("wy" + at[1]))) return;
      box.value = target.value = "";
      apply();
      limit = Math.max(STEP, Number(at[1]));
      show();
    }, true);
    show();
  }

  // The strongest way that remains: Dijkstra from each target backwards, cost -ln(strength).
  let reverse = null;
  const backwards = () => {
    const start = new Int32Array(data.names.length + 1);
    data.dst.forEach((node) => { start[node + 1] += 1; });
    for (let at = 1; at < start.length; at += 1) start[at] += start[at - 1];
    const edges = new Int32Array(data.dst.length);
    const next = start.slice();
    data.dst.forEach((node, edge) => { edges[next[node]++] = edge; });
    return { start, edges };
  };
  const nearest = (target) => {
    reverse ||= backwards();
    const cost = new Float64Array(data.names.length).fill(Infinity);
    const heap = [];
    const push = (value, node) => {
      let at = heap.push([value, node]) - 1;
      while (at > 0 && heap[(at - 1) >> 1][0] > heap[at][0]) {
        [heap[at], heap[(at - 1) >> 1]] = [heap[(at - 1) >> 1], heap[at]];
        at = (at - 1) >> 1;
      }
    };
    const pop = () => {
      const top = heap[0];
      const last = heap.pop();
      if (heap.length) {
        heap[0] = last;
        for (let at = 0; ;) {
          let low = at;
          if (2 * at + 1 < heap.length && heap[2 * at + 1][0] < heap[low][0]) low = 2 * at + 1;
          if (2 * at + 2 < heap.length && heap[2 * at + 2][0] < heap[low][0]) low = 2 * at + 2;
          if (low === at) break;
          [heap[at], heap[low]] = [heap[low], heap[at]];
          at = low;
        }
      }
      return top;
    };
    if (gone.nodes.has(target)) return cost;
    cost[target] = 0;
    push(0, target);
    while (heap.length) {
      const [value, node] = pop();
      if (value > cost[node]) continue;
      for (let at = reverse.start[node]; at < reverse.start[node + 1]; at += 1) {
        const edge = reverse.edges[at];
        const source = data.src[edge];
        if (source < 0 || dead(edge) || !(strength(edge) > 0)) continue;
        const sum = value - Math.log(strength(edge));
        if (sum < cost[source] - 1e-12) { cost[source] = sum; push(sum, source); }
      }
    }
    return cost;
  };
  const GRAVE = ["Tenant", "CloudMailboxes", "ADDomain", "MailTrust", "OnPremMailboxes"];
  const gravity = (node) => (GRAVE.indexOf(data.kind[data.kinds[node]]) + GRAVE.length + 1) % (GRAVE.length + 1);
  const targets = [...new Set(ways.map((way) => way.target))].filter((each) => each >= 0).sort((a, b) => gravity(a) - gravity(b));
  const starts = [...new Set(ways.map((way) => way.server))].filter((each) => each >= 0);
  const best = () => {
    const costs = targets.map((target) => nearest(target));
    return starts.flatMap((server) => targets.map((target, at) => {
      const cost = gone.nodes.has(server) ? Infinity : costs[at][server];
      return { server, target, value: Math.exp(-cost) };
    }));
  };

  // "What if".
  const panel = document.getElementById("what-if");
  const levers = document.getElementById("if-list");
  const tally = document.getElementById("if-tally");
  const table = document.getElementById("if-table");
  const reset = document.getElementById("if-reset");
  const boxes = new Map();
  const lever = (what, at) => {
    const key = what + at;
    if (boxes.has(key)) return;
    const box = make("input", "");
    box.type = "checkbox";
    box.checked = !gone[what].has(at);
    box.addEventListener("change", () => toggle(what, at));
    const shown = what === "nodes" ? make("span", "", make("span", "name", bdi(name(at))), " ", make("span", "quiet", kind(at)))
      : make("span", "", make("span", "name", bdi(name(data.src[at])), " ", verb(at), " ", bdi(name(data.dst[at]))));
    boxes.set(key, { box, what, at });
    levers.append(make("label", "", box, shown));
  };
  const passed = new Map();
  ways.forEach((way) => new Set([way.server, ...way.edges.map((edge) => data.dst[edge])]).forEach((node) => {
    if (node !== way.target) passed.set(node, (passed.get(node) || 0) + 1);
  }));
  const isServer = (node) => /^(ExchangeServer|EdgeServer)$/.test(data.kind[data.kinds[node]]);
  const most = (keep, count) => [...passed.keys()].filter(keep).sort((a, b) => passed.get(b) - passed.get(a)).slice(0, count);
  const SHOWN = 12;
  let before = null;
  const said = (value) => (value > 0 ? make("span", "num", value.toFixed(2)) : make("b", "", table.dataset.none));
  const asFound = () => {
    const kept = [[...gone.nodes], [...gone.edges]];
    gone.nodes.clear();
    gone.edges.clear();
    const found = best();
    kept[0].forEach((node) => gone.nodes.add(node));
    kept[1].forEach((edge) => gone.edges.add(edge));
    return found;
  };
  const weigh = () => {
    const calm = !gone.nodes.size && !gone.edges.size;
    tally.textContent = calm ? fill(tally.dataset.same, { count: number(ways.length) })
      : fill(tally.dataset.text, { before: number(ways.length), after: number(ways.filter(alive).length) });
    boxes.forEach(({ box, what, at }) => { box.checked = !gone[what].has(at); });
    reset.hidden = calm;
    before ||= asFound();
    const after = calm ? before : best();
    const pairs = before.map((was, at) => ({ ...was, then: after[at].value })).filter((pair) => pair.value > 0);
    const joined = document.getElementById("if-pairs");
    joined.textContent = fill(joined.dataset.text, { before: number(pairs.length), after: number(pairs.filter((pair) => pair.then > 0).length) });
    const changes = pairs.filter((pair) => Math.abs(pair.value - pair.then) > 1e-9);
    const shown = calm ? pairs : changes;
    const body = table.tBodies[0];
    body.replaceChildren(...shown.slice(0, SHOWN).map((pair) => {
      const row = make("tr", "", make("th", "", bdi(name(pair.server))), make("td", "", bdi(name(pair.target)), " ", make("span", "quiet", kind(pair.target))),
        make("td", "n", said(pair.value)), make("td", "n", calm ? "=" : said(pair.then)));
      row.firstElementChild.scope = "row";
      return row;
    }));
    const rest = changes.length - SHOWN;
    const note = calm ? "" : rest > 0 ? fill(table.dataset.cut, { count: number(rest) }) : changes.length ? "" : table.dataset.calm;
    if (note) {
      const cell = make("td", "quiet", note);
      cell.colSpan = 4;
      body.append(make("tr", "", cell));
    }
  };
  if (panel && ways.length) {
    most((node) => !isServer(node), 9).forEach((node) => lever("nodes", node));
    most(isServer, 5).forEach((node) => lever("nodes", node));
    listeners.push(weigh);
    reset.addEventListener("click", () => { gone.nodes.clear(); gone.edges.clear(); changed(); });
    const find = document.getElementById("if-find");
    const names = document.getElementById("if-names");
    const spelled = new Map();
    find.addEventListener("focus", () => {
      if (names.children.length) return;
      passed.forEach((_, node) => spelled.set(`${name(node)} (${kind(node)})`, node));
      names.append(...[...spelled.keys()].map((each) => new Option(each, each)));
    });
    find.addEventListener("change", () => {
      const node = spelled.get(find.value) ?? [...passed.keys()].find((each) => name(each) === find.value);
      if (node === undefined) return;
      find.value = "";
      lever("nodes", node);
      gone.nodes.add(node);
      changed();
    });
    find.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); find.dispatchEvent(new Event("change")); } });
    document.querySelectorAll("button[data-cut]").forEach((each) => {
      each.hidden = false;
      each.addEventListener("click", () => {
        lever(each.dataset.cut, Number(each.dataset.at));
        gone[each.dataset.cut].add(Number(each.dataset.at));
        changed();
        document.getElementById("what-if-h").scrollIntoView();
      });
    });
    panel.hidden = false;
    weigh();
  }

  return { data, make, bdi, fill, number, name, kind, verb, strength, ways, gone, dead, alive, toggle, told, lever, listeners, lit, passed, isServer };
})();
