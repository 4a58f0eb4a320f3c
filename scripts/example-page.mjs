// Opens the pages of examples/ in a headless Chromium, with a microphone that beeps, and reads what they show: node
// scripts/example-page.mjs [NAME …]. What has a package.json is built by vite first.
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { build } from "vite";
import { argumentsOf } from "./arguments.mjs";
import { findChromium, openPage } from "./chromium.mjs";

const { _: named } = argumentsOf(import.meta, {}, Infinity);

const ROOT = join(import.meta.dirname, "..");
/** What each shows once it is done. */
const SHOWS = {
  "in-a-worker.html": /^in a worker: 0\.34\d+ 0\.19\d+ .*, 0\.\d+ /,
  "keep-in-the-browser.html": /^kept: /,
  "microphone.html": /^heard: 0\.\d+/,
  "plain-page.html": /^cnn: float32 \[1, 4\] \[\[0\.34/,
  react: /^0\.341/,
};
const TYPES = { ".html": "text/html", ".js": "text/javascript" };
const MICROPHONE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];
/** Posts what the page shows, once it shows something; presses its button, if there is one. */
const TELL = `<script>new MutationObserver(() => {
  const body = document.querySelector("output").textContent;
  if (body !== "") fetch("/", { method: "POST", body });
}).observe(document.querySelector("output"), { childList: true, subtree: true });
setInterval(() => document.querySelector("button")?.click(), 1000);
addEventListener("error", (e) => fetch("/", { method: "POST", body: e.message }));
addEventListener("unhandledrejection", (e) => fetch("/", { method: "POST", body: String(e.reason) }));</script>`;

/** Where the page is, from the root of the repository. */
async function pathOf(name) {
  const root = join(ROOT, "examples", name);
  if (!existsSync(join(root, "package.json"))) return `/examples/${name}`;
  const alias = { keraport: join(ROOT, "dist/index.js") }; // what npm would have installed
  const outDir = join(ROOT, ".build/examples", name);
  await build({
    root,
    configFile: false,
    base: "./",
    logLevel: "error",
    resolve: { alias },
    build: { outDir, emptyOutDir: true },
  });
  return `/.build/examples/${name}/index.html`;
}

const shownBy = (path) =>
  new Promise((done, failed) => {
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
      page = openPage(findChromium(), `http://127.0.0.1:${server.address().port}${path}`, MICROPHONE);
      page.ended.catch(failed);
    });
  });

for (const name of named.length > 0 ? named : Object.keys(SHOWS)) {
  const told = await shownBy(await pathOf(name));
  console.log(told);
  if (!SHOWS[name].test(told)) process.exitCode = 1;
}
