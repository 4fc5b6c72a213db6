// The html view in a real browser: page_test.mjs VGPU_RUN BROWSER FOLDER. Pictures are left in FOLDER.
import assert from "node:assert/strict";
import {execFileSync} from "node:child_process";
import {readFileSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {Browser} from "./browser.mjs";
import {largeTrace, smallTrace} from "./traces.mjs";

const [vgpuRun, program, folder] = process.argv.slice(2);

function page(name, trace) {
  const lines = join(folder, `${name}.jsonl`), file = join(folder, `${name}.html`);
  writeFileSync(lines, trace);
  writeFileSync(file, execFileSync(vgpuRun, ["trace", "show", lines, "--format", "html"], {maxBuffer: 1 << 30}));
  return file;
}

const small = page("small", smallTrace().text());
const large = page("large", largeTrace(100000).text());
const browser = new Browser(program);
const value = expression => browser.value(expression);
let laws = 0, failures = 0;

async function law(text, check) {
  ++laws;
  try {
    await check();
    assert.deepEqual(browser.complaints, [], "complaints of the page");
    assert.equal(browser.requests.filter(url => !url.startsWith("file://")).length, 0, "requests");
    assert.equal(browser.requests.length, 1, "requests");
  } catch (error) {
    ++failures;
    console.log(`FAILED: ${text}\n  ${error.message.replaceAll("\n", "\n  ")}`);
  }
}

const focused = () => value("document.activeElement.id");
const texts = selector => value(`[...document.querySelectorAll(${JSON.stringify(selector)})].map(one => one.textContent)`);
const shownRows = () => texts("[role=tabpanel]:not([hidden]) .mode:not([hidden]) .rows .row, [role=tabpanel]:not([hidden]) > .list .rows .row");
const active = () => value("document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))?.textContent");
const hasRing = () => value("getComputedStyle(document.activeElement).outlineStyle !== 'none'");

await law("the page of a small trace says what is in it", async () => {
  await browser.open(small);
  assert.equal(await value("document.querySelector('h1').textContent"), "parent --serve");
  const facts = await texts("#facts div");
  assert.ok(facts.includes("processes3"), facts.join());
  assert.ok(facts.includes("events22"), facts.join());
  assert.ok(facts.some(fact => fact.startsWith("began2025-11-24T16:00:00")), facts.join());
});

await law("hostile names are shown as they are, and do nothing", async () => {
  await browser.open(small);
  for (const view of "12345") await browser.press(view);
  await browser.press("/");
  await browser.type("pwned");
  await browser.press("Enter");
  await browser.press("ArrowDown");
  assert.equal(await value("window.pwned"), undefined);
  assert.equal(await value("document.querySelectorAll('script').length"), 3, "the lines, the diagnosis and the page's own");
  assert.equal(await value("document.querySelectorAll('img').length"), 0);
  const shown = await value("document.querySelector('#details').textContent");
  assert.ok(shown.includes("</script><script>window.pwned = 1</script><!--"), shown);
  assert.ok(shown.includes("\\u202e \\x00 \\x1b[31m"), shown);
  assert.ok(!shown.includes("\u202e"));
});

await law("the diagnosis is at the top, and the lines that it names lead to their events", async () => {
  await browser.open(small);
  assert.ok((await value("document.querySelector('#diagnosis-text').textContent")).includes("verdict"));
  const line = await value("(link => { link.click(); return link.textContent; })(document.querySelector('#diagnosis-text .link'))");
  assert.match(line, /^line \d+$/);
  assert.equal(await value("app.selected.line"), Number(line.slice(5)));
});

await law("a number that a script would round is shown in full", async () => {
  await browser.open(small);
  assert.ok(readFileSync(small, "utf8").includes("140187732541440"), "the trace has it");
  assert.equal(await value("app.model.trace.began"), "1764000000000000001");
});

await law("all can be reached with the keyboard, and the focus is always seen", async () => {
  await browser.open(small);
  let steps = 0;  // over the lines that the diagnosis names
  do {
    await browser.press("Tab");
    assert.ok(await hasRing());
  } while (await focused() !== "tab-timeline" && ++steps < 20);
  assert.equal(await focused(), "tab-timeline");
  await browser.press("ArrowRight");
  assert.equal(await focused(), "tab-processes");
  assert.equal(await value("document.querySelector('#processes').hidden"), false);
  await browser.press("Tab");
  assert.equal(await focused(), "search");
  await browser.press("Tab");
  assert.equal(await focused(), "failed");
  assert.ok(await hasRing());
  await browser.press("Tab");
  assert.equal(await focused(), "list-tree");
  assert.ok(await hasRing());
  assert.ok((await active()).includes("parent 100"), "the first row is active at once");
});

await law("the process tree opens and closes with the arrow keys", async () => {
  await browser.open(small);
  await browser.press("2");
  const names = async () => (await texts("#processes .rows .row .cell:first-child")).map(text => text.replace(/[▾▸]/, ""));
  assert.deepEqual(await names(), ["parent 100", "runner 101", "sh 102"]);
  await browser.press("ArrowDown");
  await browser.press("ArrowLeft");
  assert.deepEqual(await names(), ["parent 100", "runner 101"]);
  assert.equal(await value("document.querySelectorAll('#processes [aria-level=\"2\"]')[0].getAttribute('aria-expanded')"), "false");
  await browser.press("ArrowRight");
  assert.equal((await names()).length, 3);
  await browser.press("ArrowLeft");
  await browser.press("ArrowLeft");
  assert.ok((await active()).includes("parent 100"), "left of what is closed is its parent");
});

await law("the search finds events in every view, and Escape takes it back", async () => {
  await browser.open(small);
  await browser.press("5");
  assert.equal((await shownRows()).length, 22);
  await browser.press("/");
  assert.equal(await focused(), "search");
  await browser.type("libone");
  assert.equal((await shownRows()).length, 3);
  assert.equal(await value("document.querySelector('#found').textContent"), "3 of 22 events");
  await browser.press("Enter");
  assert.equal(await focused(), "list-all");
  await browser.press("/");
  await browser.type("call:openat error:enoent");
  assert.equal((await shownRows()).length, 4);
  await browser.press("Escape");
  assert.equal((await shownRows()).length, 22);
  await browser.press("f");
  assert.equal(await value("document.querySelector('#failed').ariaPressed"), "true");
  assert.equal((await shownRows()).length, 7);
  await browser.press("f");
});

await law("the details follow the row that is chosen; Escape closes them and goes back", async () => {
  await browser.open(small);
  await browser.press("4");
  await browser.press("End");
  assert.ok((await value("document.querySelector('#details').textContent")).includes("ERROR_OUT_OF_MEMORY"));
  assert.ok((await active()).includes("allocate"));
  await browser.press("Escape");
  assert.equal(await value("document.querySelector('#details').hidden"), true);
  assert.equal(await focused(), "list-calls-each");
});

await law("libraries are listed with the paths as they were tried, and what came of it", async () => {
  await browser.open(small);
  await browser.press("3");
  const rows = await value("[...document.querySelectorAll('#libraries .rows .row')].map(row => [...row.children].slice(0, 3).map(cell => cell.textContent))");
  assert.deepEqual(rows.map(([path, , outcome]) => [path.replace(/[▾▸]/, ""), outcome]), [
    ["libone.so.1", "mapped after 1 failed try, virtual"], ["/a/libone.so.1", "openat: ENOENT"], ["/b/libone.so.1", "openat: found — served"],
    ["/b/libone.so.1", "mapped, asked for by dlopen — virtual"],
    ["libtwo.so", "not found: 2 paths tried"], ["/a/libtwo.so", "openat: ENOENT"], ["/b/libtwo.so", "openat: ENOENT"]]);
});

await law("calls are summed up by function, and put in the order of a column", async () => {
  await browser.open(small);
  await browser.press("4");
  await value("document.querySelector('[data-mode=functions]').click()");
  await value("document.querySelector('#list-calls-functions [data-key=total] button').click()");
  const rows = await value("[...document.querySelectorAll('#list-calls-functions .rows .row')].map(row => [...row.children].map(cell => cell.textContent))");
  assert.deepEqual(rows, [["init", "1", "", "500 µs", "500 µs"], ["allocate", "1", "1", "50.0 µs", "50.0 µs"]]);
  assert.equal(await value("document.querySelector('#list-calls-functions [data-key=total]').ariaSort"), "descending");
});

await law("the timeline is driven by keys: lanes, events, zoom", async () => {
  await browser.open(small);
  await browser.press("1");
  assert.equal(await focused(), "canvas");
  assert.ok(await hasRing());
  const range = () => value("app.views.timeline.to - app.views.timeline.from");
  const whole = await range();
  await browser.press("+");
  assert.ok(await range() < whole);
  await browser.press("0");
  assert.equal(await range(), whole);
  await browser.press("ArrowDown");
  await browser.press(".");
  await browser.press(".");
  assert.match(await value("document.querySelector('#spoken').textContent"), /runner/, "the program after the fork");
  await browser.press("ArrowDown");
  await browser.press(".");
  await browser.press(".");
  assert.match(await value("document.querySelector('#details h2').textContent"), /libone/);
  await browser.press("Enter");
  assert.equal(await focused(), "details");
});

await law("the timeline draws every lane of every process, calls by their real times", async () => {
  await browser.open(small);
  const lanes = await value("app.views.timeline.lanes.map(lane => lane.label)");
  assert.deepEqual(lanes, ["parent 100", "runner 101", "main thread", "thread 105", "GPU 0, stream 0", "GPU 0, stream 140187732541440130", "sh 102"]);
  assert.deepEqual(await value("app.model.events.filter(event => event.kind === 'api').map(({begin, end}) => [begin, end])"), [[5500000, 6000000], [6050000, 6100000]]);
});

await law("colours have contrast, light and dark", async () => {
  const measure = `(() => {
    const style = getComputedStyle(document.documentElement);
    const light = name => {
      const channels = style.getPropertyValue("--" + name).trim().slice(1).match(/../g).map(two => parseInt(two, 16) / 255);
      const [r, g, b] = channels.map(one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
    const low = [];
    for (const front of ["text", "soft", "failed", "focus"]) for (const back of ["paper", "panel", "chosen", "notice"])
      if (ratio(front, back) < (back === "chosen" || back === "notice" ? 3 : 4.5)) low.push(front + " on " + back + " " + ratio(front, back).toFixed(2));
    for (const bar of ["file", "map", "api", "compile", "launch", "copy", "failed"]) if (ratio(bar, "paper") < 3) low.push(bar);
    return [low, style.getPropertyValue("--paper")];
  })()`;
  await browser.open(small, {scheme: "light"});
  const [lowLight, paper] = await value(measure);
  await browser.open(small, {scheme: "dark"});
  const [lowDark, dark] = await value(measure);
  assert.deepEqual([lowLight, lowDark], [[], []]);
  assert.notEqual(paper, dark);
});

await law("a page as wide as a telephone needs no sideways scrolling", async () => {
  for (const view of "12345") {
    await browser.open(small, {width: 360, height: 640});
    await browser.press(view);
    assert.ok(await value("document.scrollingElement.scrollWidth <= innerWidth"), `view ${view}`);
  }
});

await law("of a hundred thousand events only those that are seen are in the page", async () => {
  await browser.open(large);
  assert.equal(await value("app.model.events.length"), 100000);
  await browser.press("5");
  for (const key of ["End", "PageUp", "Home", "PageDown"]) {
    await browser.press(key);
    assert.ok(await value("document.querySelectorAll('#events .rows .row').length") < 100);
    assert.ok(await active(), `after ${key} the active row is there`);
  }
  await browser.press("End");
  assert.ok((await active()).startsWith("100000"));
  await browser.press("/");
  await browser.type("i=4999");
  await value("new Promise(done => setTimeout(done, 400))");
  assert.equal(await value("app.model.matches"), await value("app.model.events.filter(event => event.json.includes('i=4999')).length"));
});

await law("a trace that was cut off opens up to there, and says so", async () => {
  const cut = join(folder, "cut.html"), whole = readFileSync(small);
  writeFileSync(cut, whole.subarray(0, whole.indexOf('"event":"launch"') + 9));
  await browser.open(cut);
  assert.equal(await value("app.model.events.at(-1).kind"), "compile");
  const notices = (await texts("#notices p")).join();
  assert.match(notices, /no end/);
  assert.match(notices, /1 line could not be read/);
});

await law("a trace without events says that", async () => {
  await browser.open(page("empty", ""));
  for (const view of "12345") await browser.press(view);
  assert.match((await texts("#notices p")).join(), /no events/);
});

const kViews = {1: "timeline", 2: "processes", 3: "libraries", 4: "calls", 5: "events"};
await law("it can be looked at", async () => {
  for (const scheme of ["light", "dark"])
    for (const [width, height] of [[1280, 800], [390, 800]]) {
      await browser.open(large, {width, height, scheme});
      for (const [key, name] of Object.entries(kViews)) {
        await browser.press(key);
        await browser.screenshot(join(folder, `${name}-${scheme}-${width}.png`));
      }
    }
});

await browser.close();
console.log(`page: ${laws} laws, ${failures} broken`);
process.exit(failures === 0 ? 0 : 1);
