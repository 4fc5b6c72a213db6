// The rows of the timeline: for each process its programs, its threads, its streams.

const kBar = 13;  // pixels: height of a bar, with the space below
const kMostDepth = 5;

/** Puts spans into as few rows as they need; what is inside another is below it. */
function stacked(spans) {
  spans.sort((a, b) => a.begin - b.begin || b.end - a.end);
  const rows = [], ends = [];
  for (const span of spans) {
    let depth = ends.findIndex(end => end <= span.begin);
    if (depth < 0) depth = Math.min(ends.length, kMostDepth - 1);
    (rows[depth] ??= []).push(span);
    ends[depth] = Math.max(span.end, span.begin + 1, ends[depth] ?? 0);
  }
  return rows;
}

function programSpans(process, end) {
  const marks = process.programs.map(event => ({begin: event.end, event}));
  if (process.first && (marks.length === 0 || process.begin < marks[0].begin)) marks.unshift({begin: process.begin, event: process.first});
  const spans = marks.map((mark, i) => ({...mark, end: marks[i + 1]?.begin ?? Math.max(process.end ?? end, mark.begin),
    title: mark.event.kind === "exec" ? title(mark.event) : process.parent?.name ?? process.label, kind: "program", failed: false}));
  return process.exit ? [...spans, process.exit] : spans;
}

function makeLanes(model) {
  const members = new Map(model.processes.map(process => [process, {threads: new Map(), streams: new Map()}]));
  const add = (map, key, event) => {
    const found = map.get(key);
    if (found) found.push(event);
    else map.set(key, [event]);
  };
  for (const event of model.events) {
    if (!event.process) continue;
    const {threads, streams} = members.get(event.process);
    if (event.kind === "launch" || event.kind === "copy") add(streams, `GPU ${event.fields.device ?? 0}, stream ${event.fields.stream ?? 0}`, event);
    else if (event.kind !== "process" && event.kind !== "exit" && (event.kind !== "exec" || event.failed)) add(threads, event.fields.tid || event.fields.pid, event);
  }
  const lanes = [];
  let top = 0;
  const addLane = (label, process, kind, rows) => {
    const height = kind === "process" ? 22 : Math.max(rows.length, 1) * kBar + 5;
    lanes.push({label, process, kind, rows, top, height});
    top += height;
  };
  for (const process of model.inTreeOrder()) {
    const {threads, streams} = members.get(process);
    addLane(process.label, process, "process", [programSpans(process, model.end)]);
    for (const [tid, events] of [...threads].sort((a, b) => a[0] - b[0]))
      addLane(tid === process.pid ? "main thread" : `thread ${tid}`, process, "thread", stacked(events));
    for (const [name, events] of [...streams].sort()) addLane(name, process, "stream", stacked(events));
  }
  return lanes;
}
