/** The scripts of workers in what a bundler makes of the package: files with all that they import, as pages fetch them. */
import { readdirSync } from "node:fs";
import { join, posix } from "node:path";
import { build, type Rolldown } from "vite";
import { expect, it } from "vitest";
import { ROOT } from "../source-files.ts";

/** Of dist/core: what starts in a page's workers. */
const SCRIPTS = readdirSync(join(ROOT, "dist/core"))
  .filter((name) => /^web-.*\.js$/.test(name))
  .map((name) => name.slice(0, -".js".length));

it("every script of a worker is a file, and so is whatever it imports", { timeout: 120_000 }, async () => {
  const { output } = (await build({
    root: ROOT,
    configFile: false,
    publicDir: false,
    logLevel: "error",
    worker: { format: "es" },
    build: { write: false, rolldownOptions: { input: join(ROOT, "dist/index.js"), preserveEntrySignatures: "strict" } },
  })) as Rolldown.RolldownOutput;
  const text = new Map(
    output.map((file) => [file.fileName, file.type === "chunk" ? file.code : Buffer.from(file.source).toString()]),
  );
  expect(SCRIPTS).toContain("web-thread");
  for (const script of SCRIPTS) {
    const name = [...text.keys()].find((name) => posix.basename(name).startsWith(`${script}-`));
    expect(name, script).toBeDefined();
    for (const [, target] of text.get(name!)!.matchAll(/(?:from|import)\s*\(?["'`](\.[^"'`]+)["'`]/g))
      expect([...text.keys()], script).toContain(posix.join(posix.dirname(name!), target!));
  }
});
