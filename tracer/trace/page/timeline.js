// The timeline: a canvas as large as its window, whatever the trace's length.

const kAxis = 24, kOverview = 34;
const kKinds = ["program", "file", "map", "symbol", "api", "load", "compile", "launch", "copy", "other"];

class Timeline {
  constructor(host, model, app) {
    Object.assign(this, {model, app, lanes: makeLanes(model), from: 0, to: model.end, lane: 0, selected: undefined, scroll: 0});
    this.height = this.lanes.reduce((sum, lane) => sum + lane.height, 0);
    this.canvas = element("canvas", {id: "canvas", tabindex: "0", role: "application", "aria-label":
      "Timeline. Arrow keys move: left and right in time, up and down between lanes; plus and minus zoom; comma and full stop go from event to event; 0 shows all.",
      "aria-describedby": "spoken", onkeydown: event => this.key(event)});
    this.spoken = element("p", {id: "spoken", class: "hidden", "aria-live": "polite"});
    this.tip = element("div", {class: "tip", hidden: true, "aria-hidden": "true"});
    const button = (name, text, action) => element("button", {"aria-label": name, title: name, onclick: action}, text);
    const legend = element("div", {class: "legend", "aria-hidden": "true"}, ...[["file", "files"], ["map", "libraries"], ["api", "GPU calls"],
      ["compile", "compiles"], ["launch", "kernels"], ["copy", "copies"], ["missed", "not there"], ["failed", "failed"]].map(([kind, name]) =>
      element("span", {}, element("i", {class: `swatch ${kind}`}), name)));
    host.append(element("div", {class: "tools"}, button("Zoom out", "−", () => this.zoom(2)), button("Zoom in", "+", () => this.zoom(0.5)),
      button("Show all", "All", () => this.fit()), legend), element("div", {class: "stage"}, this.canvas, this.tip), this.spoken);
    this.pen = this.canvas.getContext("2d");
    this.listen();
    new ResizeObserver(() => this.resize()).observe(this.canvas.parentElement);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.resize());
  }

  listen() {
    const {canvas} = this;
    canvas.addEventListener("wheel", event => {
      event.preventDefault();
      const {x} = this.place(event);
      if (event.ctrlKey || event.metaKey) this.zoom(Math.exp(event.deltaY / 200), this.timeAt(x));
      else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.pan((event.deltaX || event.deltaY) / this.width);
      else this.scrollTo(this.scroll + event.deltaY);
    }, {passive: false});
    canvas.addEventListener("pointerdown", event => {
      canvas.setPointerCapture(event.pointerId);
      this.drag = {...this.place(event), from: this.from, scroll: this.scroll, overview: this.place(event).y < kOverview};
      if (this.drag.overview) this.lookAt(this.overviewTime(this.drag.x));
    });
    canvas.addEventListener("pointermove", event => this.move(event));
    canvas.addEventListener("pointerup", event => {
      const {x, y} = this.place(event);
      const click = this.drag && !this.drag.moved && !this.drag.overview;
      this.drag = undefined;
      if (click) this.choose(this.spanAt(x, y), y);
    });
    canvas.addEventListener("dblclick", event => {
      const {x, y} = this.place(event);
      const span = this.spanAt(x, y);
      if (span) this.lookAt((span.begin + span.end) / 2, Math.max((span.end - span.begin) * 1.6, 2000));
    });
    canvas.addEventListener("pointerleave", () => this.tip.hidden = true);
  }

  move(event) {
    const {x, y} = this.place(event);
    if (!this.drag) return this.hover(x, y);
    if (this.drag.overview) return this.lookAt(this.overviewTime(x));
    if (Math.abs(x - this.drag.x) + Math.abs(y - this.drag.y) > 3) this.drag.moved = true;
    if (!this.drag.moved) return;
    const length = this.to - this.from;
    this.setRange(this.drag.from - (x - this.drag.x) / this.width * length, length);
    this.scrollTo(this.drag.scroll - (y - this.drag.y));
  }

  // Where things are. Units: pixels of the page, and nanoseconds.
  get gutter() { return this.full < 600 ? 92 : 168; }
  get width() { return Math.max(this.full - this.gutter, 10); }
  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return {x: event.clientX - box.left, y: event.clientY - box.top};
  }
  timeAt(x) { return this.from + (x - this.gutter) / this.width * (this.to - this.from); }
  xOf(time) { return this.gutter + (time - this.from) / (this.to - this.from) * this.width; }
  overviewTime(x) { return (x - this.gutter) / this.width * this.model.end; }

  setRange(from, length) {
    length = Math.min(Math.max(length, 200), this.model.end);
    this.from = Math.min(Math.max(from, 0), this.model.end - length);
    this.to = this.from + length;
    this.drawSoon();
  }
  /** What zooming keeps in its place: the event that was chosen, if it is seen. */
  get middle() {
    const {begin = -1, end} = this.selected ?? {};
    const seen = begin >= this.from && end <= this.to;
    return seen ? (begin + end) / 2 : (this.from + this.to) / 2;
  }
  zoom(factor, about = this.middle) {
    const length = Math.min(Math.max((this.to - this.from) * factor, 200), this.model.end);
    this.setRange(about - (about - this.from) * length / (this.to - this.from), length);
  }
  pan(part) { this.setRange(this.from + part * (this.to - this.from), this.to - this.from); }
  fit() { this.setRange(0, this.model.end); }
  lookAt(time, length = this.to - this.from) { this.setRange(time - length / 2, length); }
  scrollTo(y) {
    this.scroll = Math.min(Math.max(y, 0), Math.max(this.height - (this.tall - kAxis - kOverview), 0));
    this.drawSoon();
  }

  resize() {
    const box = this.canvas.parentElement.getBoundingClientRect();
    if (box.width === 0) return;
    const ratio = devicePixelRatio;
    Object.assign(this, {full: box.width, tall: box.height, ratio, bins: undefined});
    Object.assign(this.canvas, {width: box.width * ratio, height: box.height * ratio});
    const style = getComputedStyle(document.documentElement);
    this.colours = Object.fromEntries([...kKinds, "failed", "missed", "text", "soft", "line", "paper", "panel", "focus", "on-bar"]
      .map(name => [name, style.getPropertyValue(`--${name}`).trim()]));
    this.scrollTo(this.scroll);
    this.draw();
  }

  drawSoon() {
    this.pending ??= requestAnimationFrame(() => {
      this.pending = undefined;
      if (this.colours) this.draw();
    });
  }

  laneAt(y) {
    const at = y - kAxis - kOverview + this.scroll;
    return y < kAxis + kOverview ? undefined : this.lanes.find(lane => at >= lane.top && at < lane.top + lane.height);
  }

  spanAt(x, y) {
    const lane = this.laneAt(y);
    if (!lane || x < this.gutter) return undefined;
    const within = y - kAxis - kOverview + this.scroll - lane.top - 2;
    const row = lane.rows[lane.kind === "process" ? 0 : Math.floor(within / kBar)] ?? [];
    const time = this.timeAt(x), slack = 3 * (this.to - this.from) / this.width;
    let best, distance = slack;
    for (let i = firstAfter(row, time - slack); i < row.length && row[i].begin <= time + slack; ++i) {
      const away = time < row[i].begin ? row[i].begin - time : Math.max(time - row[i].end, 0);
      if (away < distance || (away === 0 && !best)) [best, distance] = [row[i], away];
    }
    return best;
  }

  hover(x, y) {
    const span = this.spanAt(x, y);
    this.canvas.style.cursor = span ? "pointer" : y < kOverview ? "ew-resize" : "grab";
    this.tip.hidden = !span;
    if (!span) return;
    const length = span.end - span.begin;
    this.tip.textContent = `${visible(span.title ?? sentence(span)).slice(0, 300)}\n${moment(span.begin)} s${length > 0 ? `, ${duration(length)}` : ""}`;
    const left = Math.min(x + 14, this.full - this.tip.offsetWidth - 6);
    const top = y + 18 + this.tip.offsetHeight > this.tall ? y - this.tip.offsetHeight - 8 : y + 18;
    this.tip.style.transform = `translate(${Math.max(left, 0)}px, ${Math.max(top, 0)}px)`;
  }

  choose(span, y) {
    const lane = this.laneAt(y);
    if (lane) this.lane = this.lanes.indexOf(lane);
    if (span) this.app.show(span.event ?? span, span.event?.process);
    else this.drawSoon();
  }

  /** Shows the event that was chosen, here or elsewhere. */
  mark(event, reveal) {
    this.selected = event;
    if (reveal && event) {
      const lane = this.lanes.findIndex(one => one.process === event.process && one.rows.some(row => row.some(span => (span.event ?? span) === event)));
      if (lane >= 0) this.goToLane(lane);
      if (event.end < this.from || event.begin > this.to || reveal === "zoom") {
        const length = Math.max((event.end - event.begin) * 20, 100000);
        this.lookAt((event.begin + event.end) / 2, reveal === "zoom" ? length : undefined);
      }
    }
    this.drawSoon();
  }

  goToLane(index) {
    this.lane = Math.min(Math.max(index, 0), this.lanes.length - 1);
    const lane = this.lanes[this.lane];
    if (!lane) return;
    const room = this.tall - kAxis - kOverview;
    if (lane.top < this.scroll) this.scrollTo(lane.top);
    else if (lane.top + lane.height > this.scroll + room) this.scrollTo(lane.top + lane.height - room);
    this.drawSoon();
  }

  step(direction) {
    const all = this.lanes[this.lane]?.rows.flat().sort((a, b) => a.begin - b.begin) ?? [];
    const matching = all.filter(span => this.model.match[(span.event ?? span).index]);
    const now = matching.findIndex(span => (span.event ?? span) === this.selected);
    const next = now >= 0 ? now + direction : matching.findIndex(span => span.begin >= this.from);
    const span = matching[Math.min(Math.max(next, 0), matching.length - 1)];
    if (!span) return;
    if (span.begin < this.from || span.begin > this.to) this.lookAt(span.begin);
    this.app.show(span.event ?? span, span.event?.process);
    this.spoken.textContent = `${visible(span.title ?? sentence(span))}, at ${moment(span.begin)} seconds`;
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const actions = {ArrowLeft: () => this.pan(-0.15), ArrowRight: () => this.pan(0.15), "+": () => this.zoom(0.6), "=": () => this.zoom(0.6),
      "-": () => this.zoom(1 / 0.6), 0: () => this.fit(), Home: () => this.setRange(0, this.to - this.from),
      End: () => this.setRange(this.model.end, this.to - this.from), ".": () => this.step(1), ",": () => this.step(-1),
      PageDown: () => this.scrollTo(this.scroll + this.tall / 2), PageUp: () => this.scrollTo(this.scroll - this.tall / 2),
      Enter: () => this.selected && this.app.focusDetails()};
    const lane = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (lane) {
      this.goToLane(this.lane + lane);
      const {label, process} = this.lanes[this.lane] ?? {};
      this.spoken.textContent = process ? `${label}, ${process.label}` : "";
    } else if (actions[event.key]) {
      actions[event.key]();
    } else {
      return;
    }
    event.preventDefault();
  }

  get list() { return {box: this.canvas}; }
  update() {
    this.bins = undefined;
    this.drawSoon();
  }
  draw() { drawTimeline(this); }
}

/** Of spans in the order of their ends too: the first that ends at `time` or later. */
function firstAfter(row, time) {
  let low = 0, high = row.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (row[middle].end < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
