// A browser without a window, driven over a pipe.
// Source: chromedevtools.github.io/devtools-protocol
import {spawn} from "node:child_process";
import {mkdtempSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {pathToFileURL} from "node:url";

const kArguments = ["--headless=new", "--remote-debugging-pipe", "--no-first-run", "--no-default-browser-check", "--hide-scrollbars",
  "--disable-gpu", "--disable-extensions", "--disable-background-networking", "--disable-component-update",
  // Where tests run as root or in a container, the browser's own sandbox cannot be had; the page is ours.
  "--no-sandbox"];

export class Browser {
  constructor(program) {
    this.profile = mkdtempSync(join(tmpdir(), "page."));
    this.process = spawn(program, [...kArguments, `--user-data-dir=${this.profile}`], {env: {...process.env, HOME: this.profile}, stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"]});
    this.ended = new Promise(resolve => this.process.on("exit", resolve));
    this.last = 0;
    this.waiting = new Map();
    this.heard = [];
    let rest = "";
    this.process.stdio[4].on("data", bytes => {
      const messages = (rest + bytes).split("\0");
      rest = messages.pop();
      for (const message of messages) this.hear(JSON.parse(message));
    });
    this.process.on("exit", () => {
      for (const {reject} of this.waiting.values()) reject(new Error("the browser has ended"));
    });
  }

  hear(message) {
    if (message.id === undefined) {
      this.heard.push(message);
      for (const listener of [...this.listeners ?? []]) listener(message);
      return;
    }
    const {resolve, reject} = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.error) reject(new Error(`${message.error.message}`));
    else resolve(message.result);
  }

  send(method, params = {}) {
    const id = ++this.last;
    const target = method.startsWith("Target.") || method.startsWith("Browser.") ? {} : {sessionId: this.session};
    this.process.stdio[3].write(JSON.stringify({id, method, params, ...target}) + "\0");
    return new Promise((resolve, reject) => this.waiting.set(id, {resolve, reject}));
  }

  when(method) {
    return new Promise(resolve => {
      this.listeners ??= new Set();
      const listener = message => {
        if (message.method !== method) return;
        this.listeners.delete(listener);
        resolve(message.params);
      };
      this.listeners.add(listener);
    });
  }

  async open(file, {width = 1280, height = 800, scheme = "light"} = {}) {
    if (!this.session) {
      const {targetId} = await this.send("Target.createTarget", {url: "about:blank"});
      this.session = (await this.send("Target.attachToTarget", {targetId, flatten: true})).sessionId;
      for (const domain of ["Page", "Runtime", "Log", "Network"]) await this.send(`${domain}.enable`);
    }
    await this.send("Emulation.setDeviceMetricsOverride", {width, height, deviceScaleFactor: 1, mobile: false});
    await this.send("Emulation.setEmulatedMedia", {features: [{name: "prefers-color-scheme", value: scheme}]});
    this.heard = [];
    const loaded = this.when("Page.loadEventFired");
    await this.send("Page.navigate", {url: pathToFileURL(file).href});
    await loaded;
    await this.settled();
  }

  /** After the frames that were asked for are drawn. */
  settled() { return this.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(true)))))"); }

  async value(expression) {
    const {result, exceptionDetails} = await this.send("Runtime.evaluate", {expression, awaitPromise: true, returnByValue: true});
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  async press(key, {shift = false} = {}) {
    const codes = {Enter: 13, Tab: 9, Escape: 27, ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40, PageUp: 33, PageDown: 34, End: 35, Home: 36};
    const code = codes[key];
    const text = code === undefined ? key : key === "Enter" ? "\r" : undefined;
    const common = {key, modifiers: shift ? 8 : 0, windowsVirtualKeyCode: code ?? key.toUpperCase().charCodeAt(0)};
    await this.send("Input.dispatchKeyEvent", {type: text === undefined ? "rawKeyDown" : "keyDown", text, ...common});
    await this.send("Input.dispatchKeyEvent", {type: "keyUp", ...common});
    await this.settled();
  }

  async type(text) { for (const key of text) await this.press(key); }

  async screenshot(file) {
    const {data} = await this.send("Page.captureScreenshot", {format: "png"});
    writeFileSync(file, Buffer.from(data, "base64"));
  }

  /** What the page has complained of, and whom it has asked, since it was opened. */
  get complaints() {
    const said = {"Runtime.exceptionThrown": params => params.exceptionDetails.exception?.description ?? params.exceptionDetails.text,
      "Log.entryAdded": params => params.entry.text, "Runtime.consoleAPICalled": params => params.args.map(arg => arg.value).join(" ")};
    return this.heard.filter(({method}) => said[method]).map(({method, params}) => said[method](params));
  }
  get requests() { return this.heard.filter(({method}) => method === "Network.requestWillBeSent").map(({params}) => params.request.url); }

  async close() {
    await this.send("Browser.close").catch(() => {});
    await this.ended;
    rmSync(this.profile, {recursive: true, force: true, maxRetries: 5});
  }
}
