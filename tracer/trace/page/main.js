// Puts the views together, once all lines are there.

const byId = id => document.getElementById(id);

const kKeys = [["/", "search"], ["1 … 5", "choose a view"], ["f", "failed only"], ["Tab", "to the next part"],
  ["↑ ↓ Page Home End", "in a list: move"], ["← →", "in a tree: close, open"], ["Enter", "details of what is chosen"],
  ["← → ↑ ↓", "in the timeline: move in time, between lanes"], ["+ − 0", "in the timeline: zoom, show all"],
  [", .", "in the timeline: previous, next event of the lane"], ["Esc", "close the details, empty the search"], ["?", "this list"]];

const kMinor = new Set(["watched by", "what", "machine", "began", "cost of the trace", "by"]);  // left out where there is little room

class App {
  constructor(model, diagnosis) {
    this.model = model;
    this.head(diagnosis);
    this.details = new Details(byId("details"), model, this);
    const views = {timeline: Timeline, processes: Processes, libraries: Libraries, calls: Calls, events: Events};
    this.views = Object.fromEntries(Object.entries(views).map(([id, View]) => [id, new View(byId(id), model, this)]));
    this.tabs = [...byId("tabs").children];
    for (const tab of this.tabs) tab.addEventListener("click", () => this.open(tab.getAttribute("aria-controls")));
    byId("tabs").addEventListener("keydown", event => this.tabKey(event));
    byId("search").addEventListener("input", () => this.searchSoon());
    byId("failed").addEventListener("click", () => this.toggleFailed());
    document.addEventListener("keydown", event => this.key(event));
    byId("keys").append(...kKeys.flatMap(([key, what]) => [element("dt", {}, element("kbd", {}, key)), element("dd", {}, what)]));
    this.search();
    this.open(Object.keys(this.views).find(id => `#${id}` === location.hash) ?? "timeline");
  }

  head(diagnosis) {
    const {model} = this;
    const {trace = {}, last} = model;
    const command = visible((trace.argv ?? []).join(" ")) || "A trace";
    byId("command").textContent = command;
    document.title = `${command} – trace`;
    const missed = model.events.filter(event => event.missed).length;
    const failed = model.events.filter(event => event.failed).length - missed;
    const facts = [["took", duration(model.end)], ["processes", model.processes.length.toLocaleString("en")],
      ["events", model.events.length.toLocaleString("en")], ["failed", `${failed.toLocaleString("en")}${missed ? `, and ${count(missed, "file")} not there` : ""}`],
      ["GPUs", trace.gpus === undefined ? undefined : trace.gpus.length ? trace.gpus.map(visible).join("; ") : "none virtual: only watched"],
      ["watched by", trace.engine], ["what", trace.filter], ["machine", trace.kernel],
      ["began", trace.began === undefined ? undefined : new Date(asNumber(trace.began) / 1e6).toISOString().slice(0, 19) + "Z"],
      ["cost of the trace", last?.cpu === undefined ? undefined : `${duration(asNumber(last.cpu))} of processor time`], ["by", trace.product]];
    byId("facts").append(...facts.filter(([, value]) => value !== undefined && value !== "").map(([key, value]) =>
      element("div", {class: kMinor.has(key) ? "minor" : undefined}, element("dt", {}, key), element("dd", {}, visible(value)))));
    this.notices();
    if (diagnosis) {
      byId("diagnosis").hidden = false;
      byId("diagnosis-text").append(...this.linked(diagnosis));
    }
  }

  /** What the trace says of itself: it may be cut off, or not have seen all. */
  notices() {
    const {model} = this;
    const lines = [];
    if (model.events.length === 0) lines.push(["This trace has no events."]);
    else if (!model.last) lines.push(["The trace has no end: its writer was killed or found no room, or still runs."]);
    if (model.broken > 0) lines.push([`${count(model.broken, "line")} could not be read.`]);
    for (const event of model.events)
      if ((event.kind === "lost" || event.kind === "blind") && lines.length < 5) lines.push([visible(title(event)), event]);
    byId("notices").hidden = lines.length === 0;
    byId("notices").append(...lines.map(([text, event]) => element("p", {}, text,
      event && element("button", {class: "link", onclick: () => this.show(event)}, `line ${event.line}`))));
  }

  /** The diagnosis, with the trace's lines that it names as links. */
  linked(text) {
    const byLine = new Map(this.model.events.map(event => [event.line, event]));
    return text.split(/(\bline \d+)/).map(part => {
      const event = /^line \d+$/.test(part) ? byLine.get(Number(part.slice(5))) : undefined;
      return event ? element("button", {class: "link", onclick: () => this.show(event)}, part) : visible(part).replaceAll("\\n", "\n");
    });
  }

  open(id) {
    for (const tab of this.tabs) {
      const chosen = tab.getAttribute("aria-controls") === id;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      byId(tab.getAttribute("aria-controls")).hidden = !chosen;
    }
    this.view = this.views[id];
    this.view.update();
    this.view.resize?.();
  }

  select(event, reveal) {
    this.selected = event;
    this.views.timeline.mark(event, reveal);
  }
  show(event, process) {
    this.select(event, true);
    this.details.show(event, process);
  }
  focusDetails() { byId("details").focus(); }

  /** Shows an event in another view. */
  reveal(event, id) {
    if (!this.model.match[event.index]) this.searchFor("");
    this.open(id);
    if (id === "timeline") return this.select(event, "zoom");
    const {list} = this.views[id];
    list.box.focus();
    list.go(list.rows.indexOf(event));
  }

  searchFor(query) {
    byId("search").value = query;
    byId("failed").ariaPressed = "false";
    this.search();
  }
  searchSoon() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.search(), this.model.events.length > 20000 ? 150 : 0);
  }
  search() {
    this.model.search(byId("search").value, byId("failed").ariaPressed === "true");
    byId("found").textContent = this.model.filtered ? `${this.model.matches.toLocaleString("en")} of ${count(this.model.events.length, "event")}` : "";
    this.view?.update();
  }
  toggleFailed() {
    byId("failed").ariaPressed = String(byId("failed").ariaPressed !== "true");
    this.search();
  }

  tabKey(event) {
    const now = this.tabs.indexOf(document.activeElement);
    const next = {ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: this.tabs.length - 1}[event.key];
    if (next === undefined || now < 0) return;
    const tab = this.tabs.at(next % this.tabs.length);
    this.open(tab.getAttribute("aria-controls"));
    tab.focus();
    event.preventDefault();
  }

  key(event) {
    const typing = event.target.matches("input");
    if (event.ctrlKey || event.altKey || event.metaKey || byId("help").open) return;
    if (event.key === "Escape" && typing) {
      this.searchFor("");
      this.view.list.box.focus();
    } else if (typing && (event.key === "Enter" || event.key === "ArrowDown")) {
      this.view.list.box.focus();
    } else if (typing) {
      return;
    } else if (event.key === "Escape" && !byId("details").hidden) {
      this.details.close();
    } else if (event.key === "/") {
      byId("search").focus();
      byId("search").select();
    } else if (event.key === "f") {
      this.toggleFailed();
    } else if (event.key === "?") {
      byId("help").showModal();
    } else if (/^[1-5]$/.test(event.key)) {
      this.open(this.tabs[Number(event.key) - 1].getAttribute("aria-controls"));
      this.view.list.box.focus();
    } else {
      return;
    }
    event.preventDefault();
  }
}

addEventListener("DOMContentLoaded", () => {
  const diagnosis = byId("diagnosis-json")?.textContent;
  window.app = new App(new Model(byId("lines").textContent), diagnosis && JSON.parse(diagnosis));
});
