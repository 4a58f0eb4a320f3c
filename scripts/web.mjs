// Builds the page that opens a Keras model: web/dist/site/ for any static host, and web/dist/keraport.html, which is all in
// one file and works from disk.
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "vite";
import { argumentsOf } from "./arguments.mjs";

argumentsOf(import.meta);

const root = join(import.meta.dirname, "..");
const out = join(root, "web/dist");

/** Real models out of the fixtures, with what Keras computed. */
const EXAMPLES = [
  ["stacked_lstm", "model.keras", "Time series", "Two LSTMs over 10 steps, Keras 3"],
  ["cnn", "model.keras", "Small images", "Convolutions and batch statistics, Keras 3"],
  ["siamese", "model.keras", "One tower, two inputs", "A shared model inside a model, Keras 3"],
  ["tfk_text_h5", "model.h5", "Text, from an .h5", "Bidirectional layers with masks, tf.keras"],
];

/** The list, and each example's bytes as a module that is loaded when it is chosen. */
function exampleModules() {
  const modules = {};
  const list = EXAMPLES.map(([folder, file, title, about], i) => {
    const base64 = (name) => readFileSync(join(root, "fixtures/models", folder, name)).toString("base64");
    const bytes = { model: base64(file), fixture: base64("io.npz") };
    modules[`virtual:example-${i}`] = `export default ${JSON.stringify(bytes)};`;
    const told = JSON.stringify({ file: `${folder}.${file.split(".").at(-1)}`, title, about });
    return `{ ...${told}, load: async () => (await import("virtual:example-${i}")).default }`;
  });
  return { ...modules, "virtual:examples": `export const examples = [${list.join(", ")}];` };
}

/** Modules that are there when the page is built. */
const virtual = (modules) => ({
  name: "virtual",
  resolveId: (id) => (id in modules ? `\0${id}` : null),
  load: (id) => (id.startsWith("\0virtual:") ? modules[id.slice(1)] : null),
});

/** The files of a bundle: JavaScript in `assets/` and one style sheet. `whole`: one script. */
async function bundle(entry, whole, modules = {}, format = "es") {
  const { output } = await build({
    configFile: false,
    root: join(root, "web"),
    logLevel: "error",
    // Of threads alone, of which the page starts none.
    ...(format === "iife" && { define: { "import.meta.url": "undefined" } }),
    plugins: [virtual(modules)],
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: {
      write: false,
      target: "es2022",
      modulePreload: false,
      assetsInlineLimit: 0,
      rolldownOptions: {
        input: join(root, "web/src", entry),
        output: {
          format,
          entryFileNames: "assets/[name]-[hash].js",
          chunkFileNames: "assets/[name]-[hash].js",
          ...(whole && { codeSplitting: false }),
        },
      },
    },
  });
  const text = (file) => (file.type === "chunk" ? file.code : String(file.source));
  return {
    entry: output.find((file) => file.isEntry),
    style: output.filter(({ fileName }) => fileName.endsWith(".css")).map(text).join("\n"), // prettier-ignore
    scripts: new Map(output.filter(({ type }) => type === "chunk").map((file) => [file.fileName, file.code])),
  };
}

/** What the page may do: nothing that reaches another host. WebAssembly is what models run as. */
function page(parts) {
  const policy = {
    "default-src": "'none'",
    "script-src": `${parts.scriptSource} 'wasm-unsafe-eval'`,
    "worker-src": parts.workerSource,
    "style-src": parts.styleSource,
    "img-src": "blob: data:",
    "connect-src": parts.connect,
    "base-uri": "'none'",
    "form-action": "'none'",
  };
  const values = {
    CSP: Object.entries(policy).map((pair) => pair.join(" ")).join("; "), // prettier-ignore
    STYLE: parts.style,
    SCRIPT: parts.script,
  };
  return readFileSync(join(root, "web/index.html"), "utf8")
    .replace(/%(\w+)%/g, (all, name) => values[name] ?? all)
    .replace(/>\s+null\s+</, ">null<");
}

const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
/** As text of a script in a page: nothing in it ends the script. */
const inScript = (text) => text.replace(/<(?=\/script|!--|script)/gi, "\\x3c");

function write(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

async function buildOne(file) {
  // A classic script: of a page from disk no worker may be a module.
  const worker = await bundle("worker/main.ts", true, {}, "iife");
  const program = `export const workerProgram = () => ${JSON.stringify(worker.entry.code)};
    export const workerType = "classic";`;
  const { entry, style } = await bundle("main.tsx", true, { "virtual:worker": program, ...exampleModules() });
  const script = inScript(entry.code);
  const text = page({
    scriptSource: hash(script),
    styleSource: hash(style),
    workerSource: "blob:",
    connect: "'none'",
    style: `<style>${style}</style>`,
    script: `<script type="module">${script}</script>`,
  });
  write(file, text);
}

async function buildSite(folder) {
  const worker = await bundle("worker/main.ts", false);
  const program = `export const workerProgram = () =>
    "import " + JSON.stringify(new URL(${JSON.stringify(worker.entry.fileName)}, document.baseURI).href);
    export const workerType = "module";`;
  const main = await bundle("main.tsx", false, { "virtual:worker": program, ...exampleModules() });
  for (const [path, code] of [...worker.scripts, ...main.scripts]) write(join(folder, path), code);
  write(join(folder, "assets/style.css"), main.style);
  const element = (await bundle("../../src/element.ts", true)).entry.code;
  write(join(folder, "keraport-model.js"), element.replace("page.html", "index.html"));
  const text = page({
    scriptSource: "'self'",
    styleSource: "'self'",
    workerSource: "blob: 'self'",
    connect: "'self'",
    style: '<link rel="stylesheet" href="./assets/style.css" />',
    script: `<script type="module" src="./${main.entry.fileName}"></script>`,
  });
  write(join(folder, "index.html"), text);
}

rmSync(out, { recursive: true, force: true });
await buildSite(join(out, "site"));
await buildOne(join(out, "keraport.html"));
// `keraport view` hands it out.
if (existsSync(join(root, "dist"))) copyFileSync(join(out, "keraport.html"), join(root, "dist/page.html"));
process.stdout.write("web/dist/ is ready: site/ for a static host, keraport.html in one file\n");
