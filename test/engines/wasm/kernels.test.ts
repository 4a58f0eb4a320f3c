/** Every operation on random shapes against the reference. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DType } from "../../../src/core/dtype.ts";
import { tensor } from "../../../src/core/tensor.ts";
import type { ConvAttrs } from "../../../src/ops/attributes.ts";
import { wrapInteger } from "../../../src/ops/numbers.ts";
import { BINARY, COMPARE, REDUCE, REDUCE_BOOL, UNARY, UNARY_BOOL } from "../../../src/ops/signatures.ts";
import { weight } from "../../graph/build.ts";
import { apart, both, type Case, lengths, random } from "./ops.ts";

const RUNS = { numRuns: 25 };

async function agrees(c: Case, tolerance = 3e-7): Promise<void> {
  expect(await apart(c)).toBeLessThanOrEqual(tolerance);
}

const SPECIAL = [0, -0, 1, -1, 0.5, -0.5, 2.5, -2.5, 1e-7, -1e-7, 1e-30, 1e-42, 3, 7, 20, -20, 88, -88, 100, -100, 1e5, 1e6, 12345678, 1e10, -1e20, 3e38, Infinity, -Infinity, NaN]; // prettier-ignore

describe("element by element", () => {
  test.each([...UNARY, ...UNARY_BOOL])("%s of ordinary and of special numbers", async (name) => {
    const inputs = [tensor(SPECIAL, [SPECIAL.length])];
    for (const input of [...inputs, random([3, 7])]) {
      const { found, exact } = await both({ inputs: [input], build: (b, [x]) => [b.op[name](x!)] });
      for (let i = 0; i < exact[0]!.data.length; i++) {
        const [a, e] = [Number(found[0]!.data[i]), Number(exact[0]!.data[i])];
        const close =
          Object.is(a, Math.fround(e)) || Math.abs(a - e) <= 2.5 * Math.max(Math.abs(e) * 2 ** -23, 2 ** -149);
        expect(close, `${name}(${Number(input.data[i])}) = ${a}, not ${e}`).toBe(true);
      }
    }
  });

  const pairs = SPECIAL.flatMap((a) => SPECIAL.map((b) => [a, b] as const));
  test.each([...BINARY, ...COMPARE])("%s of pairs of special numbers", async (name) => {
    const inputs = [0, 1].map((side) => tensor(pairs.map((pair) => pair[side]!), [pairs.length])); // prettier-ignore
    const { found, exact } = await both({ inputs, build: (b, [x, y]) => [b.op[name](x!, y!)] });
    pairs.forEach(([p, q], i) => {
      const [a, e] = [Number(found[0]!.data[i]), Number(exact[0]!.data[i])];
      const close = Object.is(a, Math.fround(e)) || a === Math.fround(e) || Math.abs(a - e) <= 2 * Math.max(Math.abs(e) * 2 ** -23, 2 ** -149); // prettier-ignore
      expect(close, `${name}(${Math.fround(p)}, ${Math.fround(q)}) = ${a}, not ${e}`).toBe(true);
    });
  });

  const integers: DType[] = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"];
  test.each(integers)("%s arithmetic is exact and wraps", async (dtype) => {
    const big = dtype.endsWith("64") ? [2 ** 40, -(2 ** 40), 2 ** 33 + 1] : [2 ** 31 - 1, -(2 ** 31), 65537];
    const given = [...big, 0, 1, -1, 2, 3, 7, 100, 127, 128, 255, 256, -7]
      .map((a) => (dtype.startsWith("u") ? Math.abs(a) : a))
      .map((a) => wrapInteger(a, dtype));
    const numbers = tensor(given.flatMap((a) => given.map(() => a)), [given.length ** 2], dtype); // prettier-ignore
    const others = tensor(
      given.flatMap(() => given),
      [given.length ** 2],
      dtype,
    );
    const { found, exact } = await both({
      inputs: [numbers, others],
      build: (b, [x, y]) => [
        b.op.add(x!, y!),
        b.op.subtract(x!, y!),
        b.op.multiply(x!, y!),
        b.op.maximum(x!, y!),
        b.op.mod(x!, b.op.where(b.op.equal(y!, 0), 3, y!)),
        b.op.floorDivide(x!, b.op.where(b.op.equal(y!, 0), 3, y!)),
        b.op.power(x!, b.op.minimum(b.op.abs(y!), 5)),
        b.op.square(x!),
        b.op.sign(x!),
        b.op.cast(x!, "float32"),
        b.op.cast(x!, "int8"),
        b.op.cast(x!, "bool"),
        b.op.less(x!, y!),
      ],
    });
    found.forEach((t, i) => expect(Array.from(t.data, Number), `output ${i}`).toEqual(Array.from(exact[i]!.data, Number).map((v) => (t.dtype === "float32" ? Math.fround(v) : v)))); // prettier-ignore
  });

  test("half precision is rounded at every node", async () => {
    for (const dtype of ["float16", "bfloat16"] as const) {
      const x = tensor([1, 0.1, 1.00048828125, 65504, 70000, 3e-5, 6e-8, -2.7, 1e-42, 3.39e38].map(Math.fround), [10]);
      const { found, rounded } = await both({
        inputs: [x],
        build: (b, [v]) => {
          const h = b.op.cast(v!, dtype);
          return [h, b.op.multiply(h, 0.1), b.op.subtract(b.op.add(h, 2048), 2048), b.op.cast(b.op.exp(h), "float32")];
        },
      });
      expect(found).toEqual(rounded);
    }
  });

  const OUT_OF_RANGE = [1e10, -1e10, 300.7, -1.9, NaN, Infinity, 4294967296 * 3 + 5, 2 ** 31, -(2 ** 31), 2147483520];
  const WHOLE = [0, 1, -1, 127, 128, 255, 256, -128, -129, 2 ** 31 - 1, -(2 ** 31), 16777217];
  test.each(["float32", "float64", "int32", "int8", "uint8", "bool"] as const)(
    "casts of %s out of range",
    async (from) => {
      const numbers = from.startsWith("float")
        ? OUT_OF_RANGE
        : WHOLE.map((n) => (from === "bool" ? n & 1 : wrapInteger(n, from)));
      const to = ["int8", "uint8", "int16", "int32", "uint32", "int64", "uint64", "bool", "float32"] as const;
      const inputs = [tensor(numbers, [numbers.length], from)];
      const { found, rounded } = await both({ inputs, build: (b, [x]) => to.map((dtype) => b.op.cast(x!, dtype)) });
      to.forEach((dtype, i) => expect(found[i]!.data, dtype).toEqual(rounded[i]!.data));
    },
  );

  test("operands broadcast along any axes", () =>
    fc.assert(
      fc.asyncProperty(lengths(4, 6), fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), async (shape, ones) => {
        const side = (first: number) => shape.map((n, i) => (ones[first + i] ? 1 : n));
        const inputs = [random(side(0)), random(side(4)), random(shape.slice(2)), random([], "float32", 7)];
        await agrees({
          inputs,
          build: ({ op }, [a, b, c, d]) => [
            op.where(op.greater(a!, b!), op.add(c!, d!), op.multiply(op.tanh(a!), b!)),
            op.erf(op.subtract(a!, c!)),
            op.logicalOr(op.less(a!, d!), op.less(b!, c!)),
          ],
        });
      }),
      RUNS,
    ));
});

describe("moves", () => {
  test("transpose, slice, reverse, pad, tile, repeat, broadcast, concat", () =>
    fc.assert(
      fc.asyncProperty(lengths(4, 6), fc.integer({ min: 1, max: 3 }), fc.constantFrom<DType>("float32", "int64", "bool"), async (shape, n, dtype) => {
        await agrees({
          inputs: [random(shape, dtype), random([...shape.slice(0, 3), 2], dtype, 5)],
          build: ({ op }, [x, y]) => [
            op.transpose(x!, [2, 0, 3, 1]),
            op.transpose(x!, [0, 2, 1, 3]),
            op.slice(x!, [{ axis: 1, start: 1, stop: null, step: n }, { axis: 3, start: null, stop: null, step: -n }]),
            op.slice(x!, [{ axis: 0, start: -1, stop: null, step: 1 }]),
            op.reverse(x!, [1, 3]),
            op.pad(x!, [[0, n], [1, 0], [0, 0], [n, 1]], dtype === "bool" ? 1 : -3),
            op.tile(x!, [n, 1, 2]),
            op.repeat(x!, 2, n),
            op.broadcastTo(op.expandDims(x!, [0]), [n, ...shape]),
            op.concat([x!, y!, x!], 3),
            op.stack([x!, x!], 1),
            op.reshape(op.transpose(x!, [3, 2, 1, 0]), [-1]),
            op.take(x!, 2, -1),
          ],
        }, 0);
      }),
      RUNS,
    )); // prettier-ignore

  test("full, iota, cumsum, sort, argsort, gather", () =>
    fc.assert(
      fc.asyncProperty(lengths(3, 9), fc.integer({ min: 0, max: 2 }), fc.constantFrom<DType>("float32", "int32"), async (shape, axis, dtype) => {
        const rows = tensor([0, shape[axis]! - 1, 0], [3], "int64");
        await agrees({
          inputs: [random(shape, dtype), rows],
          build: ({ op }, [x, i]) => [
            op.full(shape, 2.5, "float32"),
            op.full([3], 300, "int8"),
            op.iota(shape[0]!, dtype),
            op.cumsum(x!, axis),
            op.cumsum(x!, axis, true),
            op.sort(x!, axis),
            op.sort(x!, axis, true),
            op.argsort(x!, axis),
            op.argsort(x!, axis, true),
            op.gather(x!, i!, axis),
          ],
        });
      }),
      RUNS,
    )); // prettier-ignore

  test("sort puts NaN last and -0 before 0", async () => {
    const { found } = await both({ inputs: [tensor([3, NaN, 0, -0, -Infinity, Infinity, -2], [7])], build: ({ op }, [x]) => [op.sort(x!, 0)] }); // prettier-ignore
    expect(Array.from(found[0]!.data, Number)).toEqual([-Infinity, -2, -0, 0, 3, Infinity, NaN]);
  });
});

describe("reductions and products", () => {
  test.each([...REDUCE, ...REDUCE_BOOL])("%s over any axes", (name) =>
    fc.assert(
      fc.asyncProperty(lengths(4, 6), fc.subarray([0, 1, 2, 3]), fc.boolean(), async (shape, axes, keep) => {
        await agrees({ inputs: [random(shape)], build: ({ op }, [x]) => [op[name](x!, axes, keep)] }, 1e-6);
        await agrees({ inputs: [random(shape, "int32")], build: ({ op }, [x]) => [op[name](x!, axes, keep)] });
      }),
      RUNS,
    ),
  );

  test("argmax, argmin, NaN in max, empty axes", async () => {
    await agrees({
      inputs: [random([3, 4, 5], "int32"), tensor([1, NaN, 3], [1, 3]), tensor(new Float32Array(0), [3, 0])],
      build: ({ op }, [x, y, empty]) => [
        op.argmax(x!, 1),
        op.argmin(x!, 2, true),
        op.max(y!, [1]),
        op.min(y!),
        op.sum(empty!, [1]),
        op.mean(empty!, [1]),
        op.concat([empty!, x!.shape.length === 3 ? op.full([3, 2], 1, "float32") : empty!], 1),
        op.matmul(empty!, op.full([0, 5], 1, "float32")),
      ],
    });
  });

  test("matmul: any rows, depth and columns, transposes, leading axes, types", () =>
    fc.assert(
      fc.asyncProperty(
        lengths(3, 40),
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom([[], []], [[3], []], [[], [2]], [[2, 1], [3]]),
        fc.constantFrom<DType>("float32", "float32", "float64", "int32"),
        async ([m, k, n], transposeA, transposeB, [leadA, leadB], dtype) => {
          const a = random([...leadA!, ...(transposeA ? [k!, m!] : [m!, k!])], dtype);
          const c = random([...leadB!, ...(transposeB ? [n!, k!] : [k!, n!])], dtype, 3);
          await agrees({ inputs: [a, c], build: ({ op }, [x, y]) => [op.matmul(x!, y!, { transposeA, transposeB })] }, 1e-6);
        },
      ),
      { numRuns: 60 },
    )); // prettier-ignore
});

describe("windows", () => {
  const options = fc.record({
    layout: fc.constantFrom<"first" | "last">("first", "last"),
    rank: fc.integer({ min: 1, max: 3 }),
    size: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    dilation: fc.integer({ min: 1, max: 2 }),
    groups: fc.integer({ min: 1, max: 3 }),
    /** Kernels of the model are packed beforehand, computed ones are not. */
    stored: fc.boolean(),
    padding: fc.constantFrom<ConvAttrs["padding"]>("valid", "same", "causal"),
    channels: fc.integer({ min: 1, max: 9 }),
    filters: fc.integer({ min: 1, max: 19 }),
    length: fc.integer({ min: 5, max: 9 }),
    bias: fc.boolean(),
  });
  const spread = (layout: string, spatial: number[], channels: number) => (layout === "first" ? [2, channels, ...spatial] : [2, ...spatial, channels]); // prettier-ignore

  test("convolutions of every kind", () =>
    fc.assert(
      fc.asyncProperty(options, async ({ layout, rank, size, stride, dilation, groups, padding, channels, filters, length, bias, stored }) => {
        const each = (n: number) => Array.from({ length: rank }, () => n);
        const spatial = each(0).map((_, i) => length + i);
        const cout = filters * groups;
        const attrs = { layout, strides: each(stride), dilation: each(dilation), groups, padding };
        await agrees({
          inputs: [random(spread(layout, spatial, channels * groups)), random([...each(size), channels, cout], "float32", 3), random([cout], "float32", 4)],
          build: (b, [x, k, c]) => [b.op.conv(x!, stored ? weight(b, "kernel", [...each(size), channels, cout]) : k!, bias ? c : undefined, attrs)],
        }, 1e-6);
      }),
      { numRuns: 80 },
    )); // prettier-ignore

  test("depthwise convolutions, kernels and biases from weights", () =>
    fc.assert(
      fc.asyncProperty(options, fc.integer({ min: 1, max: 2 }), async ({ layout, rank, size, stride, padding, channels, length, bias }, multiplier) => {
        const each = (n: number) => Array.from({ length: rank }, () => n);
        const spatial = each(0).map((_, i) => length + i);
        const attrs = { layout, strides: each(stride), dilation: each(1), groups: channels, padding };
        await agrees({
          inputs: [random(spread(layout, spatial, channels))],
          build: (b, [x]) => {
            const kernel = b.op.reshape(weight(b, "kernel", [...each(size), channels, multiplier]), [...each(size), 1, channels * multiplier]);
            return [b.op.conv(x!, kernel, bias ? weight(b, "bias", [channels * multiplier]) : undefined, attrs)];
          },
        }, 1e-6);
      }),
      { numRuns: 60 },
    )); // prettier-ignore

  test("dilations that reach beyond the input", () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({ length: fc.integer({ min: 1, max: 6 }), size: fc.integer({ min: 1, max: 4 }), dilation: fc.integer({ min: 1, max: 15 }), stride: fc.integer({ min: 1, max: 3 }), groups: fc.constantFrom(1, 2, 4), layout: fc.constantFrom("first" as const, "last" as const), stored: fc.boolean(), activated: fc.boolean() }),
        async ({ length, size, dilation, stride, groups, layout, stored, activated }) => {
          const attrs = { layout, strides: [stride, 1], dilation: [dilation, dilation + 1], padding: "same", groups } as const;
          const kernel = [size, 2, 4 / groups, 4];
          await agrees({
            inputs: [random(spread(layout, [length, 5], 4)), random(kernel, "float32", 3)],
            build(b, [x, k]) {
              const y = b.op.conv(x!, stored ? weight(b, "kernel", kernel) : k!, undefined, attrs);
              return [activated ? b.op.tanh(y) : y];
            },
          }, 1e-6);
        },
      ),
      { numRuns: 150 },
    )); // prettier-ignore

  test("transposed convolutions", () =>
    fc.assert(
      fc.asyncProperty(options, async ({ layout, rank, size, stride, dilation, padding, channels, filters, length, bias, stored }) => {
        const each = (n: number) => Array.from({ length: rank }, () => n);
        const spatial = each(0).map((_, i) => length - 3 + i);
        const attrs = { layout, strides: each(stride), dilation: each(stride === 1 ? dilation : 1), padding: padding === "same" ? "same" : "valid", outputPadding: null } as const;
        await agrees({
          inputs: [random(spread(layout, spatial, channels)), random([...each(size), filters, channels], "float32", 3), random([filters], "float32", 4)],
          build: (b, [x, k, c]) => [b.op.convTranspose(x!, stored ? weight(b, "kernel", [...each(size), filters, channels]) : k!, bias ? c : undefined, attrs)],
        }, 1e-6);
      }),
      { numRuns: 60 },
    )); // prettier-ignore

  test("pooling", () =>
    fc.assert(
      fc.asyncProperty(options, fc.constantFrom<"max" | "average">("max", "average"), async ({ layout, rank, size, stride, padding, channels, length }, fn) => {
        const each = (n: number) => Array.from({ length: rank }, () => n);
        const spatial = each(0).map((_, i) => length + i);
        const attrs = { fn, layout, size: each(size), strides: each(stride), padding: padding === "same" ? "same" : "valid" } as const;
        await agrees({ inputs: [random(spread(layout, spatial, channels))], build: ({ op }, [x]) => [op.pool(x!, attrs)] });
      }),
      { numRuns: 40 },
    )); // prettier-ignore

  test.each(["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area", "gaussian", "mitchellcubic"] as const)(
    "resize %s",
    async (method) => {
      await agrees({ inputs: [random([2, 4, 3, 2])], build: ({ op }, [x]) => [op.resize(x!, { layout: "last", to: [8, 9], method }), op.resize(x!, { layout: "first", to: [4, 12], method }), op.resize(x!, { layout: "last", to: [3, 5], method, antialias: true })] }); // prettier-ignore
      for (const fit of ["crop", "pad", "center"] as const)
      await agrees({ inputs: [random([2, 4, 7, 2])], build: ({ op }, [x]) => [op.resize(x!, { layout: "last", to: [3, 2], method, fit }), op.resize(x!, { layout: "last", to: [6, 5], method, fit })] }); // prettier-ignore
    },
  );
});
