/** Convolutions by minimal filtering: all sizes, layouts and borders against float64, and numbers that are not finite. */
import { describe, expect, test } from "vitest";
import { usePlatformThreads } from "../../../src/core/threads.ts";
import { sizeOf, type Tensor, tensor } from "../../../src/core/tensor.ts";
import type { Precision } from "../../../src/engines/types.ts";
import { compile } from "../../../src/engines/wasm/compile.ts";
import { FixedMemory, Linker } from "../../../src/engines/wasm/link.ts";
import { withRules } from "../../../src/engines/wasm/rules/later.ts";
import { GraphBuilder } from "../../../src/graph/builder.ts";
import { layers, load, save, Sequential, setRandomSeed, verify, writeArrays } from "../../../src/node.ts";
import type { ConvAttrs } from "../../../src/ops/attributes.ts";
import type { Sym } from "../../../src/ops/types.ts";
import { weight } from "../../graph/build.ts";
import { useThreads } from "../../support/threads.ts";
import { both, distance, random } from "./ops.ts";

const { start } = useThreads();

interface Case extends Partial<Omit<ConvAttrs, "groups">> {
  /** Channels last. */
  readonly shape: readonly number[];
  readonly filters: number;
  readonly ending?: "bias" | "residual";
  /** Taps along an outer axis. */
  readonly outer?: number;
  readonly kernel?: Tensor;
  /** Whether the kernel comes with each run, as in training. */
  readonly isGiven?: boolean;
}

const kernelShape = ({ shape, filters, outer = 1 }: Case): number[] => [
  ...(shape.length === 5 ? [outer] : []),
  3,
  3,
  shape.at(-1)!,
  filters,
];

const given = ({ shape, layout = "last" }: Case): number[] =>
  layout === "last" ? [...shape] : [shape[0]!, shape.at(-1)!, ...shape.slice(1, -1)];

function build(b: GraphBuilder, c: Case, x: Sym, given?: Sym): Sym {
  const spatial = c.shape.slice(1, -1).map(() => 1);
  const { layout = "last", padding = "same", strides = spatial, dilation = spatial, ending, filters, kernel } = c;
  const shape = kernelShape(c);
  const own = () =>
    kernel === undefined
      ? weight(b, "kernel", shape)
      : b.weight({ name: "kernel", dtype: "float32", shape, read: async () => kernel }, shape, "float32");
  const weights = given ?? own();
  const bias = ending === undefined ? null : weight(b, "bias", [filters]);
  const y = b.op.conv(x, weights, bias, { layout, padding, strides, dilation, groups: 1 });
  return ending === "residual" ? b.op.maximum(b.op.add(b.op.multiply(y, y), y), 0.1) : y;
}

/** Keys of the kernels that a case is planned with. */
async function keysOf(c: Case, precision?: Precision): Promise<string[]> {
  const b = new GraphBuilder();
  const shapes = [given(c), ...(c.isGiven === true ? [kernelShape(c)] : [])];
  const [x, kernel] = shapes.map((shape) => b.input(shape, "float32"));
  const graph = b.finish([build(b, c, x!, kernel)]);
  const linker = new Linker({ relaxed: false, shared: false });
  const plan = await withRules(() => compile(graph, shapes, linker, new FixedMemory(), { precision }));
  return plan.kernels.map(({ kernel }) => kernel.key);
}

const kernelsOf = async (c: Case): Promise<string[]> => (await keysOf(c)).map((key) => key.split(" ")[0]!);

/** Sizes of the tiles that a case is planned with. */
const tilesOf = async (c: Case, precision?: Precision): Promise<(string | undefined)[]> =>
  (await keysOf(c, precision)).filter((key) => key.startsWith("winograd {")).map((key) => /"tile":(\d)/.exec(key)?.[1]);

async function run(c: Case, x: Tensor = random(given(c)), options = {}) {
  const kernel = c.isGiven === true ? [c.kernel ?? random(kernelShape(c), "float32", 7)] : [];
  const { found, exact } = await both({ inputs: [x, ...kernel], build: (b, [a, k]) => [build(b, c, a!, k)] }, options);
  return { found: found[0]!, exact: exact[0]! };
}

const BORDERS: readonly NonNullable<Case["padding"]>[] = [
  "same",
  "valid",
  [
    [2, 0],
    [0, 3],
  ],
];

/** Of images: every height and width up to some tiles, of few and more channels than a panel has. */
const IMAGES: Case[] = BORDERS.flatMap((padding, i) =>
  [6, 7, 8, 9, 11, 18].flatMap((height, j) =>
    [6, 7, 10, 33].map((width, k) => ({
      shape: [1 + ((i + j) % 3), height, width, 4 * (2 + ((i + k) % 3))],
      filters: [16, 20, 36, 4 * (j + 3)][k]!,
      padding,
      layout: (i + j + k) % 4 === 0 ? ("first" as const) : ("last" as const),
      ...((j + k) % 3 > 0 && { ending: (j + k) % 3 === 1 ? ("bias" as const) : ("residual" as const) }),
    })),
  ),
);

/** Taps and borders along the outer axis, and sums longer than a chain. */
const VOLUMES: Case[] = [
  { shape: [2, 5, 6, 7, 16], filters: 16, outer: 3, padding: "same", ending: "residual" },
  { shape: [1, 7, 8, 8, 16], filters: 20, outer: 2, padding: "valid", strides: [2, 1, 1] },
  { shape: [1, 9, 6, 6, 16], filters: 16, outer: 3, padding: "same", dilation: [3, 1, 1], layout: "first" },
  { shape: [1, 3, 8, 8, 128], filters: 24, outer: 3, padding: "same", ending: "bias" },
];

/**
 * Volumes whose windows lie partly or wholly in what is around them along the outer axis: sums of one chain, and of several
 * of which a window has some, none of them whole or a part of one.
 */
const AROUND: Case[] = [1, 2, 5].flatMap((depth) =>
  [2, 3, 4].flatMap((outer) =>
    [[0, 1], [2, 2], [6, 5]].flatMap(([before, after], i) =>
      [[1, 1], [1, 2], [2, 1], [2, 3]].filter(([, far]) => depth + before! + after! > (outer - 1) * far!).map(
        ([stride, far], j): Case => ({
          shape: [1 + (i % 2), depth, 7, 8, [8, 12, 20][(i + j + outer) % 3]!],
          filters: 16 * (1 + (j % 2)),
          outer,
          padding: [[before!, after!], [1, 1], [2, 0]],
          strides: [stride!, 1, 1],
          dilation: [far!, 1, 1],
          ...(j % 2 === 1 && { ending: "residual" as const }),
        }),
      ),
    ),
  ),
); // prettier-ignore

const title = (c: Case): string => `${c.shape} to ${c.filters}, ${String(c.padding)}, ${c.layout}, ${c.ending}`;

describe("minimal filtering", () => {
  test.each([...IMAGES, ...VOLUMES].map((c) => [title(c), c] as const))("%s", async (_, c) => {
    const { found, exact } = await run(c);
    expect(distance(found, exact)).toBeLessThanOrEqual(1e-6);
  });

  test.each([...IMAGES.filter((_, i) => i % 5 === 0), ...VOLUMES].map((c) => [title(c), c] as const))(
    "%s, of a kernel that comes with each run",
    async (_, c) => {
      const { found, exact } = await run({ ...c, isGiven: true });
      expect(distance(found, exact)).toBeLessThanOrEqual(1e-6);
      if (sizeOf(c.shape) > 2000 && c.filters > 12)
        expect(await kernelsOf({ ...c, isGiven: true })).toEqual(expect.arrayContaining(await kernelsOf(c)));
    },
  );

  test("of a kernel that comes with each run where there are enough tiles", async () => {
    const c: Case = { shape: [1, 8, 8, 16], filters: 16, isGiven: true };
    expect(await kernelsOf(c)).toContain("winograd");
    expect(await kernelsOf({ ...c, shape: [1, 6, 8, 16] })).not.toContain("winograd");
    expect(await kernelsOf({ ...c, shape: [2, 6, 8, 16] })).toContain("winograd");
  });

  test("of volumes with padding around them: what lies in it takes no products, and changes no bit among threads", async () => {
    usePlatformThreads(start);
    for (const [i, c] of AROUND.entries()) {
      const { found, exact } = await run({ ...c, isGiven: i % 2 === 0 });
      expect(distance(found, exact), JSON.stringify(c)).toBeLessThanOrEqual(1e-6);
      if (i % 4 === 0)
        expect((await run(c, undefined, { threads: 2, threadWork: 0 })).found).toEqual((await run(c)).found);
    }
    const passed = await Promise.all(
      AROUND.map(async (c) => (await keysOf(c)).some((key) => key.includes('"passes":true'))),
    );
    expect(passed.filter(Boolean).length).toBeGreaterThan(0.5 * AROUND.length);
    const long = AROUND.filter(({ shape, outer = 1 }, i) => passed[i] && shape.at(-1)! * outer > 32);
    expect(long.length).toBeGreaterThan(0.4 * AROUND.length);
  });

  test("sums of many channels are as exact as those of few", async () => {
    const { found, exact } = await run({ shape: [1, 14, 14, 256], filters: 32, padding: "same" });
    expect(distance(found, exact)).toBeLessThanOrEqual(3e-7);
  });

  test("most of these are planned so", async () => {
    const used = await Promise.all([...IMAGES, ...VOLUMES].map(async (c) => (await kernelsOf(c)).includes("winograd")));
    expect(used.filter(Boolean).length).toBeGreaterThan(0.9 * used.length);
  });

  test("only where it takes less, of whole vectors of channels", async () => {
    const c: Case = { shape: [1, 16, 16, 16], filters: 16 };
    expect(await kernelsOf(c)).toContain("winograd");
    const others: Partial<Case>[] = [{ shape: [1, 16, 16, 4] }, { shape: [1, 16, 16, 15] }, { filters: 17 }, { strides: [2, 2] }, { dilation: [2, 2] }, { shape: [1, 1, 16, 16] }]; // prettier-ignore
    for (const other of others) expect(await kernelsOf({ ...c, ...other })).not.toContain("winograd");
  });

  test("threads find the same bits", async () => {
    usePlatformThreads(start);
    const uneven: Case[] = [[22, 14, 16], [14, 14, 128], [6, 9, 64]].map((image) => ({ shape: [1, ...image], filters: 128 })); // prettier-ignore
    // Panels of few columns have tiles of more rows.
    const narrow: Case[] = [4, 8, 12].map((rest) => ({ shape: [1, 14, 6, 12], filters: 32 + rest }));
    for (const c of [IMAGES.at(-1)!, VOLUMES[0]!, ...uneven, ...narrow]) {
      const x = random(given(c));
      const once = await run(c, x);
      const shared = await run(c, x, { threads: 2, threadWork: 0 });
      expect(shared.found).toEqual(once.found);
    }
  });
});

/** Of whole and of broken tiles, few and many channels, layouts and endings; what reads weights longer than it computes. */
const FAST: readonly (readonly [Case, "2" | "4"])[] = [
  ...IMAGES.filter(({ shape: [, h, w] }) => h! >= 11 && w! === 33).map((c) => [c, "4"] as const),
  [{ ...IMAGES.at(-2)!, shape: [1, 11, 14, 12], filters: 36 }, "4"],
  [{ shape: [1, 3, 16, 16, 32], filters: 24, outer: 3, padding: "same", ending: "bias" }, "4"],
  [{ shape: [1, 9, 12, 12, 16], filters: 16, outer: 3, padding: "same", dilation: [3, 1, 1], layout: "first" }, "4"],
  [{ shape: [1, 28, 28, 64], filters: 64, padding: "same", ending: "bias" }, "4"],
  [{ shape: [1, 14, 14, 128], filters: 128, padding: "same" }, "4"],
  [{ shape: [1, 8, 8, 64], filters: 64, padding: "same" }, "4"],
  [{ shape: [1, 7, 7, 512], filters: 512, padding: "same" }, "2"],
  [{ shape: [1, 5, 5, 64], filters: 64, padding: "same" }, "2"],
  [{ shape: [1, 16, 16, 16], filters: 16, isGiven: true }, "2"],
];

describe("larger tiles, where they are asked for", () => {
  const fast = { precision: "fast" } as const;

  test.each(FAST.map(([c, tile]) => [title(c), tile, c] as const))("%s by tiles of %s", async (_, tile, c) => {
    expect(new Set(await tilesOf(c, "fast"))).toEqual(new Set([tile]));
    expect(new Set(await tilesOf(c))).toEqual(new Set(["2"]));
    if (tile === "2") return;
    usePlatformThreads(start);
    const x = random(given(c));
    const { found, exact } = await run(c, x, fast);
    expect(distance(found, exact)).toBeLessThanOrEqual(2e-6);
    const small = (await run(c, x)).found;
    expect(found).not.toEqual(small);
    expect((await run(c, x, { precision: "default" })).found).toEqual(small);
    if (sizeOf(c.shape) < 30_000)
      expect((await run(c, x, { ...fast, threads: 2, threadWork: 0 })).found).toEqual(found);
  });

  test("is asked for by name, and refused in strict runs and elsewhere", async () => {
    setRandomSeed(1);
    const model = new Sequential({
      layers: [layers.conv2d({ filters: 32, kernelSize: 3, inputShape: [16, 16, 32], padding: "same" })],
    });
    const [bytes] = [...(await save(model, { format: "keras-v3" })).values()];
    const x = random([1, 16, 16, 32]);
    const loaded = await load(bytes!, fast);
    const [y] = await model.predict(x);
    const [near] = await loaded.predict(x);
    expect([near]).toEqual([...(await model.predict(x, fast))]);
    expect(near).not.toEqual(y);
    expect([...(await loaded.predict(x, { precision: "default" }))]).toEqual([y]);
    expect((await loaded.predict(x, { precision: "float64" }))[0]!.dtype).toBe("float64");
    expect((await loaded.predict(x, { backend: "reference" }))[0]!.shape).toEqual(y!.shape);
    const refused = /unsupported\/precision/;
    await expect(loaded.predict(x, { strict: true })).rejects.toThrow(refused);
    await expect(model.prepare({ ...fast, strict: true })).rejects.toThrow(refused);
    await expect(model.predict(x, { ...fast, backend: "reference" })).rejects.toThrow(refused);
    for (const precision of ["faster", "", "float32", 1] as never[])
      await expect(model.predict(x, { precision })).rejects.toThrow(/unsupported\/precision|mismatch\/option/);
    const arrays = new Map([["inputs/0", x as Tensor], ["outputs/0", y as Tensor]]); // prettier-ignore
    const fixture = await writeArrays(arrays);
    const report = await verify(loaded, fixture);
    expect([report.ok, report.backend, report.tensors[0]!.maxAbs]).toEqual([true, "wasm", 0]);
    const asked = await verify(model, fixture, fast);
    expect([asked.ok, asked.backend, asked.tensors[0]!.maxAbs > 0]).toEqual([true, "wasm fast", true]);
    await expect(verify(model, fixture, { ...fast, strict: true })).rejects.toThrow(refused);
    model.dispose();
    loaded.dispose();
  });
});

describe.each(["default", "fast"] as const)("numbers that are not finite, %s", (precision) => {
  const c: Case = { shape: [1, 9, 10, 16], filters: 20, ending: "bias" };
  const kernel = tensor(
    Float32Array.from({ length: 9 * 16 * 20 }, (_, i) => ((i * 7) % 11) - 5),
    kernelShape(c),
  );
  const count = (y: Tensor): number => (y.data as Float32Array).filter((v) => !Number.isFinite(v)).length;

  test.each([NaN, Infinity, -Infinity, 3e38])("%d in the input reaches what meets it", async (value) => {
    for (const at of [0, 16 * 34 + 3, 16 * 55 + 15, 16 * 89]) {
      const x = random(given(c));
      (x.data as Float32Array)[at] = value;
      const { found, exact } = await run({ ...c, kernel }, x, { precision });
      expect(distance(found, exact)).toBeLessThanOrEqual(1e-6);
      if (!Number.isFinite(value)) expect(count(found)).toBeLessThanOrEqual(9 * 20);
    }
  });

  const inWeights = [NaN, Infinity, 3e38].flatMap((value) => [false, true].map((isGiven) => ({ value, isGiven })));
  test.each(inWeights)("$value in the weights, given with each run: $isGiven", async ({ value, isGiven }) => {
    for (const at of [0, 16 * 20 * 4 + 5, 9 * 16 * 20 - 1]) {
      const weights = tensor(Float32Array.from(kernel.data as Float32Array), kernelShape(c));
      (weights.data as Float32Array)[at] = value;
      const { found, exact } = await run({ ...c, kernel: weights, isGiven }, undefined, { precision });
      expect(distance(found, exact)).toBeLessThanOrEqual(1e-6);
    }
    const volume: Case = { ...VOLUMES[1]!, padding: "same" };
    const values = Float32Array.from({ length: sizeOf(kernelShape(volume)) }, (_, i) => Math.sin(i));
    values[values.length >> 1] = value;
    const { found, exact } = await run({ ...volume, kernel: tensor(values, kernelShape(volume)), isGiven }, undefined, {
      precision,
    });
    expect(distance(found, exact)).toBeLessThanOrEqual(1e-6);
  });
});
