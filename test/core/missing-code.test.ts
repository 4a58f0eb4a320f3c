/** Code that does not load when it is first needed: no fault of keraport's own, and told as what it is. */
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { asFormatError } from "../../src/core/error.ts";
import { ROOT } from "../source-files.ts";

const missing = (message: string, more: object = {}): Error => Object.assign(new TypeError(message), more);

it.each([
  ["Node", missing("Cannot find module '/a/b.js' imported from /a/c.js", { code: "ERR_MODULE_NOT_FOUND" })],
  ["Chromium", missing("Failed to fetch dynamically imported module: https://a.b/c.js")],
  ["Firefox", missing("error loading dynamically imported module: https://a.b/c.js")],
  ["Safari", missing("Importing a module script failed.")],
  ["webpack", missing("Loading chunk 7 failed. (error: https://a.b/7.js)", { name: "ChunkLoadError" })],
])("of %s", (_, error) => {
  expect(asFormatError(error)).toMatchObject({ code: "unsupported/missing-code", cause: error });
  expect(asFormatError(error).message).toContain(error.message);
});

it.each([new TypeError("x is not a function"), missing("no", { code: "ENOENT" }), "Loading chunk 7 failed", null])(
  "%s is none of it",
  (error) => {
    expect(asFormatError(error).code).toBe("internal/error");
  },
);

it("an engine that is not there is told when it is to run, as often as it is, and not before", async () => {
  const folder = mkdtempSync(join(tmpdir(), "keraport-missing-"));
  try {
    cpSync(join(ROOT, "dist"), join(folder, "dist"), { recursive: true, filter: (path) => !path.endsWith(".map") });
    rmSync(join(folder, "dist/node/engine.js"));
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    const code = `
      process.on("unhandledRejection", () => console.log("unhandled"));
      const { load } = await import("./dist/node.js");
      const model = await load(${JSON.stringify(join(ROOT, "fixtures/models/cnn/model.keras"))});
      await new Promise((resolve) => setTimeout(resolve, 50));
      const x = { dtype: "float32", shape: [1, 12, 12, 1], data: new Float32Array(144) };
      for (let i = 0; i < 2; i++) console.log(await model.predict(x).then(() => "runs", ({ code }) => code));`;
    const run = promisify(execFile)(process.execPath, ["--input-type=module", "-e", code], { cwd: folder });
    expect((await run).stdout.trim().split("\n")).toEqual(Array(2).fill("unsupported/missing-code"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
