import { configDefaults, defineConfig } from "vitest/config";
import { findChromium } from "./scripts/chromium.mjs";

const hasBrowser = findChromium() !== undefined;
if (!hasBrowser) process.stderr.write("not run: test/web (no Chromium here)\n");

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "examples/*.test.mjs"],
    exclude: [...configDefaults.exclude, ...(hasBrowser ? [] : ["test/web/**"])],
    setupFiles: ["test/setup.ts"],
    // Vitest leaves a core free by default: on two cores that is half the speed.
    maxWorkers: "100%",
    // Of what a page is waited for.
    expect: { poll: { timeout: 20_000 } },
    testTimeout: 60_000,
  },
});
