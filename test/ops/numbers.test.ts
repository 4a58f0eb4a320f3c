import fc from "fast-check";
import { expect, test } from "vitest";
import type { DType } from "../../src/core/dtype.ts";
import { erf, floorDivideIn, multiplyIn, powerIn, pythonMod } from "../../src/engines/reference/arithmetic/numbers.ts";
import { wrapInteger } from "../../src/ops/numbers.ts";

const WIDTHS: readonly DType[] = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"];

test.each(WIDTHS)("wrapInteger: %s as BigInt wraps", (dtype) => {
  const width = Number(/\d+/.exec(dtype)![0]);
  const wrap = dtype.startsWith("int") ? BigInt.asIntN : BigInt.asUintN;
  fc.assert(
    fc.property(fc.oneof(fc.double({ min: -1e12, max: 1e12, noNaN: true }), fc.maxSafeInteger()), (value) => {
      expect(wrapInteger(value, dtype) + 0).toBe(Number(wrap(width, BigInt(Math.trunc(value)))));
    }),
  );
  expect([NaN, Infinity, -Infinity].map((v) => wrapInteger(v, dtype))).toEqual([0, 0, 0]);
});

test("integer products keep their low bits", () => {
  const multiply = multiplyIn("int32");
  fc.assert(
    fc.property(fc.integer(), fc.integer(), (a, b) => {
      expect(wrapInteger(multiply(a, b), "int32")).toBe(Math.imul(a, b));
    }),
  );
});

test("integer powers keep their low bits", () => {
  const power = powerIn("int32");
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 0, max: 300 }), (a, b) => {
      expect(wrapInteger(power(a, b), "int32")).toBe(Number(BigInt.asIntN(32, BigInt(a) ** BigInt(b))));
    }),
  );
});

test("whole quotients of floats are those of the rounded quotient, as TensorFlow's", () => {
  const of = (dtype: DType, x: number, y: number): number => floorDivideIn(dtype)(x, y);
  expect(of("float32", 1, Math.fround(0.1))).toBe(10);
  expect(of("float32", -3, Math.fround(-0.3))).toBe(10);
  expect(of("float16", 7, 0.7001953125)).toBe(10);
  expect(of("bfloat16", 1, 0.10009765625)).toBe(10);
  expect(of("float64", 1, 0.1)).toBe(10);
});

test("floorDivide and mod of integers belong together", () => {
  const whole = fc.integer({ min: -1e6, max: 1e6 });
  fc.assert(
    fc.property(whole, whole, (x, y) => {
      fc.pre(y !== 0);
      const floorDivide = floorDivideIn("int32");
      const [quotient, rest] = [floorDivide(x, y), pythonMod(x, y)];
      expect(Number.isInteger(quotient)).toBe(true);
      expect(rest === 0 || rest < 0 === y < 0).toBe(true);
      expect(Math.abs(quotient * y + rest - x)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(x)));
    }),
  );
});

test("erf is odd, grows, and ends at 1", () => {
  expect([erf(0), erf(Infinity), erf(-Infinity), erf(NaN)]).toEqual([0, 1, -1, NaN]);
  expect(erf(1e-300)).toBeCloseTo(1.1283791670955126e-300, 310);
  for (let x = 0; x < 7; x += 0.013) {
    expect(erf(-x)).toBe(-erf(x));
    expect(erf(x + 0.013)).toBeGreaterThanOrEqual(erf(x));
  }
});
