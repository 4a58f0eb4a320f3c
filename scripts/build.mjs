// Builds dist/: JavaScript in few files, since a process that starts loads every one of them (as many files as there are
// in src/ take three times as long), and the declarations of each file.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { rolldown } from "rolldown";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");
rmSync(dist, { recursive: true, force: true });

const say = (what) => process.stdout.write(`build: ${what}\n`);

say("types (a few seconds)");
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const types = spawnSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json"), "--emitDeclarationOnly"], {
  stdio: "inherit",
});
if (types.status !== 0) process.exit(types.status ?? 1);

say("JavaScript");
/** What is imported from outside, run by itself, or started as a thread. */
const ENTRIES = ["index", "node", "vitest", "cli/main", "core/node-thread", "core/web-thread"];

const bundle = await rolldown({
  input: Object.fromEntries(ENTRIES.map((name) => [name, join(root, "src", `${name}.ts`)])),
  external: (id) => id.startsWith("node:") || /^[^./]/.test(id),
  platform: "neutral",
  transform: { target: "es2022" },
});
await bundle.write({
  dir: dist,
  format: "esm",
  sourcemap: true,
  entryFileNames: "[name].js",
  // One folder deep, as the files in which URLs of other files are resolved.
  chunkFileNames: "chunks/[name].js",
});
await bundle.close();

say("one file for pages without a bundler");
const threadUrl = {
  name: "thread-url",
  // The same file, seen from dist/ itself.
  transform: (code) =>
    code.includes('"../core/web-thread.js"') ? { code: code.replace('"../core/', '"./core/'), map: null } : null,
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
