// Opens the pages of examples/ in a headless Chromium and reads what they show: node scripts/example-page.mjs [NAME.html …].
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { findChromium, openPage } from "./chromium.mjs";

const ROOT = join(import.meta.dirname, "..");
/** What each shows once it is done. */
const SHOWS = {
  "in-a-worker.html": /^in a worker: 0\.34\d+ 0\.19\d+ .*, 0\.\d+ /,
  "keep-in-the-browser.html": /^kept: /,
};
const TYPES = { ".html": "text/html", ".js": "text/javascript" };
/** Posts what the page shows, once it shows something. */
const TELL = `<script>new MutationObserver(() => fetch("/", { method: "POST", body: document.querySelector("output").textContent }))
  .observe(document.querySelector("output"), { childList: true });
addEventListener("error", (e) => fetch("/", { method: "POST", body: e.message }));
addEventListener("unhandledrejection", (e) => fetch("/", { method: "POST", body: String(e.reason) }));</script>`;

const shownBy = (name) =>
  new Promise((done, failed) => {
    const path = `/examples/${name}`;
    const server = createServer(async (request, response) => {
      if (request.method === "POST") {
        const parts = [];
        for await (const part of request) parts.push(part);
        response.end();
        finish(Buffer.concat(parts).toString());
        return;
      }
      const asked = normalize(new URL(request.url, "http://local").pathname);
      try {
        const body = readFileSync(join(ROOT, asked));
        response.writeHead(200, { "content-type": TYPES[extname(asked)] ?? "application/octet-stream" });
        response.end(asked === path ? `${body}`.replace("</output>", `</output>${TELL}`) : body);
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
      page = openPage(findChromium(), `http://127.0.0.1:${server.address().port}${path}`);
      page.ended.catch(failed);
    });
  });

const named = process.argv.slice(2);
for (const name of named.length > 0 ? named : Object.keys(SHOWS)) {
  const told = await shownBy(name);
  console.log(told);
  if (!SHOWS[name].test(told)) process.exitCode = 1;
}
