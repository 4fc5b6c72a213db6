// Compares what scenarios.mjs wrote on two devices: node compare.mjs REFERENCE.json OTHER.json TOLERANCE
//
// Floating-point sums depend on their order, so logits differ a little between two right computations. A step is right if
// the root mean square of the differences, relative to the spread of the reference's logits, is at most TOLERANCE, and
// if the same token is chosen; another token is accepted only where the reference itself has the two closer together
// than the largest difference that TOLERANCE explains (four times it, in spreads). Such steps are counted and shown.
import {readFileSync} from "node:fs";

const [reference, other] = process.argv.slice(2, 4).map((path) => JSON.parse(readFileSync(path, "utf8")));
const tolerance = Number(process.argv[4]);
const names = Object.keys(reference).sort();
let failures = 0, ties = 0, steps = 0, worst = 0;

function fail(text) {
  ++failures;
  console.log(`FAILED: ${text}`);
}

function spreadOf(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

function check(name, number, wanted, got) {
  const where = `${name}, step ${number}`;
  ++steps;
  if (wanted.logits.length !== got.logits.length) return fail(`${where}: ${got.logits.length} numbers, not ${wanted.logits.length}`);
  const spread = spreadOf(wanted.logits);
  const apart = wanted.logits.reduce((sum, value, i) => sum + (value - got.logits[i]) ** 2, 0);
  const error = Math.sqrt(apart / wanted.logits.length) / spread;
  if (!(spread > 0) || !(error <= tolerance)) return fail(`${where}: error ${error}, tolerance ${tolerance}`);
  worst = Math.max(worst, error);
  if (wanted.token === got.token) return;
  const margin = (wanted.logits[wanted.token] - wanted.logits[got.token]) / spread;
  if (margin > 4 * tolerance) return fail(`${where}: token ${got.token}, not ${wanted.token}, which leads by ${margin} spreads`);
  ++ties;
}

if (names.length === 0 || names.join() !== Object.keys(other).sort().join()) fail(`scenarios ${Object.keys(other)}, not ${names}`);
for (const name of names) reference[name].forEach((step, i) => check(name, i, step, other[name]?.[i] ?? {logits: []}));
console.log(`${names.length} scenarios, ${steps} steps, worst error ${worst.toPrecision(3)}, ${ties} ties, ${failures} failures`);
process.exit(failures === 0 ? 0 : 1);
