/** What a page loads: sizes of bundles that a user would make, and the single file for pages without a bundler. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { expect, it } from "vitest";
import * as Keraport from "../../src/index.ts";
import { ROOT } from "../source-files.ts";

/** What a page has in mind: `run` does it all. */
const LOADS = `
  import { load } from "keraport";
  export const run = async (file, x) => (await load(file)).predict(x);`;
const BUILDS = `
  import { layers, Sequential } from "keraport";
  export const run = (_file, x) => new Sequential({ layers: [layers.dense({ units: 3, inputShape: [10, 8] })] }).predict(x);`;

/**
 * The most that each may take, minified and compressed with gzip, in kB: what a page waits for (the first file and all that
 * it imports), what `run` has fetched in the end, and all that it may fetch. Whole kilobytes: what a line costs is no alarm.
 */
const BUDGETS: readonly (readonly [what: string, code: string, first: number, fetched: number, all: number])[] = [
  ["load and predict, of a .keras with LSTMs", LOADS, 2.3, 143, 538],
  ["layers.dense and predict", BUILDS, 64, 99, 535],
];

/** What the README tells of the first. */
const TOLD = Number(/a page fetches less than (\d+) kB/.exec(readFileSync(join(ROOT, "README.md"), "utf8"))?.[1]);

it.each(BUDGETS)("%s", { timeout: 60_000 }, async (_, code, first, fetched, all) => {
  const bundle = await rolldown({
    input: "entry",
    platform: "browser",
    cwd: ROOT,
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === "entry" ? id : id === "keraport" ? join(ROOT, "dist/index.js") : null),
        load: (id) => (id === "entry" ? code : null),
      },
    ],
  });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  await bundle.close();
  const files = output.flatMap((file) => (file.type === "chunk" ? [file] : []));
  const size = (names: ReadonlySet<string>): number =>
    files
      .filter(({ fileName }) => names.has(fileName))
      .reduce((sum, file) => sum + gzipSync(file.code, { level: 9 }).length, 0) / 1000;
  const folder = mkdtempSync(join(tmpdir(), "keraport-bundle-"));
  const seen = new Set<string>();
  const page = globalThis as { seen?: (name: string) => void };
  page.seen = (name) => void seen.add(name);
  try {
    for (const file of files) writeFileSync(join(folder, file.fileName), `seen("${file.fileName}");${file.code}`);
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    const { run } = (await import(join(folder, "entry.js"))) as {
      run: (file: Uint8Array, x: object) => Promise<object[]>;
    };
    expect(size(seen)).toBeLessThanOrEqual(first);
    const file = new Uint8Array(readFileSync(join(ROOT, "fixtures/models/stacked_lstm/model.keras")));
    expect(await run(file, { dtype: "float32", shape: [2, 10, 8], data: new Float32Array(160) })).toHaveLength(1);
    expect(size(seen)).toBeLessThanOrEqual(fetched);
    if (code === LOADS) expect(size(seen)).toBeLessThan(TOLD);
    expect(size(new Set(files.map(({ fileName }) => fileName)))).toBeLessThanOrEqual(all);
  } finally {
    delete page.seen;
    rmSync(folder, { recursive: true, force: true });
  }
});

it("one file, alone in its folder, runs a model", { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "keraport-page-"));
  try {
    const path = join(folder, "keraport.mjs");
    writeFileSync(
      path,
      readFileSync(join(ROOT, "dist/keraport.min.js"), "utf8").replace(/^\/\/# sourceMappingURL.*$/m, ""),
    );
    const { load } = (await import(path)) as typeof Keraport;
    const file = new Uint8Array(readFileSync(join(ROOT, "fixtures/models/cnn/model.keras")));
    const x = [{ dtype: "float32" as const, shape: [2, 12, 12, 1], data: new Float32Array(288).map((_, i) => i % 7) }];
    const [alone, apart] = await Promise.all([load(file), Keraport.load(file)]);
    expect(await alone.predict(x)).toEqual(await apart.predict(x));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it("the element is small, and is nothing where there are no elements", async () => {
  const code = readFileSync(join(ROOT, "dist/element.js"));
  expect(gzipSync(code, { level: 9 }).length / 1000).toBeLessThanOrEqual(1.5);
  expect(Object.keys(await import(join(ROOT, "dist/element.js")))).toEqual(["KeraportModel"]);
});
