"use strict";
// The picture that moves: the same places as the still one, drawn by Cytoscape.js.
(() => {
  const { data, make, bdi, fill, number, name, kind, verb, strength, ways, gone, dead, toggle, told, lever, listeners, lit, isServer } = tocsinTrusts;
  const root = document.documentElement;
  const canvas = document.getElementById("graph");
  const panel = document.getElementById("graph-panel");
  const form = document.getElementById("graph-form");
  const said = document.getElementById("graph-said");
  const { nodes, edges, bands, folded, width, height, box: [WIDTH, HEIGHT] } = data.drawn;

  document.querySelector(".still").hidden = true;
  document.querySelector(".live").hidden = false;

  // Which drawn node and line stand for those of the run.
  const where = new Map(Object.entries(folded).map(([node, at]) => [Number(node), at]));
  nodes.forEach((node, at) => { if (node[0] >= 0) where.set(node[0], at); });
  const lineOf = new Map(edges.map((edge, at) => [`${edge[0]} ${edge[1]} ${edge[2]}`, at]));
  const drawnLine = (edge) => lineOf.get(`${where.get(data.src[edge])} ${where.get(data.dst[edge])} ${data.classes[data.cls[edge]][0]}`);

  const colour = (variable) => {
    const probe = make("span", "");
    probe.style.color = `var(${variable})`;
    document.body.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };
  const bend = (points) => {
    const [x1, y1, , b, , d, x2, y2] = points;
    const [a, c] = [x1 + (points[2] - x1) * 0.8, x2 + (points[4] - x2) * 0.8];
    const [dx, dy] = [x2 - x1, y2 - y1];
    const long = Math.hypot(dx, dy) || 1;
    const at = [[a, b], [c, d]].map(([x, y]) => [((x - x1) * dx + (y - y1) * dy) / (long * long), (-(x - x1) * dy + (y - y1) * dx) / long]);
    return { weights: at.map((each) => each[0].toFixed(3)).join(" "), distances: at.map((each) => each[1].toFixed(1)).join(" ") };
  };
  const end = (x, y, at) => `${x - nodes[at][1] - WIDTH / 2}px ${y - nodes[at][2] - HEIGHT / 2}px`;
  const elements = [
    ...bands.map(([x, y, w, h, title], at) => ({ group: "nodes", classes: "band", selectable: false, grabbable: false,
      data: { id: "b" + at, w, h }, position: { x: x + w / 2, y: y + h / 2 } })),
    ...bands.map(([x, y, , , title], at) => ({ group: "nodes", classes: "band title", selectable: false, grabbable: false,
      data: { id: "t" + at, label: title }, position: { x: x + 8, y: y + 15 } })),
    ...nodes.map(([, x, y, label, under, look, urgent, count], at) => ({ group: "nodes", grabbable: false,
      classes: [look, urgent ? "urgent" : "", count ? "fold" : ""].join(" "),
      data: { id: "n" + at, at, label }, position: { x: x + WIDTH / 2, y: y + HEIGHT / 2 } })),
    ...nodes.map(([, x, y, label, under], at) => ({ group: "nodes", classes: "under", selectable: false, grabbable: false,
      data: { id: "u" + at, label: under }, position: { x: x + WIDTH / 2, y: y + HEIGHT / 2 + (label.includes("\n") ? 18 : 10) } })),
    ...edges.map((edge, at) => ({ group: "edges", classes: data.origin[edge[3]] + (edge[6] > 1 ? " many" : ""),
      data: { id: "e" + at, at, source: "n" + edge[0], target: "n" + edge[1], label: data.verb[edge[2]], ...bend(edge.slice(7)),
        from: end(edge[7], edge[8], edge[0]), to: end(edge[13], edge[14], edge[1]) } })),
  ];
  const look = () => {
    const [ink, quiet, rule, paper, wash, alarm, link] = ["--ink", "--quiet", "--rule", "--paper", "--wash", "--alarm", "--link"].map(colour);
    const font = getComputedStyle(document.body).fontFamily;
    const box = { shape: "round-rectangle", width: WIDTH, height: HEIGHT, "background-color": paper, "border-width": 1, "border-color": quiet,
      label: "data(label)", color: ink, "font-size": 13.5, "font-family": font, "line-height": 1.2, "text-margin-y": -8, "text-wrap": "wrap", "text-max-width": 4 * WIDTH,
      "text-valign": "center", "text-halign": "center", "z-index": 10, "z-index-compare": "manual", "overlay-opacity": 0 };
    const line = { "z-index": 5, "z-index-compare": "manual", width: 1.4, "line-color": quiet, "target-arrow-color": quiet, "target-arrow-shape": "triangle", "arrow-scale": 0.8,
      "curve-style": "unbundled-bezier", "edge-distances": "endpoints", "control-point-weights": "data(weights)", "control-point-distances": "data(distances)",
      "source-endpoint": "data(from)", "target-endpoint": "data(to)", "overlay-padding": 5, "overlay-opacity": 0 };
    return [
      { selector: "node", style: box },
      { selector: "node.band", style: { shape: "round-rectangle", width: "data(w)", height: "data(h)", "background-color": wash, "border-width": 0, label: "", "z-index": 0, events: "no" } },
      { selector: "node.title", style: { width: 1, height: 1, label: "data(label)", color: quiet, "font-size": 13, "text-margin-y": 0, "text-halign": "right", "z-index": 1 } },
      { selector: "node.under", style: { width: 1, height: 1, "background-opacity": 0, "border-width": 0, color: quiet, "font-size": 11.5, "text-margin-y": 0, "z-index": 21, events: "no" } },
      { selector: "node.server", style: { "border-color": ink } },
      { selector: "node.key", style: { shape: "cut-rectangle" } },
      { selector: "node.outside", style: { shape: "round-rectangle", "corner-radius": HEIGHT / 2 } },
      { selector: "node.target", style: { "border-width": 2.5, "border-color": ink } },
      { selector: "node.fold", style: { "border-style": "double", "border-width": 4 } },
      { selector: "node.urgent", style: { "border-width": 2.5, "border-color": alarm } },
      { selector: "edge", style: line },
      { selector: "edge.many", style: { width: 2.4 } },
      { selector: "edge.by-design", style: { "line-style": "dashed", "line-dash-pattern": [7, 5] } },
      { selector: "edge.assumed", style: { "line-style": "dashed", "line-dash-pattern": [1.5, 4] } },
      { selector: "edge.observed", style: { width: 2, "line-color": wash, "line-outline-width": 1.5, "line-outline-color": quiet } },
      { selector: ".dim", style: { opacity: 0.16 } },
      { selector: ".cut", style: { opacity: 0.28, color: quiet } },
      { selector: "node.cut", style: { "border-style": "dashed" } },
      { selector: ".hid", style: { display: "none" } },
      { selector: "edge.lit, edge:selected", style: { width: 3, "line-color": link, "target-arrow-color": link, "z-index": 8 } },
      { selector: "edge.told, edge:selected", style: { label: "data(label)", "font-size": 11, "font-family": font,
        color: link, "text-background-color": paper, "text-background-opacity": 0.9, "text-background-padding": 2, "z-index": 9 } },
      { selector: "edge.observed.lit, edge.observed:selected", style: { width: 2, "line-color": paper, "line-outline-width": 2, "line-outline-color": link } },
      { selector: "node.lit, node:selected", style: { "border-width": 3, "border-color": link, "z-index": 20 } },
    ];
  };
  const cy = cytoscape({ container: canvas, elements, style: look(), layout: { name: "preset" }, minZoom: 0.12, maxZoom: 3,
    userZoomingEnabled: false, boxSelectionEnabled: false, selectionType: "single" });
  window.tocsinGraph = cy;
  // A thing, and the words below its name.
  const both = (at) => cy.$id("n" + at).union(cy.$id("u" + at));
  const PAD = 12;
  const fit = () => {
    const room = canvas.clientWidth - 2 * PAD;
    const most = Math.max(innerHeight * 0.82, 340);
    const zoom = Math.min(1.1, Math.max(Math.min(room / width, (most - 2 * PAD) / height), 0.6));
    canvas.style.height = `${Math.round(Math.min(Math.max(height * zoom + 2 * PAD, 260), most))}px`;
    cy.resize();
    cy.zoom(zoom);
    cy.pan({ x: Math.max(PAD, (canvas.clientWidth - width * zoom) / 2), y: Math.max(PAD, (canvas.clientHeight - height * zoom) / 2) });
  };
  const whole = () => { cy.fit(undefined, PAD); };
  fit();
  let room = canvas.clientWidth;
  addEventListener("resize", () => { if (canvas.clientWidth !== room) { room = canvas.clientWidth; fit(); } });
  const paint = () => cy.style(look());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  new MutationObserver(paint).observe(root, { attributes: true, attributeFilter: ["data-theme"] });

  // The panel: what was chosen.
  const button = (text, act) => {
    const made = make("button", "", text);
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  };
  const taker = (what, at) => button(gone[what].has(at) ? panel.dataset.back : panel.dataset.take, () => { lever(what, at); toggle(what, at); });
  const LISTED = 12;
  let again = null;
  const nothing = () => { again = null; panel.replaceChildren(make("p", "quiet", panel.dataset.none)); };
  const tellEdge = (edge, alike) => {
    again = () => tellEdge(edge, alike);
    const card = told(edge);
    const head = make("h4", "", bdi(name(data.src[edge])), " ", make("span", "verb", verb(edge)), " ", bdi(name(data.dst[edge])));
    panel.replaceChildren(...(alike > 1 ? [make("p", "quiet", fill(panel.dataset.alike, { count: number(alike) }))] : []), head,
      ...(card ? [card] : [make("p", "num quiet", `${data.originWord[data.classes[data.cls[edge]][2]]} · ${strength(edge).toFixed(2)}`)]), taker("edges", edge));
  };
  const links = (title, found) => {
    if (!found.length) return [];
    const list = make("ul", "", ...found.slice(0, LISTED).map((line) => {
      const edge = edges[line.data("at")];
      return make("li", "", button(`${name(data.src[edge[5]])} ${data.verb[edge[2]]} ${name(data.dst[edge[5]])}`, () => choose(line)));
    }));
    return [make("p", "quiet", fill(title, { count: number(found.length) })), list];
  };
  const tellNode = (at) => {
    again = () => tellNode(at);
    const [node, , , label, under, , , count] = nodes[at];
    const drawn = cy.$id("n" + at);
    const incoming = drawn.incomers("edge").toArray();
    const outgoing = drawn.outgoers("edge").toArray();
    const head = make("h4", "", bdi(node >= 0 ? name(node) : label.replace("\n", " ")), " ", make("span", "quiet", under));
    const through = node >= 0 ? tocsinTrusts.passed.get(node) || 0 : 0;
    panel.replaceChildren(head, ...(count ? [make("p", "quiet", fill(panel.dataset.fold, { count: number(count) }))] : []),
      ...(through ? [make("p", "", fill(panel.dataset.on, { count: number(through) }))] : []),
      ...links(panel.dataset.in, incoming), ...links(panel.dataset.out, outgoing), ...(node >= 0 ? [taker("nodes", node)] : []));
  };
  const choose = (line) => {
    const edge = edges[line.data("at")];
    cy.elements().unselect();
    line.select();
    tellEdge(edge[5], edge[6]);
  };
  nothing();
  cy.on("tap", "edge", (event) => choose(event.target));
  cy.on("tap", "node", (event) => {
    if (event.target.data("at") === undefined) return;
    cy.elements().unselect();
    event.target.select();
    tellNode(event.target.data("at"));
  });
  // The whole name of what the pointer is on.
  cy.on("mouseover", "node, edge", ({ target }) => {
    const at = target.data("at");
    if (target.isEdge()) canvas.title = `${name(data.src[edges[at][5]])} ${data.verb[edges[at][2]]} ${name(data.dst[edges[at][5]])}`;
    else if (at !== undefined) canvas.title = `${nodes[at][0] >= 0 ? name(nodes[at][0]) : nodes[at][3].replace("\n", " ")}, ${nodes[at][4]}`;
  });
  cy.on("mouseout", () => { canvas.title = ""; });
  cy.on("tap", (event) => { if (event.target === cy) { cy.elements().removeClass("lit told").unselect(); said.textContent = ""; nothing(); } });

  // Ways that light up: one that was opened in the list, or those that an action cuts.
  const light = (chosen) => {
    cy.batch(() => {
      cy.elements().removeClass("lit told");
      chosen.forEach((way) => way.edges.forEach((edge) => {
        const at = drawnLine(edge);
        if (at !== undefined) cy.$id("e" + at).addClass(chosen.length === 1 ? "lit told" : "lit").connectedNodes().addClass("lit");
      }));
    });
    said.textContent = chosen.length === 1
      ? fill(said.dataset.way, { number: chosen[0].at + 1, steps: [chosen[0].server, ...chosen[0].edges.map((edge) => data.dst[edge])].map(name).join(" → ") })
      : fill(said.dataset.ways, { count: number(chosen.length) });
  };
  lit.push(light);
  document.querySelectorAll("button[data-ways]").forEach((each) => {
    each.hidden = false;
    each.addEventListener("click", () => {
      light(each.dataset.ways.split(" ").map((at) => ways[at - 1]).filter(Boolean));
      document.getElementById("picture").scrollIntoView();
    });
  });

  // Filters.
  const pick = (key) => form.querySelector(`[data-pick=${key}]`);
  const starts = [...new Set(ways.map((way) => way.server))].filter((each) => each >= 0);
  starts.forEach((at) => pick("server").append(new Option(name(at), at)));
  [...new Set(ways.map((way) => way.target))].filter((each) => each >= 0).forEach((at) => pick("target").append(new Option(`${name(at)} (${kind(at)})`, at)));
  const apply = () => {
    const server = pick("server").value;
    const target = pick("target").value;
    const least = Number(pick("strength").value);
    const origins = new Set([...form.querySelectorAll("[data-origin][aria-pressed=true]")].map((each) => each.dataset.origin));
    const chosen = server === "" && target === "" ? null
      : ways.filter((way) => (server === "" || way.server === Number(server)) && (target === "" || way.target === Number(target)));
    const kept = chosen && new Set(chosen.flatMap((way) => way.edges.map(drawnLine)));
    cy.batch(() => {
      edges.forEach((edge, at) => {
        const line = cy.$id("e" + at);
        line.toggleClass("hid", !origins.has(data.origin[edge[3]]) || edge[4] / 1000 < least);
        line.toggleClass("dim", Boolean(kept) && !kept.has(at));
      });
      nodes.forEach((node, at) => {
        const shown = cy.$id("n" + at).connectedEdges().some((line) => !line.hasClass("hid") && !line.hasClass("dim"));
        both(at).toggleClass("dim", !shown);
      });
    });
    said.textContent = chosen ? fill(said.dataset.ways, { count: number(chosen.length) }) : "";
  };
  form.querySelectorAll("select").forEach((each) => each.addEventListener("change", apply));
  form.querySelectorAll("[data-origin]").forEach((each) => each.addEventListener("click", () => {
    each.setAttribute("aria-pressed", each.getAttribute("aria-pressed") === "true" ? "false" : "true");
    apply();
  }));
  const zoom = (by) => cy.zoom({ level: cy.zoom() * by, renderedPosition: { x: canvas.clientWidth / 2, y: canvas.clientHeight / 2 } });
  form.querySelectorAll("[data-zoom]").forEach((each) => each.addEventListener("click", () => {
    if (each.dataset.zoom === "fit") whole(); else zoom(Number(each.dataset.zoom));
  }));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 1.1 : 0.9);
  }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
    if (step) cy.panBy({ x: step[0], y: step[1] });
    else if (event.key === "+") zoom(1.25);
    else if (event.key === "-") zoom(0.8);
    else if (event.key === "0") whole();
    else return;
    event.preventDefault();
  });

  // What was taken away fades.
  listeners.push(() => {
    cy.batch(() => {
      edges.forEach((edge, at) => cy.$id("e" + at).toggleClass("cut", edge[6] === 1 ? dead(edge[5]) : gone.nodes.has(nodes[edge[0]][0]) || gone.nodes.has(nodes[edge[1]][0])));
      nodes.forEach((node, at) => both(at).toggleClass("cut", gone.nodes.has(node[0])));
    });
    if (again) again();
  });
})();
