/** A process that tries inputs: told `{ from, to }`, it says which it is at, what it found, and when it is done. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { library } from "./library.mjs";
import { kindOfFind, minimised, openPart } from "./parts.mjs";

const { part: name, seed, dist, fixtures, corpus, finds, alone } = JSON.parse(process.argv[2]);
const MAX_CPU = 5e6;
const MAX_RSS = 2 ** 20;
/** Examples kept of each kind of find. */
const EXAMPLES = 3;

const lib = await library((path) => import(pathToFileURL(join(dist, `${path}.js`)).href));
const part = openPart(name, lib, fixtures, corpus);
const kinds = new Map();

function keep(index, input, find, small) {
  const folder = join(finds, `${seed}-${index}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "input"), part.bytes(input));
  writeFileSync(join(folder, "small"), part.bytes(small));
  writeFileSync(
    join(folder, "find.json"),
    JSON.stringify({ seed, index, ...find, input: part.describe(input), small: part.describe(small) }, null, 1),
  );
}

async function tryOne(index, ran) {
  const input = part.make(seed, index);
  // Alone since it hung or ended the process: kept before it can do so again.
  if (alone) keep(index, input, { kind: "alone", message: "under trial" }, input);
  const cpu = process.cpuUsage();
  const rss = process.resourceUsage().maxRSS;
  let result;
  try {
    result = await part.run(input);
  } catch (error) {
    result = { find: { kind: "fuzz", message: `${error?.stack ?? error}`.slice(0, 500) }, ran: "failed" };
  }
  ran[result.ran] = (ran[result.ran] ?? 0) + 1;
  let { find } = result;
  const used = process.cpuUsage(cpu);
  const peak = process.resourceUsage().maxRSS;
  const seconds = (used.user + used.system) / 1e6;
  if (find === null && seconds > MAX_CPU / 1e6) find = { kind: "slow", message: `${seconds.toFixed(1)} s of CPU time` };
  if (find === null && peak > MAX_RSS && peak > rss)
    find = { kind: "memory", message: `${Math.round(peak / 1024)} MiB` };
  if (find === null) return;
  // The fewest edits say what a difference of engines is about.
  const isCostly = find.kind === "slow" || find.kind === "memory";
  const isOurs = find.kind === "fuzz" || (isCostly && !alone);
  const small = isCostly || isOurs ? input : await minimised(part, input, find, 8);
  if (find.kind.startsWith("engines")) find = { ...find, about: ` ${part.about(small)}` };
  const kind = kindOfFind(find);
  const times = (kinds.get(kind) ?? 0) + 1;
  kinds.set(kind, times);
  if (times <= EXAMPLES && !isOurs) keep(index, input, find, isCostly ? input : await minimised(part, small, find));
  process.send({ index, find, what: part.describe(small) });
}

process.on("message", async ({ from, to }) => {
  const ran = {};
  for (let index = from; index < to; index++) {
    process.send({ at: index });
    await tryOne(index, ran);
  }
  process.send({ done: to - from, ran });
});
process.on("disconnect", () => process.exit(0));
process.send({ ready: true, total: part.total ?? null });
