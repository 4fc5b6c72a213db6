// A small LLM server: node server.mjs MODEL
// GET /SEED answers with the greedy continuation of that seed's prompt. Prints `port N` when it is ready; ends on SIGTERM.
import {createServer} from "node:http";
import {generate, load, open, prompt} from "./client.mjs";

const llama = await open("cuda");
const model = await load(llama, process.argv[2]);
const context = await model.createContext({contextSize: 256, batchSize: 128, sequences: 4, threads: 1});

const idle = Array.from({length: 4}, () => context.getSequence());
const waiting = [];

/** One of the four sequences, for as long as `use` lasts. */
async function withSequence(use) {
  const sequence = idle.pop() ?? await new Promise((resolve) => waiting.push(resolve));
  try {
    return await use(sequence);
  } finally {
    await sequence.clearHistory();
    const next = waiting.shift();
    if (next) next(sequence);
    else idle.push(sequence);
  }
}

const answer = (seed) => withSequence(async (sequence) => {
  const steps = await generate(sequence, prompt(model, 4 + seed % 13, seed), 4);
  return steps.map((step) => step.token).join(" ");
});

const server = createServer((request, response) => {
  answer(Number(request.url.slice(1))).then(
    (text) => response.end(text),
    (error) => response.writeHead(500).end(String(error)),
  );
});

process.once("SIGTERM", () => server.close(async () => {
  await context.dispose();
  await llama.dispose();
  console.log("ended");
}));
server.keepAliveTimeout = 1;
server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
