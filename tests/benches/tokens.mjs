// One contender of the bench of tokens: node tokens.mjs cpu|cuda MODEL THREADS
// Prints a line of JSON once it has its first token, then does what it reads, a line each:
//   generate COUNT | prompt COUNT
// and answers with the seconds and the processor seconds that it took.
import {createInterface} from "node:readline";
import {load, open, prompt} from "../clients/node/client.mjs";

const [device, modelPath, threadCount] = process.argv.slice(2);
const threads = Number(threadCount);
const llama = await open(device, threads);
const model = await load(llama, modelPath);
const context = await model.createContext({contextSize: 1024, batchSize: 512, threads});
const sequence = context.getSequence();

/** Feeds `tokens` and gives the likeliest token after them. */
async function next(tokens) {
  const last = [tokens[tokens.length - 1], {generateNext: {token: true, options: {temperature: 0}}}];
  const output = await sequence.controlledEvaluate([...tokens.slice(0, -1), last]);
  return output[tokens.length - 1].next.token;
}

const work = {
  async generate(count) {
    for (let token = model.tokens.bos; count > 0; --count) token = await next([token]);
  },
  prompt: (count) => next(prompt(model, count)),
};

async function timed(name, count) {
  await sequence.clearHistory();
  const processor = process.cpuUsage();
  const start = process.hrtime.bigint();
  await work[name](count);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const {user, system} = process.cpuUsage(processor);
  return {seconds, processor: (user + system) / 1e6};
}

console.log(JSON.stringify(await timed("prompt", 8)));
for await (const line of createInterface({input: process.stdin})) {
  const [name, count] = line.split(" ");
  console.log(JSON.stringify(await timed(name, Number(count))));
}
await llama.dispose();
