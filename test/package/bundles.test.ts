/** What a page loads: sizes of bundles that a user would make, and the single file for pages without a bundler. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { expect, it } from "vitest";
import * as Keraport from "../../src/index.ts";
import { ROOT } from "../source-files.ts";

/**
 * The most that each may take, minified and compressed with gzip, in kB: what a page waits for (the first file and all that
 * it imports), and all that it may load. They hold what is; the aim for `load` is 60 and 90.
 */
const BUDGETS: readonly (readonly [code: string, first: number, all: number])[] = [
  ['export { load } from "keraport"', 126, 394],
  ['import { layers, Sequential } from "keraport"; export const x = [layers.dense, Sequential]', 84, 333],
];

it.each(BUDGETS)("%s", { timeout: 60_000 }, async (code, first, all) => {
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
  const size = (chunks: typeof files): number =>
    chunks.reduce((sum, chunk) => sum + gzipSync(chunk.code, { level: 9 }).length, 0) / 1000;
  const awaited = new Set(files.filter((file) => file.isEntry).map((file) => file.fileName));
  for (const name of awaited)
    for (const next of files.find((file) => file.fileName === name)?.imports ?? []) awaited.add(next);
  expect(size(files.filter((file) => awaited.has(file.fileName)))).toBeLessThanOrEqual(first);
  expect(size(files)).toBeLessThanOrEqual(all);
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
