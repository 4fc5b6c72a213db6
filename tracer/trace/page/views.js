// The lists: processes, libraries, calls, events.

/** The process tree. */
class Processes {
  constructor(host, model, app) {
    Object.assign(this, {model, closed: new Set()});
    const column = (key, title, width, more = {}) => ({key, title, width, ...more});
    this.list = new List(host, {
      id: "tree", label: "Process tree", role: "tree",
      columns: [column("name", "Process", "minmax(7.5rem, 1.2fr)"), column("command", "Command line", "minmax(6rem, 3fr)", {class: "code"}),
        column("began", "Began, s", "6rem", {class: "number narrow"}), column("files", "Files", "4.5rem", {class: "number narrow"}),
        column("calls", "GPU calls", "5.5rem", {class: "number narrow"}), column("kernels", "Kernels", "5rem", {class: "number narrow"}),
        column("failures", "Failed", "4.5rem", {class: "number"}), column("exit", "End", "minmax(5rem, 1fr)", {class: "marked"})],
      cells: ({process}) => [process.label, process.command, moment(process.begin), process.files || "", process.calls || "",
        process.kernels || "", process.failures || "", process.exit ? exitText(process.exit.fields) : "still ran"],
      classes: ({process}) => process.exit?.failed ? "failed" : "",
      select: ({process}) => app.show(process.programs.at(-1) ?? process.first, process),
      toggle: ({process}) => {
        if (!this.closed.delete(process)) this.closed.add(process);
        this.update();
      },
    });
  }

  update() {
    const shown = new Set();
    if (this.model.filtered)
      this.model.events.forEach((event, i) => {
        if (this.model.match[i])
          for (let process = event.process; process && !shown.has(process); process = process.parent) shown.add(process);
      });
    const rows = [];
    const stack = this.model.roots.map(process => [process, 0]).reverse();
    while (stack.length > 0) {
      const [process, level] = stack.pop();
      if (this.model.filtered && !shown.has(process)) continue;
      const open = process.children.length === 0 ? undefined : !this.closed.has(process);
      rows.push({process, level, open});
      if (open) for (const child of [...process.children].reverse()) stack.push([child, level + 1]);
    }
    this.list.setRows(rows, (a, b) => a.process === b.process);
  }
}

/** For each library that a process looked for: the paths in the order in which they were tried. */
class Libraries {
  constructor(host, model, app) {
    Object.assign(this, {model, groups: [], opened: new Set()});
    const groups = new Map();
    for (const event of model.events) {
      const name = this.libraryOf(event);
      if (name === "" || !event.process) continue;
      const key = `${event.process.pid} ${event.process.begin} ${name}`;
      let group = groups.get(key);
      if (!group) groups.set(key, group = {name, process: event.process, steps: [], failed: 0, found: undefined, mapped: undefined});
      group.steps.push(event);
      if (event.kind === "map") group.mapped = event;
      else if (event.failed) ++group.failed;
      else group.found = event;
    }
    this.groups = [...groups.values()];
    for (const group of this.groups) group.missing = !group.mapped && !group.found;
    this.list = new List(host, {
      id: "libraries-list", label: "Libraries and where they were looked for", role: "tree",
      columns: [{title: "Library, and the paths as tried", width: "minmax(12rem, 3fr)", class: "code marked"},
        {title: "Process", width: "minmax(5rem, 1fr)", class: "narrow"}, {title: "Outcome", width: "minmax(8rem, 2fr)", class: "marked"},
        {title: "At, s", width: "6rem", class: "number narrow"}, {title: "Took", width: "5rem", class: "number narrow"}],
      cells: row => row.group ? this.groupCells(row.group) : this.stepCells(row.step),
      classes: row => row.group ? (row.group.missing ? "failed group" : "group") : look(row.step),
      select: row => app.show(row.step ?? row.group.mapped ?? row.group.steps.at(-1)),
      toggle: ({group}) => {
        if (!this.opened.delete(group)) this.opened.add(group);
        this.update();
      },
    });
  }

  libraryOf({kind, fields}) {
    if (kind === "map") return baseName(fields.library ?? fields.resolved);
    if (kind !== "file") return "";
    const name = baseName(fields.path);
    return /\.so(\.\d+)*$/.test(name) ? name : "";
  }

  groupCells(group) {
    const tries = group.failed === 0 ? "at once" : `after ${count(group.failed, "failed try", "failed tries")}`;
    const place = group.mapped ?? group.found;
    const outcome = group.missing ? `not found: ${count(group.failed, "path")} tried`
      : `${group.mapped ? "mapped" : "found"} ${tries}${group.mapped ? "" : ", never mapped"}${place.fields.real === 0 ? ", virtual" : ""}`;
    return [group.name, group.process.label, outcome, moment(group.steps[0].begin), ""];
  }

  stepCells(step) {
    const f = step.fields;
    const answered = f.real === 0 ? ` — ${f.why ?? "virtual"}` : "";
    const text = step.kind === "map" ? `mapped${f.needed_by ? `, needed by ${f.needed_by}` : ", asked for by dlopen"}`
      : `${f.call}: ${f.error ?? "found"}`;
    return [step.kind === "map" ? f.resolved ?? f.library : f.path, "", text + answered, moment(step.begin), duration(f.duration)];
  }

  update() {
    const {match, filtered} = this.model;
    const rows = [];
    for (const group of this.groups) {
      const steps = filtered ? group.steps.filter(step => match[step.index]) : group.steps;
      if (steps.length === 0) continue;
      const open = this.opened.has(group) || (filtered && steps.length < 50) || this.groups.length < 12;
      rows.push({group, level: 0, open});
      if (open) for (const step of steps) rows.push({step, level: 1});
    }
    this.list.setRows(rows, (a, b) => a.group === b.group && a.step === b.step);
  }
}

const compare = (a, b) => typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", {numeric: true});

/** A table whose rows can be put in the order of a column. */
class Table {
  constructor(host, {id, label, columns, rows, select, classes}) {
    Object.assign(this, {columns, rows, order: undefined, descending: false});
    this.list = new List(host, {id, label, columns: columns.map(column => ({...column, sort: true})), select, classes,
      cells: row => columns.map(column => (column.text ?? column.value)(row)),
      sort: column => {
        this.descending = this.order?.key === column.key ? !this.descending : column.class?.includes("number") ?? false;
        this.order = columns.find(one => one.key === column.key);
        this.update();
      }});
  }

  update() {
    const rows = this.rows();
    if (this.order) {
      const sign = this.descending ? -1 : 1;
      const keyed = rows.map((row, i) => [this.order.value(row), i, row]);
      keyed.sort((a, b) => sign * compare(a[0], b[0]) || a[1] - b[1]);
      rows.forEach((_, i) => rows[i] = keyed[i][2]);
      this.list.showOrder(this.order.key, this.descending);
    }
    this.list.setRows(rows, (a, b) => a === b || (a.key !== undefined && a.key === b.key));
  }
}

const kEventColumns = {
  time: {key: "time", title: "At, s", width: "6.2rem", class: "number", value: event => event.begin, text: event => moment(event.begin)},
  process: {key: "process", title: "Process", width: "minmax(5rem, 1fr)", class: "narrow", value: event => event.process?.label ?? ""},
  thread: {key: "thread", title: "Thread", width: "4.5rem", class: "number narrow", value: event => event.fields.tid},
  took: {key: "took", title: "Took", width: "5rem", class: "number", value: event => event.fields.duration ?? -1, text: event => duration(event.fields.duration)},
};

/** Rows of the same name as one row. */
function summed(events, nameOf) {
  const sums = new Map();
  for (const event of events) {
    const key = nameOf(event);
    let sum = sums.get(key);
    if (!sum) sums.set(key, sum = {key, kind: event.kind, count: 0, failed: 0, total: 0, most: 0, first: event});
    const took = asNumber(event.fields.duration);
    ++sum.count;
    sum.failed += event.failed ? 1 : 0;
    sum.total += took;
    if (took >= sum.most) Object.assign(sum, {most: took, longest: event});
  }
  return [...sums.values()];
}

/** GPU calls: each, by function, and what ran on the device. */
class Calls {
  constructor(host, model, app) {
    const ofKinds = (...kinds) => () => model.events.filter((event, i) => model.match[i] && kinds.includes(event.kind));
    const {time, process, thread, took} = kEventColumns;
    const field = (key, title, width, more = {}) => ({key, title, width, value: event => event.fields[key] ?? "", ...more});
    const number = (key, title, text, more = "") => ({key, title, width: "minmax(4rem, 7rem)", class: `number ${more}`, value: sum => sum[key], text: text && (sum => text(sum[key]))});
    const sumColumns = name => [{key: "name", title: name, width: "minmax(10rem, 1fr)", class: "code marked", value: sum => sum.key},
      number("count", "Times", n => n.toLocaleString("en")), number("failed", "Failed", n => n || "", "marked"),
      number("total", "Total", duration), number("most", "Longest", duration)];
    const common = {select: row => app.show(row.longest ?? row), classes: row => row.failed ? "failed" : ""};
    const calls = ofKinds("api", "unsupported"), work = ofKinds("launch", "copy", "compile", "load");
    const modes = [
      ["each", "Each call", {...common, columns: [time, process, thread, field("call", "Call", "minmax(8rem, 1.6fr)", {class: "code marked"}),
        field("args", "Arguments", "minmax(8rem, 3fr)", {class: "code narrow"}), field("answer", "Result", "minmax(6rem, 1.3fr)", {class: "marked"}), took], rows: calls}],
      ["functions", "By function", {...common, columns: sumColumns("Function"), rows: () => summed(calls(), event => event.fields.call)}],
      ["device", "On the device", {...common, columns: [time, process, field("event", "What", "5rem"),
        {key: "title", title: "Kernel or copy", width: "minmax(8rem, 3fr)", class: "code marked", value: title}, field("grid", "Grid", "7rem", {class: "narrow"}),
        field("block", "Block", "7rem", {class: "narrow"}), field("stream", "Stream", "5rem", {class: "number narrow"}), took], rows: work}],
      ["kernels", "By kernel", {...common, columns: sumColumns("Kernel or copy"), rows: () => summed(work(), event => event.kind === "copy" ? `copy ${event.fields.kind}` : title(event))}],
    ];
    this.tables = new Map(modes.map(([id, name, options]) => {
      const panel = element("div", {class: "mode", hidden: true});
      return [id, {panel, name, table: new Table(panel, {id: `calls-${id}`, label: `GPU calls: ${name}`, ...options})}];
    }));
    this.choice = element("div", {class: "choice", role: "group", "aria-label": "Which calls"}, ...modes.map(([id, name]) =>
      element("button", {class: "toggle", "data-mode": id, onclick: () => this.choose(id)}, name)));
    host.append(this.choice, ...[...this.tables.values()].map(({panel}) => panel));
    this.choose("each");
  }

  choose(id) {
    this.mode = id;
    for (const [other, {panel}] of this.tables) panel.hidden = other !== id;
    for (const button of this.choice.children) button.ariaPressed = String(button.dataset.mode === id);
    this.update();
  }

  get list() { return this.tables.get(this.mode).table.list; }
  update() { this.tables.get(this.mode).table.update(); }
}

/** Everything, in the order of the trace. */
class Events {
  constructor(host, model, app) {
    const {time, process, thread} = kEventColumns;
    this.table = new Table(host, {id: "all", label: "All events", select: event => app.show(event),
      classes: look,
      columns: [{key: "line", title: "Line", width: "4.8rem", class: "number narrow", value: event => event.line}, time, process, thread,
        {key: "kind", title: "Event", width: "6.5rem", value: event => event.kind},
        {key: "text", title: "What happened", width: "minmax(8rem, 6fr)", class: "code marked", value: sentence}],
      rows: () => model.events.filter((_, i) => model.match[i])});
  }

  get list() { return this.table.list; }
  update() { this.table.update(); }
}
