// node-llama-cpp as the tests use it. NODE_LLAMA_CPP names the folder of the installed package.
import {join} from "node:path";
import {pathToFileURL} from "node:url";

export const {LlamaCompletion, getLlama} = await import(pathToFileURL(join(process.env.NODE_LLAMA_CPP, "dist/index.js")).href);

/** The library on `device`: "cuda", or "cpu" for the backend that is the measure of all things here. */
export async function open(device, maxThreads = 1) {
  const llama = await getLlama({gpu: device === "cuda" ? "cuda" : false, build: "never", logLevel: "warn", maxThreads});
  if (device === "cuda" && llama.gpu !== "cuda") throw new Error(`no CUDA, but ${llama.gpu}`);
  return llama;
}

/** A model with all its layers on the device. */
export async function load(llama, path) {
  const onDevice = llama.gpu !== false;
  const model = await llama.loadModel({modelPath: path, gpuLayers: onDevice ? "max" : 0});
  const layers = model.fileInsights.totalLayers;
  if (onDevice && model.gpuLayers !== layers) throw new Error(`${model.gpuLayers} of ${layers} layers on the GPU`);
  return model;
}

/** `count` tokens of plain text, the same ones for the same seed. */
export function prompt(model, count, seed = 1) {
  const tokens = [model.tokens.bos];
  for (let state = seed; tokens.length < count;) {
    state = (state * 1103515245 + 12345) % 2147483648;
    tokens.push(260 + (Math.floor(state / 8) % 240));
  }
  return tokens;
}

/**
 * Feeds `tokens`, then goes on for `count` tokens: those of `follow`, or else the likeliest.
 * Gives [{token, logits}] with the logits, by token number, from which each was chosen.
 */
export async function generate(sequence, tokens, count, follow = []) {
  const steps = [];
  let input = tokens;
  while (steps.length < count) {
    const last = [input[input.length - 1], {generateNext: {logits: true, token: true, options: {temperature: 0}}}];
    const output = await sequence.controlledEvaluate([...input.slice(0, -1), last]);
    const {token, logits} = output[input.length - 1].next;
    const values = [];
    for (const [which, logit] of logits) values[which] = logit;
    steps.push({token, logits: values});
    input = [follow[steps.length - 1] ?? token];
  }
  return steps;
}
