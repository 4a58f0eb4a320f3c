/**
 * The workloads in a headless Chromium, on a page's own thread: keraport, onnxruntime-web and TensorFlow.js in turn.
 *   npm run build && node bench/browser.mjs [--only W1,W3/b32] [--dist FOLDER] [--lock FILE] [--dry]
 * Needs bench/setup.mjs and a Chromium or Chrome ($CHROMIUM, or on the PATH). Writes the section `browser` of
 * bench/results/VERSION.json.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { argumentsOf } from "../scripts/arguments.mjs";
import { browserVersion, findChromium, openPage } from "../scripts/chromium.mjs";
import { locked } from "./lib/lock.mjs";
import { readResults, saveSection } from "./lib/results.mjs";

const options = argumentsOf(import.meta, {
  only: { type: "string" },
  dist: { type: "string" },
  lock: { type: "string" },
  dry: { type: "boolean", default: false },
});
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const dist = resolve(options.dist ?? here("../dist"));
const PAGE = `<!doctype html><meta charset="utf-8"><title>bench</title>
<script type="importmap">{"imports":{"fflate":"/fflate/esm/browser.js"}}</script>
<script type="module" src="/browser/page.mjs"></script>`;
const TYPES = { ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };
/** For a clock that is fine enough. */
const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

const binary = findChromium();
if (binary === undefined) throw new Error("no Chromium found: set CHROMIUM");

const workloads = { ...readResults().browser?.workloads };
let finish;
const finished = new Promise((done) => (finish = done));
/** Ends the turn that the page has. */
let release = () => {};

function take(message) {
  release();
  if (message.key === undefined) return finish(message);
  workloads[message.key] = message.found;
  const cells = Object.entries(message.found).map(
    ([name, { mins, error }]) => `${name} ${error === undefined ? Math.min(...mins).toPrecision(3) : `(${error})`}`,
  );
  console.log(`${message.key}: ${cells.join("  ")}`);
}

function fileOf(path) {
  const [, first, ...rest] = normalize(decodeURIComponent(path)).split("/");
  if (first === "dist") return join(dist, ...rest);
  if (first === "fflate") return join(here("../node_modules/fflate"), ...rest);
  return join(here("."), first, ...rest);
}

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, "http://local");
  const answer = (status, type, body) => {
    response.writeHead(status, { "content-type": type, ...ISOLATED });
    response.end(body);
  };
  if (request.method === "POST") {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      answer(204, "text/plain", "");
      take(JSON.parse(Buffer.concat(chunks).toString("utf8")));
    });
  } else if (pathname === "/turn") {
    void locked(options.lock, () => {
      answer(204, "text/plain", "");
      return new Promise((done) => (release = done));
    });
  } else if (pathname === "/") answer(200, "text/html", PAGE);
  else {
    try {
      answer(200, TYPES[extname(pathname)] ?? "application/octet-stream", readFileSync(fileOf(pathname)));
    } catch {
      answer(404, "text/plain", "");
    }
  }
});
server.listen(0, "127.0.0.1");
await once(server, "listening");

const query = options.only === undefined ? "" : `?only=${encodeURIComponent(options.only)}`;
const page = openPage(binary, `http://127.0.0.1:${server.address().port}/${query}`);
page.ended.catch(({ message }) => finish({ failed: message }));

const { failed } = await finished;
release();
await page.close();
server.close();
server.closeAllConnections();
if (failed !== undefined) throw new Error(failed);
if (!options.dry) saveSection("browser", { browser: browserVersion(binary), workloads });
