/** What a terminal shows of long work: the built command line on a terminal and with a clock that are none. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { FIXTURES } from "../support/fixtures.ts";
import { ROOT } from "../source-files.ts";

const folder = mkdtempSync(join(tmpdir(), "keraport-terminal-"));
afterAll(() => rmSync(folder, { recursive: true }));
for (const name of ["cnn", "stacked_lstm"])
  cpSync(join(FIXTURES, "models", name), join(folder, "cases", name), { recursive: true });

/** What stands in the last line of the terminal, one after the other; each look at the clock takes `step` milliseconds. */
function shown(step: number, ...args: string[]): string[] {
  const fake = join(folder, "fake.mjs");
  writeFileSync(fake, `let now = 0; Date.now = () => (now += ${step}); process.stderr.isTTY = true;`);
  const { stderr, status } = spawnSync(process.execPath, ["--import", fake, join(ROOT, "dist/cli/main.js"), ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  const [before, ...lines] = stderr.split("\r\x1b[2K");
  expect(before).toBe("");
  return lines;
}

const FAR = /: (reading|computing|checking|writing) \d+ %, \d+ s left$/;
const VERIFY = ["verify", "cases"];
const CONVERT = ["convert", "cases", "--to", "keras-h5", "--jobs", "1", "--out"];
const RUN = ["run", "cases/cnn/model.keras", "--input", "cases/cnn/io.npz", "--output", "out.npz", "--force"];

describe("the line of a terminal", { timeout: 60_000 }, () => {
  it("says of each folder which it is, and inside one how far", () => {
    const lines = shown(400, ...VERIFY);
    expect(lines).toContain("1 of 2: cnn");
    expect(lines).toContain("2 of 2: stacked_lstm");
    const far = lines.filter((line) => FAR.test(line));
    expect(far.length).toBeGreaterThan(0);
    for (const line of far) expect(line).toMatch(/^[12] of 2: (cnn|stacked_lstm): /);
    expect(lines.at(-1)).toBe("");
  });

  it("says of many conversions how many, and how long they take", () => {
    const lines = shown(400, ...CONVERT, "out").filter((line) => line !== "");
    expect(lines[0]).toBe("1 of 2: cases/cnn/model.keras");
    expect(lines.at(-1)).toMatch(/^2 of 2, \d+ s left: cases\/stacked_lstm\/model\.keras$/);
  });

  it("says of one long run how far it is", () => {
    const lines = shown(400, ...RUN);
    expect(lines.filter((line) => /: computing \d+ %, \d+ s left$/.test(line)).length).toBeGreaterThan(0);
    expect(lines.at(-1)).toMatch(/^wrote out\.npz/);
  });

  it("says no share and no time of what takes less than a second", () => {
    for (const args of [VERIFY, RUN]) expect(shown(0, ...args).filter((line) => /%|left/.test(line))).toEqual([]);
  });
});
