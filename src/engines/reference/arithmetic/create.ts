/** Values made from nothing or from other values one to one: full, iota, cast, bitcast, where. */
import { isFloat, isInteger } from "../../../core/dtype.ts";
import { broadcastStrides } from "../../../ops/strided.ts";
import { truncated } from "./numbers.ts";
import { eachRow } from "./strided.ts";
import type { Computation } from "./types.ts";

export const full: Computation<"full"> = (_, { value }, { y }) => void y.data.fill(value);

export const iota: Computation<"iota"> = (_x, _a, { y }) => {
  for (let i = 0; i < y.data.length; i++) y.data[i] = i;
};

export const cast: Computation<"cast"> = ({ x }, { dtype, rounded }, { y }, _, from) => {
  // A float32 is rounded to itself first: what is 1 there is not cut to 0.
  const round = from.x === "float32" ? Math.fround : Number;
  if (isFloat(from.x) && isInteger(dtype))
    for (let i = 0; i < y.data.length; i++) y.data[i] = truncated(round(x.data[i]!), dtype);
  else y.data.set(rounded && dtype === "float32" ? Float32Array.from(x.data) : x.data);
};

const ARRAYS = { float32: Float32Array, float64: Float64Array, int32: Int32Array } as const;

export const bitcast: Computation<"bitcast"> = ({ x }, { from, dtype }, { y }) => {
  const words = ARRAYS[from].from(x.data);
  y.data.set(new ARRAYS[dtype](words.buffer));
};

export const where: Computation<"where"> = ({ condition, a, b }, _, { y }) => {
  const strides = [condition, a, b].map((v) => broadcastStrides(v.shape, y.shape));
  const last = y.shape.length - 1;
  const length = y.shape[last] ?? 1;
  const [sc, sa, sb] = strides.map((s) => s[last] ?? 0) as [number, number, number];
  eachRow(y.shape, strides, (at, [i, j, k]) => {
    for (let n = 0; n < length; n++) {
      y.data[at + n] = condition.data[i! + n * sc] !== 0 ? a.data[j! + n * sa]! : b.data[k! + n * sb]!;
    }
  });
};
