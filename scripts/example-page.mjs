// Opens examples/keep-in-the-browser.html in a headless Chromium and reads what it shows: node scripts/example-page.mjs.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { findChromium, openPage } from "./chromium.mjs";

const ROOT = join(import.meta.dirname, "..");
const PAGE = "/examples/keep-in-the-browser.html";
const TYPES = { ".html": "text/html", ".js": "text/javascript" };
/** Posts what the page shows, once it shows something. */
const TELL = `<script>new MutationObserver(() => fetch("/", { method: "POST", body: document.querySelector("output").textContent }))
  .observe(document.querySelector("output"), { childList: true });
addEventListener("error", (e) => fetch("/", { method: "POST", body: e.message }));
addEventListener("unhandledrejection", (e) => fetch("/", { method: "POST", body: String(e.reason) }));</script>`;

const told = await new Promise((done, failed) => {
  const server = createServer(async (request, response) => {
    if (request.method === "POST") {
      const parts = [];
      for await (const part of request) parts.push(part);
      response.end();
      finish(Buffer.concat(parts).toString());
      return;
    }
    const path = normalize(new URL(request.url, "http://local").pathname);
    try {
      const body = readFileSync(join(ROOT, path));
      response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
      response.end(path === PAGE ? `${body}`.replace("</output>", `</output>${TELL}`) : body);
    } catch {
      response.writeHead(404).end();
    }
  });
  let page;
  const timer = setTimeout(() => finish("no answer in two minutes"), 120_000);
  const finish = async (text) => {
    done(text);
    clearTimeout(timer);
    await page.close();
    server.close();
    server.closeAllConnections();
  };
  server.listen(0, "127.0.0.1", () => {
    page = openPage(findChromium(), `http://127.0.0.1:${server.address().port}${PAGE}`);
    page.ended.catch(failed);
  });
});
console.log(told);
process.exitCode = told.startsWith("kept: ") ? 0 : 1;
