/** A headless Chromium that runs the cases in a page of a local server, under a policy that forbids eval. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { openPage } from "../chromium.mjs";

const MINUTES = 8;

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
  let finish;
  const posted = new Promise((done) => (finish = done));
  const folders = { dist, fixtures, engines: import.meta.dirname, fflate: join(root, "node_modules/fflate") };
  const server = await serve(folders, cases, finish);
  const page = openPage(binary, `http://127.0.0.1:${server.address().port}/`);
  let timer;
  const late = new Promise((_, failed) => {
    timer = setTimeout(() => failed(new Error(`no answer in ${MINUTES} minutes`)), MINUTES * 60_000);
  });
  try {
    const result = await Promise.race([posted, page.ended, late]);
    if (result.failed !== undefined) throw new Error(result.failed);
    return result;
  } finally {
    clearTimeout(timer);
    await page.close();
    server.close();
    server.closeAllConnections();
  }
}
