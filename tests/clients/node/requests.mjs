// Asks a server of server.mjs: node requests.mjs PORT COUNT AT_ONCE. Every seed is asked for several times; its answers
// must be equal, since they do not depend on what else is computed at the time.
const [port, count, atOnce] = process.argv.slice(2).map(Number);
const answers = new Map();
let asked = 0, failures = 0;

async function ask(seed) {
  const response = await fetch(`http://127.0.0.1:${port}/${seed}`);
  const text = await response.text();
  const before = answers.get(seed) ?? text;
  answers.set(seed, before);
  if (response.status === 200 && /^\d+( \d+){3}$/.test(text) && text === before) return;
  ++failures;
  console.log(`FAILED: seed ${seed}: ${response.status} ${text}, before: ${before}`);
}

await Promise.all(Array.from({length: atOnce}, async () => {
  while (asked < count) await ask(asked++ % 10);
}));
console.log(`${asked} requests, ${answers.size} prompts, ${failures} failures`);
process.exit(asked === count && failures === 0 ? 0 : 1);
