/** Values made from nothing or from other values one to one: full, iota, cast, where. */
import type { DType } from "../core/dtype.ts";
import { primitive } from "./define.ts";
import { anything } from "./dtypes.ts";
import { broadcast, lengthOf } from "./shapes.ts";
import { broadcastStrides, eachRow } from "./strided.ts";
import type { Primitive, Size } from "./types.ts";

const full = primitive<{ shape: readonly Size[]; value: number; dtype: DType }>({
  name: "full",
  takes: anything,
  shape: (_, { shape }) => [shape.map((size) => lengthOf(size))],
  dtype: (_, { dtype }) => [dtype],
  run: (_, { value }, [out]) => void out!.data.fill(value),
});

const iota = primitive<{ length: Size; dtype: DType }>({
  name: "iota",
  takes: anything,
  shape: (_, { length }) => [[lengthOf(length)]],
  dtype: (_, { dtype }) => [dtype],
  run(_x, _a, [out]) {
    for (let i = 0; i < out!.data.length; i++) out!.data[i] = i;
  },
});

/** The copy alone: who evaluates a node brings its values into the output's dtype. */
const cast = primitive<{ dtype: DType }>({
  name: "cast",
  takes: anything,
  shape: ([x]) => [x!],
  dtype: (_, { dtype }) => [dtype],
  run: ([x], _, [out]) => void out!.data.set(x!.data),
});

const where = primitive<unknown>({
  name: "where",
  takes: ([condition, a, b]) => (condition === "bool" && a === b ? null : "bool, then two of one dtype"),
  shape: (x) => [broadcast("where", x)],
  dtype: ([, a]) => [a!],
  run(x, _, [out]) {
    const strides = x.map((v) => broadcastStrides(v.shape, out!.shape));
    const last = out!.shape.length - 1;
    const length = out!.shape[last] ?? 1;
    const [sc, sa, sb] = strides.map((s) => s[last] ?? 0);
    const [c, a, b] = x.map((v) => v.data);
    eachRow(out!.shape, strides, (at, [i, j, k]) => {
      for (let n = 0; n < length; n++) {
        out!.data[at + n] = c![i! + n * sc!] !== 0 ? a![j! + n * sa!]! : b![k! + n * sb!]!;
      }
    });
  },
});

export const create: readonly Primitive[] = [full, iota, cast, where];
