import { configDefaults, defineConfig } from "vitest/config";
import { findChromium } from "./scripts/chromium.mjs";

const hasBrowser = findChromium() !== undefined;
if (!hasBrowser) process.stderr.write("not run: test/web (no Chromium here)\n");

/** Folders whose tests share a process: starting one, and importing the library into it, takes longer than most of them. */
const TOGETHER = ["codecs", "core", "exporters", "graph", "importers", "layers", "ops", "train", "verify"].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

export default defineConfig({
  test: {
    setupFiles: ["test/setup.ts"],
    // Vitest leaves a core free by default: on two cores that is half the speed.
    maxWorkers: "100%",
    // Of what a page is waited for.
    expect: { poll: { timeout: 20_000 } },
    testTimeout: 60_000,
    projects: [
      { extends: true, test: { name: "together", include: TOGETHER, isolate: false } },
      {
        extends: true,
        test: {
          name: "apart",
          include: ["test/**/*.test.ts", "examples/*.test.mjs"],
          exclude: [...configDefaults.exclude, ...TOGETHER, ...(hasBrowser ? [] : ["test/web/**"])],
        },
      },
    ],
  },
});
