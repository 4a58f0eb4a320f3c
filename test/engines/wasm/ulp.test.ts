/**
 * Vector functions against float64, over all bit patterns at random and densely where results change: errors in units in
 * the last place of the float32 result, each within the bound that its file states.
 */
import { describe, expect, test } from "vitest";
import { activated, isFused } from "../../../src/engines/wasm/kernels/activations.ts";
import { vectorOp } from "../../../src/engines/wasm/kernels/vector-ops.ts";
import type { StepName } from "../../../src/engines/wasm/kernels/types.ts";
import { brIf, i32, loop, v128 } from "../../../src/engines/wasm/emit/instructions.ts";
import { type Code } from "../../../src/engines/wasm/emit/code.ts";
import { type Fn, type Local, Module } from "../../../src/engines/wasm/emit/module.ts";
import { hasRelaxedSimd } from "../../../src/engines/wasm/emit/features.ts";
import { erf, erfc } from "../../../src/engines/reference/arithmetic/numbers.ts";

const COUNT = 1 << 20;
const MEMORY = new WebAssembly.Memory({ initial: (2 * 4 * COUNT) / 65536 });
const INPUT = new Float32Array(MEMORY.buffer, 0, COUNT);
const BITS = new Int32Array(MEMORY.buffer, 0, COUNT);
const OUTPUT = new Float32Array(MEMORY.buffer, 4 * COUNT, COUNT);

/** Runs a function over all inputs in memory. */
function compiled(build: (f: Fn, x: Local) => Code, relaxed: boolean): () => void {
  const module = new Module({ relaxed });
  module.func(
    [],
    [],
    (f) => {
      const at = f.local("i32");
      const x = f.local("v128");
      return [
        at.set(i32.const(0)),
        loop([
          x.set(v128.load(at.get)),
          v128.store(at.get, build(f, x), 4 * COUNT),
          brIf(0, i32.ltU(at.tee(i32.add(at.get, i32.const(16))), i32.const(4 * COUNT))),
        ]),
      ];
    },
    "go",
  );
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 0 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.bytes()), { env: { memory: MEMORY, table } }); // prettier-ignore
  return exports["go"] as () => void;
}

const exponent = new Float64Array(1);
const exponentBits = new BigInt64Array(exponent.buffer);

/** Distance of neighbouring float32 numbers at a float64 one. */
function ulp(value: number): number {
  exponent[0] = value;
  const e = Number((exponentBits[0]! >> 52n) & 0x7ffn) - 1023;
  return 2 ** (Math.max(e, -126) - 23);
}

/** Largest error over the inputs in memory; NaN, infinities and signs of zeros must be exact. */
function worst(exact: (x: number) => number): { error: number; at: number } {
  let [error, at] = [0, 0];
  for (let i = 0; i < COUNT; i++) {
    const [found, wanted] = [OUTPUT[i]!, exact(INPUT[i]!)];
    const rounded = Math.fround(wanted);
    if (Object.is(found, rounded)) continue;
    const isSpecial = !Number.isFinite(rounded) || !Number.isFinite(found) || (found === 0 && rounded === 0);
    const e = isSpecial ? Infinity : Math.abs(found - wanted) / ulp(wanted);
    if (e > error) [error, at] = [e, INPUT[i]!];
  }
  return { error, at };
}

const SPECIAL = [0, -0, Infinity, -Infinity, NaN, 1, -1, 1e-45, -1e-45, 1e-38, -1e-38, 1.17549435e-38, 3.4e38, -3.4e38, 88.72284, 88.73, -87.3, -103.97, -104, -150, 0.625, -0.625, 0.921875, 5.5, 9.1, -17.4]; // prettier-ignore

let state = 20261123;
function random(): number {
  state = (Math.imul(state ^ (state >>> 15), 2246822519) + 3266489917) | 0;
  return state;
}

const FILLS: readonly (readonly [string, () => void])[] = [
  ["any bits", () => BITS.forEach((_, i) => (BITS[i] = random()))],
  ["-20 to 20", () => INPUT.forEach((_, i) => (INPUT[i] = ((random() >>> 8) / 2 ** 23 - 1) * 20))],
  ["-110 to 110", () => INPUT.forEach((_, i) => (INPUT[i] = ((random() >>> 8) / 2 ** 23 - 1) * 110))],
  ["-2 to 2, and special numbers", () => {
    INPUT.forEach((_, i) => (INPUT[i] = ((random() >>> 8) / 2 ** 23 - 1) * 2));
    INPUT.set(SPECIAL);
  }],
]; // prettier-ignore

const sigmoid = (x: number): number => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));
const curve = (op: StepName) => (f: Fn, x: Local) => vectorOp(op, ["f", "f"])!.build(f, [x]);
const activation = (fn: string) => (f: Fn, x: Local) => [activated(f, fn, x), x.get];

/** Name, code, float64 and the bound in ULP. */
const FUNCTIONS: readonly (readonly [string, (f: Fn, x: Local) => Code, (x: number) => number, number])[] = [
  ["exp", curve("exp"), Math.exp, 1.1],
  ["expm1", curve("expm1"), Math.expm1, 1.75],
  ["log", curve("log"), Math.log, 1],
  ["log1p", curve("log1p"), Math.log1p, 1.5],
  ["erf", curve("erf"), erf, 1.5],
  ["erfc", curve("erfc"), erfc, 9],
  ["tanh", curve("tanh"), Math.tanh, 1.5],
  ["sigmoid", curve("sigmoid"), sigmoid, 2],
  ["sqrt", curve("sqrt"), Math.sqrt, 0.5],
  ["rsqrt", curve("rsqrt"), (x) => 1 / Math.sqrt(x), 1.5],
  ["reciprocal", curve("reciprocal"), (x) => 1 / x, 0.5],
  ["exponential in a cell", activation("exponential"), Math.exp, 1.1],
  ["relu in a cell", activation("relu"), (x) => (x > 0 || Number.isNaN(x) ? x : 0), 0],
  ["hard_sigmoid in a cell", activation("hard_sigmoid"), (x) => Math.min(Math.max(Math.fround(x + 3), 0), 6) / 6, 0.5],
  ["softsign in a cell", activation("softsign"), (x) => x / Math.fround(Math.abs(x) + 1), 0.5],
];

describe.each(hasRelaxedSimd() ? [false, true] : [false])("fused multiply-add: %s", (relaxed) => {
  test.each(FUNCTIONS)("%s", (name, build, exact, bound) => {
    const run = compiled(build, relaxed);
    for (const [title, fill] of FILLS) {
      fill();
      run();
      const { error, at } = worst(exact);
      expect(error, `${name}(${at}), ${title}: ${error} ULP`).toBeLessThanOrEqual(bound);
    }
  });
});

test("the activations that cells name are those tested, or exact", () => {
  expect(["tanh", "sigmoid", "linear", "exponential", "relu"].every((fn) => isFused({ fn }))).toBe(true);
});
