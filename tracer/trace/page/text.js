// How things are said.

/** A text as it can be looked at: nothing in it hides, or changes the direction of the rest. */
const kHidden = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\uef80-\uefff]/g;
const kNamed = {"\n": "\\n", "\t": "\\t", "\r": "\\r"};
function visible(text) {
  return String(text).replace(kHidden, one => {
    const code = one.charCodeAt(0);
    if (kNamed[one]) return kNamed[one];
    if (code >= 0xef80) return "\\x" + (code - 0xef00).toString(16);
    return code < 0x100 ? "\\x" + code.toString(16).padStart(2, "0") : "\\u" + code.toString(16);
  });
}

const kUnits = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]];
function duration(nanoseconds) {
  if (nanoseconds === undefined) return "";
  const [unit, name] = kUnits.find(([size]) => Math.abs(nanoseconds) >= size) ?? kUnits[3];
  const value = nanoseconds / unit;
  return `${value >= 100 || unit === 1 ? value.toFixed(0) : value.toPrecision(3)} ${name}`;
}

const moment = nanoseconds => (nanoseconds / 1e9).toFixed(6);

function bytes(count) {
  const size = asNumber(count);
  for (const [unit, name] of [[2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"]])
    if (size >= unit) return `${+(size / unit).toFixed(2)} ${name}`;
  return `${size} B`;
}

const count = (n, one, many = one + "s") => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
const quoted = text => `"${text ?? ""}"`;

function outcome(fields) {
  if (fields.answer !== undefined) return fields.answer;
  if (fields.error !== undefined) return fields.error;
  return fields.result === undefined ? "" : String(fields.result);
}

function exitText(fields) {
  if (fields.signal === undefined) return `exited with ${fields.status ?? "?"}`;
  const sender = asNumber(fields.sender) ? ` by ${fields.sender}` : "";
  return `killed: ${fields.signal}${sender}${fields.core ? ", core dumped" : ""}`;
}

/** What kind of thing happened, in a column's width. */
function title(event) {
  const f = event.fields;
  switch (event.kind) {
    case "process": return `${f.how} ${f.pid}`;
    case "thread": return `thread ${f.tid}`;
    case "exec": return (f.argv ?? [f.path]).join(" ");
    case "exit": return exitText(f);
    case "file": return `${f.call} ${f.path}`;
    case "map": return `map ${f.library}`;
    case "symbol": return `dlsym ${f.name}`;
    case "api": return f.call;
    case "load": return `load ${f.kind ?? ""}`;
    case "compile": return `compile ${f.name}`;
    case "launch": return f.kernel;
    case "copy": return `${f.kind} ${bytes(f.bytes)}`;
    case "memory": return `most memory: ${bytes(f.bytes)}`;
    case "unsupported": return `unsupported: ${f.call}`;
    case "blind": return `not seen from here on: ${f.why}`;
    case "lost": return `${count(asNumber(f.count), "event")} missing: ${f.why}`;
    default: return event.kind;
  }
}

/** The whole event as a line. */
function sentence(event) {
  const f = event.fields;
  const virtual = f.real === 0 ? ` [${f.why ?? "virtual"}]` : "";
  const took = f.duration === undefined ? "" : ` <${duration(f.duration)}>`;
  const failed = f.error === undefined ? "" : ` ${f.error}`;
  const result = f.result === undefined ? "" : ` = ${f.error === undefined ? f.result : -1}${failed}`;
  switch (event.kind) {
    case "trace": return `${f.product ?? ""} runs ${(f.argv ?? []).join(" ")}`;
    case "process": return `${f.how ?? "process"} of ${f.parent}`;
    case "exec": return `${f.call ?? "exec"}(${quoted(f.path)}, [${(f.argv ?? []).map(quoted).join(", ")}])${result}${took}`;
    case "file": return `${f.call}(${quoted(f.path)}${f.flags ? ", " + f.flags : ""})${result}${virtual}${took}`;
    case "map": return `${f.library} is ${f.resolved}${f.needed_by ? `, needed by ${f.needed_by}` : ""}${virtual}`;
    case "symbol": return `dlsym(${f.library ?? "?"}, ${f.name})${result}`;
    case "api": return `${f.call}(${f.args ?? ""}) = ${f.answer ?? "?"}${took}`;
    case "load": return `${f.kind ?? "no image"} of ${(f.images ?? []).join(", ")} = ${f.answer ?? ""} ${f.message ?? ""}`;
    case "compile": return `${f.name}${f.cached ? " (from the cache)" : ""}${f.message ? ": " + f.message : ""}${took}`;
    case "launch": return `${f.kernel}<<<(${f.grid}), (${f.block})>>> stream ${f.stream ?? 0}${took}`;
    case "copy": return `${f.kind} ${bytes(f.bytes)}, stream ${f.stream ?? 0}${took}`;
    case "end": return `${count(asNumber(f.events), "event")}, the trace took ${duration(asNumber(f.cpu))} of processor time`;
    default: return title(event);
  }
}

/** What a row or a bar looks like. */
const look = event => event.missed ? "missed" : event.failed ? "failed" : "";

/** Makes an element; every text goes in as text. */
function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "class") made.className = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter(child => child !== undefined));
  return made;
}
