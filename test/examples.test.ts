/** The examples, each as its reader would run it, on what the package ships. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "./source-files.ts";

const FOLDER = join(ROOT, "examples");
const run = promisify(execFile);

/** What each must print, beside ending well. */
const PRINTS: Readonly<Record<string, RegExp>> = {
  "a-step-a-call.mjs": /^0 .*\n1 [^]*\n2 /,
  "custom-layer.mjs": /\[ -8, -8, -8, -8 \]/,
  "lambda-replaced.mjs": /scale: 2\.5 \} Float32Array\(\d+\) \[\s*6,/,
  "load-and-predict.mjs": /^\[ 1, 4 \] Float32Array\(4\)/,
  "new-head.mjs": /^Float32Array\(2\)/,
  "output-of-a-layer.mjs": /hidden: Float32Array\(5\)[^]*upper: \[ 1, 6 \]/,
  "padded-sequences.mjs": /^\[ 3, 1 \]/,
  "read-an-output.mjs": /probability of class 1: 0\.1999[^]*class 0: 0\.341\nclass 3: 0\.300/,
  "rename.mjs": /sensor[^]*'label' \]\n\[ 1, 3 \]/,
  "set-weights.mjs": /^Float32Array\(3\)/,
  "train-lstm.mjs": /^ 1 0\.\d+ #{40} [^]*\n20 0\.[123]\d+ #+ 0\.[789]\d\nloss 0\.[12]\d+, accuracy 0\.9/,
};

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "keraport-examples-"));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe("examples", () => {
  const scripts = readdirSync(FOLDER).filter((name) => name.endsWith(".mjs") && !name.endsWith(".test.mjs"));

  it.each(scripts)("%s", async (name) => {
    expect(Object.keys(PRINTS)).toContain(name);
    const { stdout, stderr } = await run(process.execPath, [join(FOLDER, name), join(scratch, `${name}.keras`)], {
      cwd: ROOT,
      env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined },
    });
    expect(stdout).toMatch(PRINTS[name]!);
    expect(stderr).toBe("");
  });

  it.each(readdirSync(FOLDER))("%s is short", (name) => {
    const most = name === "train-lstm.mjs" ? 40 : 16;
    expect(readFileSync(join(FOLDER, name), "utf8").trimEnd().split("\n").length).toBeLessThanOrEqual(most);
  });
});
