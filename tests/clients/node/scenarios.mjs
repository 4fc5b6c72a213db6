// Plays scenarios with one model and writes down what came out, as JSON:
//   node scenarios.mjs cpu|cuda MODEL OUT.json REFERENCE.json|- SCENARIO...
// With a reference, each step is fed with the reference's tokens: so a step's logits can be compared whatever the step
// before it chose.
import {readFileSync, writeFileSync} from "node:fs";
import {LlamaCompletion, generate, load, open, prompt} from "./client.mjs";

const [device, modelPath, outPath, referencePath, ...names] = process.argv.slice(2);
const reference = referencePath === "-" ? {} : JSON.parse(readFileSync(referencePath, "utf8"));
const tokensOf = (name) => reference[name]?.map((step) => step.token);

const llama = await open(device);
let model = await load(llama, modelPath);
const results = {};

async function inContext(options, use) {
  const context = await model.createContext({contextSize: 256, batchSize: 64, threads: 1, ...options});
  try {
    return await use(context);
  } finally {
    await context.dispose();
  }
}

const plain = (name, size, count, options) => inContext(options, async (context) => {
  results[name] = await generate(context.getSequence(), prompt(model, size), count, tokensOf(name));
});

const scenarios = {
  short: () => plain("short", 7, 8, {flashAttention: false}),
  flash: () => plain("flash", 40, 8, {flashAttention: true}),
  long: () => plain("long", 700, 4, {contextSize: 1024, batchSize: 512, flashAttention: false}),
  "long-flash": () => plain("long-flash", 700, 4, {contextSize: 1024, batchSize: 512, flashAttention: true}),
  batch: () => inContext({sequences: 4, batchSize: 256}, async (context) => {
    await Promise.all([1, 2, 3, 4].map(async (seed) => {
      const name = `batch ${seed}`;
      results[name] = await generate(context.getSequence(), prompt(model, 5 * seed, seed), 4, tokensOf(name));
    }));
  }),
  embedding: async () => {
    const context = await model.createEmbeddingContext({contextSize: 256, batchSize: 256, threads: 1});
    const {vector} = await context.getEmbeddingFor(prompt(model, 30));
    results.embedding = [{token: null, logits: [...vector]}];
    await context.dispose();
  },
  two: async () => {
    const other = await load(llama, modelPath);
    const context = await other.createContext({contextSize: 256, batchSize: 64, threads: 1});
    await Promise.all([
      plain("two, first", 7, 4),
      generate(context.getSequence(), prompt(other, 9, 2), 4, tokensOf("two, second")).then((steps) => {
        results["two, second"] = steps;
      }),
    ]);
    await other.dispose();
  },
  reload: async () => {
    await model.dispose();
    model = await load(llama, modelPath);
    await plain("reload", 7, 4);
  },
  abort: () => inContext({contextSize: 1024, batchSize: 64}, async (context) => {
    const sequence = context.getSequence();
    const completion = new LlamaCompletion({contextSequence: sequence});
    const giveUp = new AbortController();
    let produced = 0;
    await completion.generateCompletion(prompt(model, 300), {
      signal: giveUp.signal, stopOnAbortSignal: true, maxTokens: 500, temperature: 0,
      onToken: () => ++produced === 3 && giveUp.abort(),
    });
    if (!giveUp.signal.aborted || produced > 10) throw new Error(`not stopped: ${produced} tokens`);
    await sequence.clearHistory();
    results.abort = await generate(sequence, prompt(model, 7), 4, tokensOf("abort"));
  }),
};

for (const name of names) await scenarios[name]();
await llama.dispose();
writeFileSync(outPath, JSON.stringify(results));
console.log(`${device}: ${Object.keys(results).join(", ")}`);
