/** A headless Chromium that runs the cases in a page of a local server, under a policy that forbids eval. */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, extname, join, normalize } from "node:path";
import { accessSync, constants } from "node:fs";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const MINUTES = 8;

/** $CHROMIUM, or a Chromium or Chrome of the PATH; undefined when there is none. */
export function findChromium() {
  const given = process.env["CHROMIUM"];
  if (given) return given;
  const places = (process.env["PATH"] ?? "").split(delimiter);
  return NAMES.flatMap((name) => places.map((place) => join(place, name))).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export const browserVersion = (binary) =>
  execFileSync(binary, ["--version", "--no-sandbox"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })
    .trim()
    .replace(/^(\D*[\d.]+).*$/s, "$1");

const NONCE = "bG9jYWw";
const PAGE = `<!doctype html><meta charset="utf-8"><title>engines</title>
<script type="importmap" nonce="${NONCE}">{"imports":{"fflate":"/fflate/esm/browser.js"}}</script>
<script type="module" src="/engines/page.mjs"></script>`;
const POLICY = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'nonce-${NONCE}'; connect-src 'self'`;
const TYPES = { ".js": "text/javascript", ".mjs": "text/javascript", ".json": "application/json" };

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** Serves the page, folders under their names, and the cases; `finish` gets what the page posts. */
function serve(folders, cases, finish) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://local");
    const answer = (status, type, body) => {
      response.writeHead(status, { "content-type": type, "content-security-policy": POLICY });
      response.end(body);
    };
    if (request.method === "POST") {
      void bodyOf(request).then((body) => {
        answer(204, "text/plain", "");
        finish(JSON.parse(body));
      });
    } else if (pathname === "/") answer(200, "text/html", PAGE);
    else if (pathname === "/cases.json") answer(200, "application/json", JSON.stringify(cases));
    else {
      const [, name, ...rest] = normalize(decodeURIComponent(pathname)).split("/");
      try {
        answer(200, TYPES[extname(pathname)] ?? "application/octet-stream", readFileSync(join(folders[name], ...rest)));
      } catch {
        answer(404, "text/plain", "");
      }
    }
  });
  return new Promise((ready) => server.listen(0, "127.0.0.1", () => ready(server)));
}

/** Results of `page.mjs` in Chromium. Throws when the page gives none. */
export async function runInBrowser(binary, { root, dist, fixtures, cases }) {
  const profile = mkdtempSync(join(tmpdir(), "engines-"));
  let finish;
  const posted = new Promise((done) => (finish = done));
  const folders = { dist, fixtures, engines: import.meta.dirname, fflate: join(root, "node_modules/fflate") };
  const server = await serve(folders, cases, finish);
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];
  flags.push("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", `--user-data-dir=${profile}`);
  const child = spawn(binary, [...flags, `http://127.0.0.1:${server.address().port}/`], { stdio: "ignore" });
  const ended = new Promise((_, failed) => {
    child.once("error", failed);
    child.once("exit", (code) => failed(new Error(`ended with exit code ${code}`)));
  });
  let timer;
  const late = new Promise((_, failed) => {
    timer = setTimeout(() => failed(new Error(`no answer in ${MINUTES} minutes`)), MINUTES * 60_000);
  });
  try {
    const result = await Promise.race([posted, ended, late]);
    if (result.failed !== undefined) throw new Error(result.failed);
    return result;
  } finally {
    clearTimeout(timer);
    ended.catch(() => {});
    const gone = new Promise((done) => (child.exitCode === null ? child.once("exit", done) : done()));
    child.kill();
    await gone;
    server.close();
    server.closeAllConnections();
    // Its helpers write for some time after it has ended.
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}
