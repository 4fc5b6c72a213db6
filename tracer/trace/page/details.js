// All that one event says, and where to go from there.

class Details {
  constructor(host, model, app) {
    Object.assign(this, {host, model, app});
    host.addEventListener("keydown", event => event.key === "Escape" && this.close());
  }

  show(event, process = event?.process) {
    if (!event) return;
    this.event = event;
    const {fields} = event;
    const go = (text, action) => element("button", {onclick: action}, text);
    this.host.hidden = false;
    this.host.replaceChildren(
      element("div", {class: "details-head"}, element("h2", {}, visible(title(event)).slice(0, 300)),
        element("button", {class: "close", "aria-label": "Close the details", onclick: () => this.close()}, "×")),
      element("p", {class: event.failed ? "failed outcome" : "outcome"},
        [`line ${event.line}`, event.kind, outcome(fields)].filter(Boolean).map(visible).join(" · ")),
      element("div", {class: "actions"}, go("In the timeline", () => this.app.reveal(event, "timeline")),
        go("In all events", () => this.app.reveal(event, "events")),
        process && go("Only this process", () => this.app.searchFor(`pid:${process.pid}`))),
      element("dl", {}, ...this.rows(event, process).flatMap(([key, value]) => [element("dt", {}, key), element("dd", {}, value)])));
  }

  rows(event, process) {
    const {fields} = event;
    const rows = [["at", `${moment(event.begin)} s`]];
    if (process) rows.push(["process", `${process.label}${fields.tid && fields.tid !== process.pid ? `, thread ${fields.tid}` : ""}`]);
    const said = new Set(["t", "pid", "tid", "event"]);
    for (const [key, value] of Object.entries(fields)) if (!said.has(key)) rows.push([key, this.value(key, value)]);
    if (process?.exit && process.exit !== event) rows.push(["its end", exitText(process.exit.fields)]);
    return rows;
  }

  value(key, value) {
    if (Array.isArray(value))
      return value.length === 0 ? "none" : element("ol", {}, ...value.map(item => element("li", {}, visible(item))));
    if (key === "duration" || key === "cpu") return `${duration(value)} (${value.toLocaleString("en")} ns)`;
    if (key === "bytes") return `${bytes(value)} (${value.toLocaleString("en")})`;
    if (key === "began") return new Date(asNumber(value) / 1e6).toISOString();
    if (key === "real") return value ? "answered by the kernel" : "virtual";
    return visible(value);
  }

  close() {
    const had = this.host.contains(document.activeElement);
    this.host.hidden = true;
    this.app.select(undefined);
    if (had) this.app.view.list.box.focus();
  }
}
