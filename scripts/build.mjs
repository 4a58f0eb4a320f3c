// Builds dist/: JavaScript in few files, since a process that starts loads every one of them (as many files as there are
// in src/ take three times as long), and the declarations of each file.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { rolldown } from "rolldown";
import { argumentsOf } from "./arguments.mjs";
import { writeOptionTypes } from "./option-types.mjs";

argumentsOf(import.meta);

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");
rmSync(dist, { recursive: true, force: true });

const say = (what) => process.stdout.write(`build: ${what}\n`);

say("types (a few seconds)");
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const types = spawnSync(
  process.execPath,
  [tsc, "-p", join(root, "tsconfig.build.json"), "--emitDeclarationOnly", "--noCheck"],
  {
    stdio: "inherit",
  },
);
if (types.status !== 0) process.exit(types.status ?? 1);
await writeOptionTypes(root);

say("JavaScript");
const sources = (...names) => new Map(names.map((name) => [name, join(root, "src", `${name}.ts`)]));
/**
 * What is imported from outside, run by itself, or started as a thread: by pages, whose bundlers take what a page uses of
 * many small files, and by Node, which imports the same from few large ones in two fifths less time. They share none.
 */
const PAGES = sources("index", "tfjs", "element", "core/web-thread", "core/web-h5wasm");
const NODE = sources("node", "vitest", "cli/main", "core/node-thread", "core/node-h5wasm");
NODE.set("node/tfjs", join(root, "src/tfjs.ts"));
/**
 * What the public API has as one name, each a file: bundlers then take from it what a page uses. Inside another file it
 * would be an object, of which they take all.
 */
const NAMESPACES = [
  "api/layers",
  "layers/fields",
  ...["callbacks", "losses", "metrics", "optimizers", "schedules"].map((name) => `train/${name}/index`),
];
const namespaces = {
  name: "namespaces",
  resolveId: (id, from) => {
    if (from !== join(root, "src/index.ts")) return null;
    const name = id.replace(/^\.\/|\.ts$/g, "");
    return NAMESPACES.includes(name) ? { id: join(dist, `${name}.js`), external: "relative" } : null;
  },
};
/** What makes a builder function does nothing else: bundlers leave out those of which a page uses none. */
const pure = {
  name: "pure",
  transform: (code, id) =>
    id === join(root, "src/api/layers.ts")
      ? { code: code.replaceAll(" builderOf(", " /* @__PURE__ */ builderOf("), map: null }
      : null,
};
/**
 * The files that are loaded with these: themselves, and what they import, but what is imported when it is called, and what
 * a file passes on (`export { … } from`) that nobody of them names.
 */
function loadedWith(...names) {
  const found = new Set();
  const followed = new Set();
  const visit = (path, wanted) => {
    found.add(path);
    const imports = /^(import|export) (?!type )(?:([^"';]*?) from )?"(\.[^"]+)"/gm;
    for (const [line, how, what = "", target] of readFileSync(path, "utf8").matchAll(imports)) {
      const passed = what.includes("*") ? null : (what.replace(/\btype \w+/g, "").match(/\w+/g) ?? []);
      if (how === "export" && passed !== null && wanted !== null && !passed.some((name) => wanted.includes(name)))
        continue;
      if (followed.has(path + line)) continue;
      followed.add(path + line);
      visit(join(dirname(path), target), passed);
    }
  };
  for (const name of names) visit(join(root, "src", `${name}.ts`), null);
  return found;
}
const layerFiles = (...names) => new Set(names.map((name) => join(root, `src/layers/${name}.ts`)));
/** What is loaded together is one file, for the fewer files are better compressed; each takes what those before leave. */
const TOGETHER = {
  start: loadedWith("core/guard"),
  thread: loadedWith("core/thread-work"),
  // Node puts its own threads in the place of a browser's before there is an engine. Not with what threads do: a script of
  // a worker that names itself bundlers refuse.
  threads: loadedWith("core/threads"),
  model: loadedWith("api/model"),
  load: loadedWith("api/load", "importers/keras-v3", "model/naming/tree"),
  engine: loadedWith("engines/wasm/session"),
};
const PAGES_TOGETHER = {
  // What loads the rest when it is called stands beside no class, which is there before it is called.
  public: new Set(sources("index").values()),
  builder: new Set(sources("api/builder/sequential", "api/preprocess").values()),
  ...TOGETHER,
  // What most families of layers have in common, and the little that a few have.
  common: layerFiles(
    ...["checks", "dialects", "dtypes", "masks", "weight-options"].map((name) => `common/${name}`),
    "core/shared/embedding",
    "core/shared/quantization",
  ),
  few: layerFiles(...["l2", "spatial", "whole-mean", "wrapper"].map((name) => `common/${name}`)),
};
const NODE_TOGETHER = {
  ...TOGETHER,
  // No builder function is of an operation.
  rest: new Set([...loadedWith("node")].filter((path) => !/\/layers\/(index|.*operations)/.test(path))),
};

async function write(input, chunks, together, plugins) {
  const bundle = await rolldown({
    input: Object.fromEntries(input),
    external: (id) => id.startsWith("node:") || /^[^./]/.test(id),
    platform: "neutral",
    transform: { target: "es2022" },
    plugins,
    // As `codeSplitting` below wants it; nothing imports more from an entry than it exports.
    preserveEntrySignatures: "allow-extension",
    // An entry that others may take more from would give it to whoever asks for all it has.
    experimental: { chunkOptimization: { mergeCommonChunks: false } },
  });
  await bundle.write({
    dir: dist,
    format: "esm",
    sourcemap: true,
    // A process reads all of it before anything runs: comments and long names of locals are time, and so are characters
    // beyond ASCII, of which one doubles its file. Functions keep their names, statements their lines, for whoever reads a
    // stack.
    minify: {
      compress: false,
      mangle: { keepNames: true },
      codegen: { removeWhitespace: false, asciiOnly: true },
    },
    comments: { annotation: true, legal: false, jsdoc: false },
    entryFileNames: "[name].js",
    // One folder deep, as the files in which URLs of other files are resolved.
    chunkFileNames: `${chunks}/[name].js`,
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: Object.entries(together).map(([name, files]) => ({ name, test: (id) => files.has(id) })),
    },
  });
  await bundle.close();
}
await write([...PAGES, ...sources(...NAMESPACES)], "chunks", PAGES_TOGETHER, [namespaces, pure]);
await write(NODE, "node", NODE_TOGETHER, []);

say("one file for pages without a bundler");
const threadUrl = {
  name: "thread-url",
  // The same file, seen from dist/ itself.
  transform: (code) =>
    code.includes('"../core/web-') ? { code: code.replace('"../core/', '"./core/'), map: null } : null,
};
const whole = await rolldown({
  input: join(root, "src/index.ts"),
  platform: "browser",
  transform: { target: "es2022" },
  plugins: [threadUrl],
});
await whole.write({
  file: join(dist, "keraport.min.js"),
  format: "esm",
  sourcemap: true,
  minify: true,
  codeSplitting: false,
});
await whole.close();
say("dist/ is ready");
