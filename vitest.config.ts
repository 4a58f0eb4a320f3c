import { configDefaults, defineConfig } from "vitest/config";
import { findChromium } from "./scripts/chromium.mjs";

const hasBrowser = findChromium() !== undefined;
if (!hasBrowser) process.stderr.write("not run: test/web (no Chromium here)\n");

/** What counts memory or time, stands in for what a machine has, or runs other programs: a file has a process of its own. */
const APART = ["api", "cli", "engines", "package", "train", "web"].map((folder) => `test/${folder}/**/*.test.ts`);
const ALONE = [
  "action",
  "examples",
  "oracle",
  "pairs",
  "scripts",
  "threads",
  "codecs/hdf5/refused",
  "importers/h5wasm",
];
const apart = [...APART, ...ALONE.map((name) => `test/${name}.test.ts`), "examples/*.test.mjs"];
const exclude = [...configDefaults.exclude, ...(hasBrowser ? [] : ["test/web/**"])];

export default defineConfig({
  test: {
    // Vitest leaves a core free by default: on two cores that is half the speed.
    maxWorkers: "100%",
    projects: [
      { extends: true, test: { name: "apart", include: apart, exclude } },
      // The others share a process: they import the library once, and V8 compiles it once.
      { extends: true, test: { name: "together", include: ["test/**/*.test.ts"], exclude: [...exclude, ...apart], isolate: false } }, // prettier-ignore
    ],
    setupFiles: ["test/setup.ts"],
    // Of what a page is waited for.
    expect: { poll: { timeout: 20_000 } },
    testTimeout: 60_000,
  },
});
