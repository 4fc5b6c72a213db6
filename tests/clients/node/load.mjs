// Loads a model with all its layers on the device, whatever node-llama-cpp thinks of the memory there.
import {open} from "./client.mjs";

const llama = await open("cuda");
await llama.loadModel({modelPath: process.argv[2], gpuLayers: "max", ignoreMemorySafetyChecks: true});
