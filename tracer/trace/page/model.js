// From lines to events, processes, threads and streams.

const asNumber = value => Number(value ?? 0);

/** The moment when something was, or from when to when; see slice.cpp for the same rule. */
function spanOf(fields) {
  const duration = fields.duration;
  if (duration === undefined || duration < 0 || fields.event === "end") return [fields.t, fields.t];
  const toldAtEnd = fields.event === "api" || fields.event === "compile";
  return toldAtEnd ? [Math.max(fields.t - duration, 0), fields.t] : [fields.t, fields.t + duration];
}

function hasFailed(fields) {
  if (fields.error !== undefined || asNumber(fields.result) < 0) return true;
  if (fields.answer !== undefined) return !/(SUCCESS|NOT_READY|_OK)$/.test(fields.answer);
  switch (fields.event) {
    case "exit": return fields.signal !== undefined || asNumber(fields.status) !== 0;
    case "symbol": return fields.result === 0;
    case "compile": return fields.message !== undefined && fields.duration === undefined;
    case "unsupported": case "lost": case "blind": return true;
    default: return false;
  }
}

/** A file that isn't there: programs ask for many of those, and go on. */
const isMiss = fields => fields.event === "file" && (fields.error === "ENOENT" || fields.error === "ENOTDIR");

const baseName = path => path === undefined ? "" : path.slice(path.lastIndexOf("/", path.length - 2) + 1);

class Process {
  constructor(pid, parent, begin) {
    Object.assign(this, {pid, parent, begin, end: undefined, how: undefined, exit: undefined,
      children: [], programs: [], first: undefined, files: 0, calls: 0, kernels: 0, failures: 0});
  }
  get name() {
    const last = this.programs.at(-1);
    if (last) return baseName(last.fields.resolved ?? last.fields.path);
    return this.parent ? this.parent.name : "";
  }
  get label() { return `${this.name || "process"} ${this.pid}`; }
  get command() {
    const last = this.programs.at(-1);
    if (!last) return this.parent ? `(a ${this.how ?? "child"} of ${this.parent.label})` : "";
    return (last.fields.argv ?? [last.fields.path]).join(" ");
  }
}

class Model {
  constructor(text) {
    this.events = [];
    this.processes = [];
    this.roots = [];
    this.current = new Map();  // pid -> the process that has it now
    this.broken = 0;
    this.end = 1;
    let line = 0;
    for (let at = 0; at < text.length;) {
      let next = text.indexOf("\n", at);
      if (next < 0) next = text.length;
      if (next > at) this.addLine(text.slice(at, next), ++line);
      at = next + 1;
    }
    this.match = new Uint8Array(this.events.length).fill(1);
    this.matches = this.events.length;
  }

  addLine(json, line) {
    let fields;
    try {
      fields = JSON.parse(json);
    } catch {
      ++this.broken;  // the last line of a trace that was cut off
      return;
    }
    const [begin, end] = spanOf(fields);
    const event = {line, json, fields, begin, end, index: this.events.length,
      kind: fields.event, failed: hasFailed(fields), missed: isMiss(fields), process: undefined};
    this.events.push(event);
    this.end = Math.max(this.end, end);
    if (event.kind === "trace") this.trace = fields;
    else if (event.kind === "end") this.last = fields;
    else if (fields.pid) this.addToProcess(event);
  }

  processOf(pid, begin) {
    let process = this.current.get(pid);
    if (!process) this.addProcess(process = new Process(pid, undefined, begin));
    return process;
  }

  addProcess(process) {
    this.current.set(process.pid, process);
    this.processes.push(process);
    (process.parent ? process.parent.children : this.roots).push(process);
  }

  addToProcess(event) {
    const {fields, kind} = event;
    if (kind === "process") {
      const made = new Process(fields.pid, this.current.get(fields.parent), event.begin);
      made.how = fields.how;
      this.addProcess(made);
    }
    const process = event.process = this.processOf(fields.pid, event.begin);
    process.first ??= event;
    if (event.failed) ++process.failures;
    if (kind === "exec" && !event.failed) process.programs.push(event);
    else if (kind === "file") ++process.files;
    else if (kind === "api") ++process.calls;
    else if (kind === "launch") ++process.kernels;
    else if (kind === "exit") Object.assign(process, {exit: event, end: event.end});
  }

  /** Marks the events that have all words; a word key:value looks at one field. */
  search(query, failedOnly) {
    const tests = query.split(/\s+/).filter(Boolean).map(word => {
      const key = /^([a-z_]+):(.+)$/.exec(word);
      const quoted = text => JSON.stringify(text).slice(1, -1).replaceAll("<", "\\u003c")
        .replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      return key ? new RegExp(`"${key[1]}":(\\[?)"?[^"]*${quoted(key[2])}`, "i") : new RegExp(quoted(word), "i");
    });
    this.filtered = tests.length > 0 || failedOnly;
    this.matches = 0;
    this.events.forEach((event, i) => {
      const found = (!failedOnly || event.failed) && tests.every(test => test.test(event.json));
      this.match[i] = found ? 1 : 0;
      this.matches += this.match[i];
    });
  }

  *inTreeOrder() {
    const stack = [...this.roots].reverse();
    while (stack.length > 0) {
      const process = stack.pop();
      yield process;
      stack.push(...[...process.children].reverse());
    }
  }
}
