// What the timeline looks like.

const kindOf = span => look(span) || (kKinds.includes(span.kind) ? span.kind : "other");
const kFont = "11px system-ui, sans-serif";

function drawTimeline(view) {
  const {pen, colours, full, tall, ratio} = view;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.font = kFont;
  pen.textBaseline = "middle";
  pen.fillStyle = colours.paper;
  pen.fillRect(0, 0, full, tall);
  drawLanes(view);
  drawAxis(view);
  drawOverview(view);
}

/** 1, 2 or 5 times a power of ten, so that marks are far enough from each other. */
function niceStep(view) {
  const least = (view.to - view.from) / view.width * 110;
  const power = 10 ** Math.floor(Math.log10(least));
  return power * [1, 2, 5, 10].find(times => power * times >= least);
}

function axisText(time, step) {
  const [unit, name] = kUnits.find(([size]) => step >= size * 0.1 && size <= 1e9) ?? kUnits[3];
  const digits = Math.max(0, Math.ceil(-Math.log10(step / unit) - 1e-9));
  return `${(time / unit).toLocaleString("en", {minimumFractionDigits: digits, maximumFractionDigits: digits})} ${name}`;
}

function drawAxis(view) {
  const {pen, colours, full, tall, gutter} = view;
  const step = niceStep(view);
  pen.fillStyle = colours.panel;
  pen.fillRect(0, kOverview, full, kAxis);
  pen.textAlign = "left";
  for (let i = Math.ceil(view.from / step); i * step <= view.to; ++i) {
    const x = Math.round(view.xOf(i * step)) + 0.5;
    pen.strokeStyle = colours.line;
    pen.beginPath();
    pen.moveTo(x, kOverview + 14);
    pen.lineTo(x, kOverview + kAxis);
    pen.stroke();
    pen.fillStyle = colours.soft;
    if (x + 4 < full - 40) pen.fillText(axisText(i * step, step), x + 4, kOverview + kAxis / 2);
  }
  pen.fillStyle = colours.panel;
  pen.fillRect(0, kOverview, gutter, kAxis);
  pen.fillStyle = colours.soft;
  pen.fillText(`${duration(view.to - view.from)} shown`, 8, kOverview + kAxis / 2);
  pen.fillStyle = colours.line;
  pen.fillRect(0, kOverview + kAxis - 1, full, 1);
  pen.fillRect(gutter - 1, kOverview, 1, tall);
}

/** How many events there are, all over the trace, and which part is shown. */
function drawOverview(view) {
  const {pen, colours, full, gutter, width, model} = view;
  pen.fillStyle = colours.panel;
  pen.fillRect(0, 0, full, kOverview);
  view.bins ??= countBins(view);
  const {all, failed, most} = view.bins;
  const high = n => n === 0 ? 0 : 2 + Math.log1p(n) / Math.log1p(most) * (kOverview - 12);
  for (let x = 0; x < all.length; ++x) {
    pen.fillStyle = colours.soft;
    pen.globalAlpha = 0.5;
    pen.fillRect(gutter + x * 2, kOverview - 3 - high(all[x]), 2, high(all[x]));
    pen.globalAlpha = 1;
    if (failed[x] === 0) continue;
    pen.fillStyle = colours.failed;
    pen.fillRect(gutter + x * 2, kOverview - 3 - high(failed[x]), 2, high(failed[x]));
  }
  const left = gutter + view.from / model.end * width, right = gutter + view.to / model.end * width;
  pen.fillStyle = colours.paper;
  pen.globalAlpha = 0.65;
  pen.fillRect(gutter, 0, left - gutter, kOverview);
  pen.fillRect(right, 0, full - right, kOverview);
  pen.globalAlpha = 1;
  pen.strokeStyle = colours.focus;
  pen.strokeRect(left + 0.5, 1.5, Math.max(right - left - 1, 2), kOverview - 4);
  pen.fillStyle = colours.soft;
  pen.textAlign = "left";
  pen.fillText(`${duration(model.end)} in all`, 8, kOverview / 2);
}

function countBins({model, width}) {
  const size = Math.max(Math.ceil(width / 2), 1);
  const all = new Uint32Array(size), failed = new Uint32Array(size);
  let most = 1;
  model.events.forEach((event, i) => {
    if (!model.match[i]) return;
    const bin = Math.min(Math.floor(event.begin / model.end * size), size - 1);
    most = Math.max(most, ++all[bin]);
    if (event.failed && !event.missed) ++failed[bin];
  });
  return {all, failed, most};
}

function drawLanes(view) {
  const {pen, colours, full, tall, gutter, scroll} = view;
  const above = kAxis + kOverview;
  pen.save();
  pen.beginPath();
  pen.rect(0, above, full, tall - above);
  pen.clip();
  view.lanes.forEach((lane, index) => {
    const y = above + lane.top - scroll;
    if (y > tall || y + lane.height < above) return;
    if (lane.kind === "process") {
      pen.fillStyle = colours.panel;
      pen.fillRect(0, y, full, lane.height);
    }
    pen.fillStyle = colours.line;
    pen.fillRect(0, y, full, lane.kind === "process" ? 1 : 0.5);
    lane.rows.forEach((row, depth) => drawRow(view, row, y + 2 + (lane.kind === "process" ? 2 : depth * kBar), lane.kind === "process" ? 16 : kBar - 2));
    drawLabel(view, lane, y, index === view.lane && document.activeElement === view.canvas);
  });
  pen.restore();
  pen.strokeStyle = colours.line;
  pen.strokeRect(gutter - 0.5, above, 0, tall);
}

function drawLabel({pen, colours, gutter}, lane, y, focused) {
  pen.fillStyle = lane.kind === "process" ? colours.panel : colours.paper;
  pen.fillRect(0, y + 1, gutter - 1, lane.height - 1);
  if (focused) {
    pen.fillStyle = colours.focus;
    pen.fillRect(0, y + 1, 4, lane.height - 1);
  }
  let level = 0;
  for (let up = lane.process.parent; up && level < 5; up = up.parent) ++level;
  const x = 9 + level * 8 + (lane.kind === "process" ? 0 : 9);
  pen.fillStyle = lane.kind === "process" ? colours.text : colours.soft;
  pen.font = lane.kind === "process" ? `600 ${kFont}` : kFont;
  pen.textAlign = "left";
  pen.save();
  pen.beginPath();
  pen.rect(0, y, gutter - 6, lane.height);
  pen.clip();
  pen.fillText(visible(lane.label), x, y + (lane.kind === "process" ? 12 : 10));
  pen.restore();
  pen.font = kFont;
}

/** Bars that are too near to be told apart are drawn as one; one that failed is always seen. */
function drawRow(view, row, y, height) {
  const {pen, colours, full, gutter, model} = view;
  const least = row[0]?.kind === "program" ? 3 : 1.2;
  let drawn = gutter - 1;
  const failures = [];
  for (let i = firstAfter(row, view.from); i < row.length && row[i].begin <= view.to; ++i) {
    const span = row[i];
    const left = Math.max(view.xOf(span.begin), gutter), right = Math.min(view.xOf(span.end), full);
    const event = span.event ?? span;
    if (event === view.selected) failures.push(span);
    if (span.failed && !span.missed && model.match[event.index]) {
      if ((failures.at(-1)?.pixel ?? -1) !== Math.round(left)) failures.push({...span, event, pixel: Math.round(left)});
      continue;
    }
    if (right < drawn + 0.7) continue;
    drawBar(view, span, event, Math.max(left, drawn), Math.max(right, left + least), y, height, colours[kindOf(span)]);
    drawn = Math.max(right, left + least);
  }
  for (const span of failures) {
    const event = span.event ?? span;
    const left = Math.max(view.xOf(span.begin), gutter), right = Math.max(Math.min(view.xOf(span.end), full), left + 2);
    const mark = right - left < 4 && event !== view.selected ? height / 2 : 0;  // what is behind it stays seen
    drawBar(view, span, event, left, right, y + mark, height - mark, colours[kindOf(span)]);
    if (event !== view.selected) continue;
    pen.strokeStyle = colours.text;
    pen.lineWidth = 2;
    pen.strokeRect(left - 1, y - 1, right - left + 2, height + 2);
    pen.lineWidth = 1;
  }
}

function drawBar({pen, colours, model}, span, event, left, right, y, height, colour) {
  pen.globalAlpha = model.match[event.index] ? 1 : 0.15;
  pen.fillStyle = colour;
  const gap = right - left > 3 ? 0.5 : 0;
  pen.fillRect(left, y, right - left - gap, height);
  if (right - left > 34) {
    const text = visible(span.title ?? title(span)).slice(0, Math.ceil((right - left) / 4));
    pen.save();
    pen.beginPath();
    pen.rect(left, y, right - left - 3, height);
    pen.clip();
    pen.fillStyle = span.kind === "program" ? colours.text : colours["on-bar"];
    pen.textAlign = "left";
    pen.fillText(text, left + 4, y + height / 2 + 0.5);
    pen.restore();
  }
  pen.globalAlpha = 1;
}
