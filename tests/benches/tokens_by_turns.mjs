// llama.cpp on the virtual GPU against its own CPU backend, by turns: node tokens_by_turns.mjs VGPU_RUN NAME=MODEL...
// Prints a line for each model; XDG_CACHE_HOME is where compiled kernels are kept, empty at first.
import {spawn} from "node:child_process";
import {rmSync} from "node:fs";
import {availableParallelism} from "node:os";
import {dirname, join} from "node:path";
import {createInterface} from "node:readline";
import {fileURLToPath} from "node:url";

const [vgpuRun, ...models] = process.argv.slice(2);
const worker = join(dirname(fileURLToPath(import.meta.url)), "tokens.mjs");
const threads = String(availableParallelism());
const kTurns = 7;

/** A process that takes turns. */
class Contender {
  constructor(device, model) {
    const command = [process.execPath, worker, device, model, threads];
    if (device === "cuda") command.unshift(vgpuRun);
    const start = process.hrtime.bigint();
    this.process = spawn(command[0], command.slice(1), {stdio: ["pipe", "pipe", "ignore"]});
    this.lines = createInterface({input: this.process.stdout})[Symbol.asyncIterator]();
    this.ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.ready = this.answer().then(() => Number(process.hrtime.bigint() - start) / 1e9);
  }

  async answer() {
    for (;;) {
      const {value, done} = await this.lines.next();
      if (done) throw new Error(`${this.process.spawnargs.join(" ")}: ended early`);
      if (value.startsWith("{")) return JSON.parse(value);
    }
  }

  turn(name, count) {
    this.process.stdin.write(`${name} ${count}\n`);
    return this.answer();
  }

  async end() {
    this.process.stdin.end();
    await this.ended;
  }
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Seconds from the start of a process to its first token. */
async function firstToken(device, model) {
  const contender = new Contender(device, model);
  const seconds = await contender.ready;
  await contender.end();
  return seconds;
}

/** Tokens a second of each contender in turn, and how the medians compare. */
async function compare(contenders, name, count) {
  for (const contender of contenders) await contender.turn(name, count);  // kernels become code
  const turns = contenders.map(() => []);
  for (let turn = 0; turn < kTurns; ++turn)
    for (const [which, contender] of contenders.entries()) turns[which].push(await contender.turn(name, count));
  const [cpu, cuda] = turns.map((each) => count / median(each.map((turn) => turn.seconds)));
  const [busyCpu, busyCuda] = turns.map((each) => median(each.map((turn) => turn.processor)));
  return [cpu.toFixed(1), cuda.toFixed(1), (cuda / cpu).toFixed(2), (busyCpu / busyCuda).toFixed(2)];
}

const widths = [8, 8, 8, 6, 10, 8, 8, 6, 10, 7, 7, 7];
const row = (cells) => console.log(cells.map((cell, n) => n === 0 ? cell.padEnd(widths[n]) : cell.padStart(widths[n])).join(" "));
console.log(`tokens a second, ${threads} threads each, median of ${kTurns} turns: CPU backend, device, their ratio, that of processor time;`);
console.log("then seconds from the start of the process to the first token: CPU backend, device at first, device later");
row(["weights", "gen cpu", "device", "ratio", "processor", "512 cpu", "device", "ratio", "processor", "cpu", "cold", "warm"]);
for (const each of models) {
  const [name, model] = each.split("=");
  rmSync(process.env.XDG_CACHE_HOME, {recursive: true, force: true});
  const first = [await firstToken("cpu", model), await firstToken("cuda", model), await firstToken("cuda", model)];
  const contenders = [new Contender("cpu", model), new Contender("cuda", model)];
  for (const contender of contenders) await contender.ready;
  const generation = await compare(contenders, "generate", 16);
  const prompt = await compare(contenders, "prompt", 512);
  for (const contender of contenders) await contender.end();
  row([name, ...generation, ...prompt, ...first.map((seconds) => seconds.toFixed(1))]);
}
