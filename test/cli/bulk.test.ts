/** Many conversions at once: what a manifest says, what a second run does, what stops one. */
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FIXTURES } from "../support/fixtures.ts";
import { ROOT } from "../source-files.ts";

const MAIN = join(ROOT, "dist/cli/main.js");
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keraport-bulk-"));
  mkdirSync(join(folder, "models/inner"), { recursive: true });
  copyFileSync(join(FIXTURES, "models/cnn/model.keras"), join(folder, "models/a.keras"));
  copyFileSync(join(FIXTURES, "models/stacked_lstm/model.keras"), join(folder, "models/inner/b.keras"));
  writeFileSync(join(folder, "models/broken.keras"), "nothing");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args, "--json"], {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, stderr, json: JSON.parse(stdout) as Record<string, unknown> };
};
const BULK = ["convert", "models", "--to", "keras-h5", "--out", "out"];
const lines = (name = "out/manifest.jsonl"): { input: string; status: string; outputs?: object }[] =>
  readFileSync(join(folder, name), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { input: string; status: string });

it("does each once, says what failed, and leaves alone what is done", { timeout: 120_000 }, () => {
  expect(run(...BULK, "--jobs", "2")).toMatchObject({ status: 1, json: { done: 2, failed: 1, skipped: 0 } });
  expect(lines().map(({ input, status }) => [input, status])).toEqual([
    ["models/a.keras", "done"],
    ["models/broken.keras", "failed"],
    ["models/inner/b.keras", "done"],
  ]);
  rmSync(join(folder, "models/broken.keras"));
  writeFileSync(join(folder, "out/a.h5"), "changed");
  expect(run(...BULK)).toMatchObject({ status: 0, json: { done: 1, failed: 0, skipped: 1 } });
});

it("refuses two inputs of one name before anything starts, and strange outputs", { timeout: 60_000 }, () => {
  copyFileSync(join(folder, "models/a.keras"), join(folder, "models/A.h5"));
  expect(run(...BULK)).toMatchObject({ status: 2, json: { error: { code: "mismatch/usage" } } });
  expect(readdirSync(folder)).toEqual(["models"]);
  mkdirSync(join(folder, "out"));
  writeFileSync(join(folder, "out/b.h5"), "precious");
  expect(run("convert", "models/inner/b.keras", ...BULK.slice(2))).toMatchObject({ status: 1 });
  expect(readFileSync(join(folder, "out/b.h5"), "utf8")).toBe("precious");
  expect(run("convert", "models/inner/b.keras", "out/c.h5", "--jobs", "2")).toMatchObject({ status: 2 });
});

it("shares its inputs among shards, whose manifests are merged", { timeout: 120_000 }, () => {
  for (const shard of ["1/2", "2/2"]) run(...BULK, "--shard", shard);
  const merged = run("manifest", "merge", "all.jsonl", "out/manifest-1-of-2.jsonl", "out/manifest-2-of-2.jsonl");
  expect(merged).toMatchObject({ status: 1, json: { inputs: 3, done: 2, failed: 1 } });
  expect(lines("all.jsonl")).toHaveLength(3);
});

it("stops what takes too long or too much", { timeout: 60_000 }, () => {
  const stopped = run("convert", "models/a.keras", ...BULK.slice(2), "--timeout", "0.01");
  expect(stopped).toMatchObject({ status: 1, json: { failed: 1 } });
  expect(stopped.stderr).toContain("took longer than 0.01 s");
});

it("goes on where it was killed", { timeout: 120_000 }, async () => {
  rmSync(join(folder, "models/broken.keras"));
  for (const wait of [150, 600]) {
    const child = spawn(process.execPath, [MAIN, ...BULK], { cwd: folder, stdio: "ignore" });
    await sleep(wait);
    child.kill("SIGKILL");
  }
  await sleep(1500);
  expect(run(...BULK)).toMatchObject({ status: 0, json: { failed: 0 } });
  expect(lines().map(({ input, status }) => [input, status])).toEqual([
    ["models/a.keras", "done"],
    ["models/inner/b.keras", "done"],
  ]);
});
