import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/setup.ts"],
    // Vitest leaves a core free by default: on two cores that is half the speed.
    maxWorkers: "100%",
    testTimeout: 60_000,
  },
});
