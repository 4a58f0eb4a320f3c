/** The examples, each as its reader would run it, on what the package ships. */
import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { convert, load } from "../src/node.ts";
import { ROOT } from "./source-files.ts";

const FOLDER = join(ROOT, "examples");
const run = promisify(execFile);

interface Edge {
  fetch(request: Request): Promise<Response>;
}

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
  "service-with-batches.mjs":
    /^(200 \{\s*row: [^]*batch: [1-4]\s*\}\s*){4}400 \{ error: 'a sample has the shape 10,8, not 1' \}/,
  "set-weights.mjs": /^Float32Array\(3\)/,
  "train-lstm.mjs": /^ 1 0\.\d+ #{40} [^]*\n20 0\.[123]\d+ #+ 0\.[789]\d\nloss 0\.[12]\d+, accuracy 0\.9/,
};

/** Whole programs, not one task. */
const LONGER = [
  "hand-over.py",
  "in-a-worker.html",
  "microphone.html",
  "plain-page.html",
  "prediction.jsx",
  "main.jsx",
  "service-with-batches.mjs",
  "train-lstm.mjs",
];

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "keraport-examples-"));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe("examples", () => {
  const scripts = readdirSync(FOLDER).filter((name) => name.endsWith(".mjs") && !/^edge|\.test\.mjs$/.test(name));

  it.each(scripts)("%s", async (name) => {
    expect(Object.keys(PRINTS)).toContain(name);
    const { stdout, stderr } = await run(process.execPath, [join(FOLDER, name), join(scratch, `${name}.keras`)], {
      cwd: ROOT,
      env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined },
    });
    expect(stdout).toMatch(PRINTS[name]!);
    expect(stderr).toBe("");
  });

  it("edge-worker.mjs answers beside a module whose .wasm the platform compiles", async () => {
    const from = join(ROOT, "fixtures/models/stacked_lstm");
    await convert(join(from, "model.keras"), join(scratch, "model.mjs"), { wasm: "file" });
    const compiled =
      'await WebAssembly.compile((await import("node:fs")).readFileSync(new URL("./model.wasm", import.meta.url)))';
    const code = readFileSync(join(scratch, "model.mjs"), "utf8");
    const linked = code.replace(
      /^import (\S+) from "\.\/model\.wasm";$/m,
      (_, name: string) => `const ${name} = ${compiled};`,
    );
    expect(linked).not.toBe(code);
    writeFileSync(join(scratch, "model.mjs"), linked);
    copyFileSync(join(FOLDER, "edge-worker.mjs"), join(scratch, "edge-worker.mjs"));
    const worker = ((await import(pathToFileURL(join(scratch, "edge-worker.mjs")).href)) as { default: Edge }).default;
    const x = Array.from({ length: 10 }, (_, t) => Array.from({ length: 8 }, (_, c) => Math.sin(t + c)));
    const ask = (body: string): Promise<Response> =>
      worker.fetch(new Request("http://edge.test", { method: "POST", body }));
    const [y] = await (await load(join(from, "model.keras"), { strict: true })).predict([x]);
    expect(await (await ask(JSON.stringify([x]))).json()).toEqual(y!.toArray());
    expect((await ask("[[1, 2]]")).status).toBe(400);
    expect((await ask("no JSON")).status).toBe(400);
    const { inputs } = (await (await worker.fetch(new Request("http://edge.test"))).json()) as { inputs: object[] };
    expect(inputs).toEqual([{ name: "steps", shape: [1, 10, 8], dtype: "float32" }]);
  });

  const files = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((name) => /\.\w+$/.test(name));
  it.each(files)("%s is short", (path) => {
    const most = LONGER.includes(basename(path)) ? 40 : 16;
    expect(readFileSync(join(FOLDER, path), "utf8").trimEnd().split("\n").length).toBeLessThanOrEqual(most);
  });
});
