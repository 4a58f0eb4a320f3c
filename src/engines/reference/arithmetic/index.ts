/** Every primitive's arithmetic by name. */
import type { DType } from "../../../core/dtype.ts";
import type { OpName, PrimitiveName, Slots } from "../../../ops/signatures.ts";
import type { Attrs, Nd } from "../../../ops/types.ts";
import { conv } from "./conv.ts";
import { convTranspose } from "./conv-transpose.ts";
import { bitcast, cast, full, iota, where } from "./create.ts";
import { elementwise } from "./elementwise.ts";
import { concat, pad, repeat, tile } from "./join.ts";
import { argsort, cumsum, gather, scatterAdd, sort } from "./lookup.ts";
import { matmul } from "./matmul.ts";
import { broadcastTo, reverse, slice, transpose } from "./move.ts";
import { pool } from "./pool.ts";
import { random } from "./random.ts";
import { reductions } from "./reduce.ts";
import { expandDims, reshape, squeeze } from "./reshape.ts";
import { resize } from "./resize.ts";
import type { Computation } from "./types.ts";

const ARITHMETIC: { readonly [N in PrimitiveName]: Computation<N> } = {
  ...elementwise, ...reductions,
  full, iota, random, cast, bitcast, where,
  reshape, expandDims, squeeze,
  transpose, broadcastTo, slice, reverse,
  concat, pad, repeat, tile,
  gather, scatterAdd, cumsum, sort, argsort,
  matmul, conv, convTranspose, pool, resize,
}; // prettier-ignore

/** That of whichever operation: operands and attributes are those that its signature names. */
type AnyComputation = (x: Slots<Nd>, a: Attrs, out: Slots<Nd>, dtypes: Slots<DType>, from: Slots<DType>) => void;

// The tracer is the only maker of operands and attributes, and typed: here their types may be forgotten.
const known = new Map(Object.entries(ARITHMETIC)) as unknown as ReadonlyMap<OpName, AnyComputation>;

/** What a primitive computes; undefined where the operation is none. */
export const arithmeticOf = (name: OpName): AnyComputation | undefined => known.get(name);
