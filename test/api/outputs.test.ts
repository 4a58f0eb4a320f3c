/** What comes out: tensors that can be read, in order and by name. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { unzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { readNpz, writeNpz } from "../../src/codecs/npz.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { bytesSource } from "../../src/core/source.ts";
import { layers, load, type NestedNumbers, Sequential, tensor, topK, verify } from "../../src/node.ts";
import { ROOT } from "../source-files.ts";

describe("a tensor", () => {
  const t = tensor([
    [1, 2, 3],
    [4, 5, 0.1],
  ]);

  it("gives elements and nested arrays in every dtype", () => {
    expect([t.at(0, 0), t.at(1, -1), t.at(-2, 1)]).toEqual([1, Math.fround(0.1), 2]);
    expect(t.toArray()[1]!.slice(0, 2)).toEqual([4, 5]);
    for (const [values, dtype, read] of [
      [[[1.5], [-2]], "float16", [[1.5], [-2]]],
      [[[1.5], [-2]], "bfloat16", [[1.5], [-2]]],
      [[true, false], "bool", [true, false]],
      [[1n, 2n], "int64", [1n, 2n]],
      [["a", "b"], "string", ["a", "b"]],
      [7, "int8", 7],
      [[[], []], "float32", [[], []]],
    ] as readonly (readonly [NestedNumbers, "float32", unknown])[])
      expect(tensor(values, undefined, dtype).toArray()).toEqual(read);
  });

  it.each([[[0]], [[0, 0, 0]], [[2, 0]], [[0, -4]], [[0, 0.5]], [[0, NaN]]])("refuses the place %j", (index) => {
    expect(() => t.at(...index)).toThrow(/mismatch\/ra(nk|nge)/);
  });

  it("reads well, however large", () => {
    expect(String(t)).toBe("float32 [2, 3]\n[[1, 2, 3],\n [4, 5, 0.1]]");
    expect(inspect(t)).toBe(String(t));
    expect(inspect([tensor(5)])).toBe("[ float32 [] 5 ]");
    expect(String(tensor(new Float32Array(100)))).toBe("float32 [100] [0, 0, 0, …, 0, 0, 0]");
    expect(String(tensor(["\u001b[2J"]))).not.toContain("\u001b");
    for (const shape of [[1000, 1000], [9, 9, 9, 9, 9], Array(16).fill(2), [0, 3], [3, 0]] as number[][])
      expect(String(tensor(new Int8Array(shape.reduce((a, b) => a * b, 1)), shape)).length).toBeLessThan(1000);
  });

  it("is plain data: a clone of it is taken where it is", async () => {
    const model = new Sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })] });
    expect(await model.predict(structuredClone({ ...t }))).toEqual(await model.predict(t));
  });
});

it("topK: of each row the largest, of equal ones the first, NaN last", () => {
  expect(topK(tensor([0.1, 0.7, 0.2]), 2)).toEqual([
    [
      { index: 1, value: Math.fround(0.7) },
      { index: 2, value: Math.fround(0.2) },
    ],
  ]);
  const rows = topK(tensor([[[1, 1, NaN]], [[-Infinity, 3, Infinity]]]), 3);
  expect(rows.map((row) => row.map(({ index }) => index))).toEqual([
    [0, 1, 2],
    [2, 1, 0],
  ]);
  for (const [y, k] of [
    [tensor(1), 1],
    [tensor([1]), 2],
    [tensor([1]), 0.5],
    [tensor(["a"]), 1],
  ] as const)
    expect(() => topK(y, k)).toThrow("mismatch/");
});

it("run --output .npz names the outputs of a dict by position and by key", () => {
  const [folder, out] = [join(ROOT, "fixtures/models/dict_outputs"), mkdtempSync(join(tmpdir(), "outputs-"))];
  const path = join(out, "y.npz");
  try {
    const args = ["run", join(folder, "model.keras"), "--input", join(folder, "io.npz"), "--output", path];
    execFileSync(process.execPath, [join(ROOT, "dist/cli/main.js"), ...args], { stdio: "ignore" });
    const listed = unzipSync(readFileSync(path));
    const keys = ["0", "1", "2", "3", "group/all/0", "group/all/1", "group/wide", "risk"];
    expect(Object.keys(listed)).toEqual(keys.map((key) => `outputs/${key}.npy`));
    expect(listed["outputs/risk.npy"]).toEqual(listed["outputs/3.npy"]);
  } finally {
    rmSync(out, { recursive: true });
  }
});

describe.each(["dict_outputs", "tfk_dict_outputs"])("outputs under the user's own keys: %s", (name) => {
  const folder = join(ROOT, "fixtures/models", name);
  const names = ["group/all/0", "group/all/1", "group/wide", "risk"];
  const ends = name.startsWith("tfk") ? ["kind", "years"] : ["age", "kind"];
  const arrays = async () => readNpz(bytesSource(readFileSync(join(folder, "io.npz"))), DEFAULT_LIMITS);
  const model = () => load(join(folder, "model.keras"));

  it("name inputs and outputs", async () => {
    const m = await model();
    expect(m.outputs.map((output) => output.name)).toEqual(names);
    expect(m.inputs.map((input) => input.name)).toEqual(ends);
    const io = await arrays();
    const x = [io.get("inputs/0")!, io.get("inputs/1")!];
    const y = await m.predict({ [ends[0]!]: x[0]!, [ends[1]!]: x[1]! });
    expect(y.named["risk"]).toBe(y[3]);
    expect(Object.keys(y.named)).toEqual(names);
    expect(y[3]!.toArray()).toEqual((await m.predict(x)).named["risk"]!.toArray());
    // The layers' names go on working.
    const byLayer = name.startsWith("tfk") ? { kind: x[0]!, age: x[1]! } : { age: x[0]!, kind: x[1]! };
    expect(await m.predict(byLayer)).toEqual(y);
  });

  it.each([
    ["positions", ["0", "1", "2", "3"]],
    ["keys", names],
    ["layers", ["g", "both", "w", "r"]],
  ])("a fixture names them by %s", async (_, keys) => {
    const renamed = new Map(
      [...(await arrays())].map(([key, value]) => [
        key.replace(/^outputs\/(\d)$/, (_, i) => `outputs/${keys[Number(i)]}`),
        value,
      ]),
    );
    expect((await verify(await model(), writeNpz(renamed))).ok).toBe(true);
  });
});

it("console.log(model) says what it is", async () => {
  const file = join(ROOT, "fixtures/models/dict_outputs/model.keras");
  expect(inspect(await load(file)).split("\n")).toEqual([
    expect.stringMatching(/^Model "functional.*" \(keras-v3, .*model\.keras\): 7 layers, \d+ parameters$/),
    expect.stringMatching(/^ {2}age float32 \[null, 4\], kind float32 \[null, 3\] → group\/all\/0 float32 \[null, 2\]/),
  ]);
  const made = new Sequential({ name: "m", layers: [layers.dense({ units: 2, inputShape: [3], name: "d" })] });
  expect(inspect(made)).toBe('Model "m": 2 layers, 8 parameters\n  d_input float32 [null, 3] → d float32 [null, 2]');
});
