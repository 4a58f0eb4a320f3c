import { describe, expect, it } from "vitest";
import { tensor } from "../../src/core/tensor.ts";
import { compareTensors, DEFAULT_TOLERANCE } from "../../src/verify/compare.ts";

const compare = (a: number[], b: number[], tolerance = DEFAULT_TOLERANCE) =>
  compareTensors("outputs/0", tensor(a), tensor(b), tolerance);
const next = (x: number): number => {
  const float = new Float32Array([x]);
  new Uint32Array(float.buffer)[0]! += 1;
  return float[0]!;
};

describe("two tensors", () => {
  it("that are equal have no error", () => {
    expect(compare([1, -2, 0], [1, -2, -0])).toMatchObject({
      ok: true,
      maxAbs: 0,
      maxRel: 0,
      maxUlp: 0,
      meanUlp: 0,
      worst: null,
    });
  });

  it("are measured relative to the largest magnitude", () => {
    const found = compare([1, 9, 100], [1, 10, 100]);
    expect(found).toMatchObject({ ok: false, maxAbs: 1, maxRel: 0.01, magnitude: 100 });
    expect(found.worst).toEqual({ index: [1], found: 9, expected: 10 });
  });

  it("are within the tolerance up to atol + rtol · max|b|", () => {
    expect(compare([0, 110.5], [0, 110], { rtol: 0, atol: 0.5 }).ok).toBe(true);
    expect(compare([0.5, 100], [0, 100], { rtol: 0.005, atol: 0 }).ok).toBe(true);
    expect(compare([0.5, 100], [0, 100], { rtol: 0.004, atol: 0.05 }).ok).toBe(false);
  });

  it("have units of the last place between them, across zero too", () => {
    expect(compare([next(1), 1], [1, 1])).toMatchObject({ maxUlp: 1, meanUlp: 0.5 });
    expect(compare([2 ** -149], [-(2 ** -149)]).maxUlp).toBe(2);
    expect(compare([2], [1]).maxUlp).toBe(2 ** 23);
  });

  it("agree on NaN and infinities only at the same place", () => {
    expect(compare([NaN, Infinity, 1], [NaN, Infinity, 1])).toMatchObject({ ok: true, maxAbs: 0, magnitude: 1 });
    for (const [a, b] of [
      [
        [NaN, 1],
        [1, 1],
      ],
      [
        [1, 1],
        [NaN, 1],
      ],
      [
        [Infinity, 1],
        [-Infinity, 1],
      ],
      [
        [1e30, 1],
        [Infinity, 1],
      ],
    ] as const) {
      expect(compare([...a], [...b])).toMatchObject({ ok: false, maxAbs: Infinity, maxUlp: Infinity });
    }
  });

  it("must have one shape", () => {
    const found = compareTensors("y", tensor([1, 2, 3, 4], [2, 2]), tensor([1, 2, 3, 4], [4]), DEFAULT_TOLERANCE);
    expect(found).toMatchObject({ ok: false, shapeOk: false, maxAbs: Infinity, shape: [2, 2], expectedShape: [4] });
  });

  it("must have one kind of dtype; its width is the file's business", () => {
    const of = (a: Parameters<typeof tensor>[2], b: Parameters<typeof tensor>[2]) =>
      compareTensors("y", tensor([1, 2], undefined, a), tensor([1, 2], undefined, b), DEFAULT_TOLERANCE);
    expect(of("float32", "float64")).toMatchObject({ ok: true, dtype: "float32", expectedDtype: "float64" });
    expect(of("int32", "int64").ok).toBe(true);
    expect(of("int32", "float32")).toMatchObject({ ok: false, dtypeOk: false, maxAbs: 0 });
  });

  it("may be half precision, 64-bit integers, text", () => {
    const half = { dtype: "float16", shape: [2], data: new Uint16Array([0x3c00, 0x4000]) } as const;
    expect(compareTensors("y", half, tensor([1, 2]), DEFAULT_TOLERANCE)).toMatchObject({ ok: true, maxAbs: 0 });
    const big = (n: bigint) => tensor(new BigInt64Array([n]));
    expect(compareTensors("y", big(2n ** 60n + 1n), big(2n ** 60n), { rtol: 0, atol: 0 })).toMatchObject({
      ok: false,
      maxAbs: 1,
    });
    expect(compareTensors("y", tensor(["a"]), tensor(["a"]), DEFAULT_TOLERANCE).ok).toBe(true);
    expect(compareTensors("y", tensor(["a"]), tensor(["b"]), DEFAULT_TOLERANCE).ok).toBe(false);
  });

  it("may be empty", () => {
    expect(compareTensors("y", tensor([], [0, 3]), tensor([], [0, 3]), DEFAULT_TOLERANCE)).toMatchObject({
      ok: true,
      meanUlp: 0,
    });
  });

  it("are both measured against the truth", () => {
    const truth = tensor([1, 2], undefined, "float64");
    const { truth: found } = compareTensors("y", tensor([1, 2.5]), tensor([1.5, 2]), DEFAULT_TOLERANCE, truth);
    expect(found).toMatchObject({ found: { maxAbs: 0.5, maxRel: 0.25 }, expected: { maxAbs: 0.5 } });
  });
});
