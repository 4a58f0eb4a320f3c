/** What a browser runs: as `in-node.mjs`, over HTTP. */
import { library, runCases } from "./run.mjs";

async function read(path) {
  const response = await fetch(`/fixtures/${path}`);
  if (!response.ok) throw new Error(`${path}: HTTP status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Code from a string must be refused here, else the policy is not the one to test under. */
function refusesEval() {
  try {
    return Reflect.construct(globalThis["Function"], ["return false"])();
  } catch {
    return true;
  }
}

let answer;
try {
  if (!refusesEval()) throw new Error("the page may use eval");
  const lib = await library((path) => `/dist/${path}`, "index.js");
  answer = await runCases(lib, await (await fetch("/cases.json")).json(), read);
} catch (error) {
  answer = { failed: String(error?.stack ?? error) };
}
await fetch("/result", { method: "POST", body: JSON.stringify(answer) });
