// Runs the blocks of a page of the documents, in this process, in the folder it is in: node run-blocks.mjs JOBS.json.
// A job is { args, to } for the command line, or { file } for a module. Prints what did not go well.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const { main, folders } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const write = process.stdout.write.bind(process.stdout);
process.stdout.setMaxListeners(0);
process.stderr.setMaxListeners(0);
let runs = 0;

/** The command line, as a process of its own would run it; gives its exit code. */
async function command(args, to) {
  process.argv.splice(2, Infinity, ...args);
  const text = [];
  process.stdout.write = (part) => text.push(part) > 0;
  process.stderr.write = process.stdout.write;
  runs += 1;
  try {
    await import(`${pathToFileURL(main).href}?${runs}`);
  } finally {
    process.stdout.write = write;
  }
  if (to !== undefined) writeFileSync(to, text.join(""));
  const exit = process.exitCode;
  process.exitCode = undefined;
  if (exit) write(`${args.join(" ")}: exit code ${exit}\n${text.join("")}\n`);
}

const log = console.log;
const { load, layers, save, Sequential } = await import("keraport");
/** What a page leaves open. */
async function prepare() {
  console.log = () => {};
  const numbers = (length) => new Float32Array(length).map((_, i) => Math.sin(i));
  const labels = new Int32Array(10).map((_, i) => i % 2);
  const own = new Sequential({ layers: [layers.dense({ units: 3, inputShape: [80] })] });
  Object.assign(globalThis, {
    x: numbers(80), y: labels, labels, samples: { dtype: "float32", shape: [10, 10, 8], data: numbers(800) }, own,
    bytes: new Uint8Array(readFileSync("model.keras")), sensor: {}, play: () => {},
  }); // prettier-ignore
  globalThis.model = await load("model.keras");
  if (existsSync("stateful.keras")) return;
  const stateful = new Sequential();
  stateful.add(layers.lstm({ units: 4, stateful: true, batchInputShape: [1, 1, 8] }));
  await save(stateful, "stateful.keras");
  if (existsSync("web")) return;
  const three = new Sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })] });
  await save(three, "web", { format: "tfjs-layers" });
}

for (const { folder, jobs } of folders) {
  process.chdir(folder);
  for (const { args, to, file } of jobs) {
    try {
      if (args !== undefined) await command(args, to);
      else await (await prepare(), import(pathToFileURL(join(folder, file)).href));
    } catch (error) {
      write(`${folder} ${file ?? args.join(" ")}: ${error.stack}\n`);
    }
  }
}
console.log = log;
