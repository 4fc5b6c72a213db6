// Generates twelve tokens at temperature 0: node generate.mjs MODEL.gguf
import {join} from "node:path";
import {pathToFileURL} from "node:url";

const folder = process.env.NODE_LLAMA_CPP;  // or just: import {getLlama} from "node-llama-cpp"
const {getLlama} = await import(pathToFileURL(join(folder, "dist/index.js")).href);

const llama = await getLlama({gpu: "auto", build: "never", logLevel: "error"});
const model = await llama.loadModel({modelPath: process.argv[2]});
console.log(llama.gpu ? `on ${await llama.getGpuDeviceNames()}, ${model.gpuLayers} layers` : "on the processor");

const context = await model.createContext({contextSize: 256});
const tokens = [];
for await (const token of context.getSequence().evaluate(model.tokenize("a virtual gpu"), {temperature: 0})) {
  tokens.push(token);
  if (tokens.length === 12) break;
}
console.log(tokens.join(" "));
await llama.dispose();
