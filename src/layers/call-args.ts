/** The arguments of calls as files hold them, and what the references among them mean. */
import type { DType } from "../core/dtype.ts";
import { type KeyItem, withoutEllipsis } from "../core/ellipsis.ts";
import type { Shape, Sym } from "../ops/types.ts";

/** What JSON has beside lists and objects. */
export type ArgJson = null | boolean | number | string;

/** An argument of a stored call. `layer`, `node`, `tensor`: the output `tensor` of the call `node` of that layer. */
export type CallArg =
  | {
      readonly kind: "ref";
      readonly layer: string;
      readonly node: number;
      readonly tensor: number;
      readonly shape: Shape | null;
      readonly dtype: DType;
    }
  | {
      readonly kind: "constant";
      readonly values: readonly number[];
      readonly shape: readonly number[];
      readonly dtype: DType;
    }
  /** `float`: a number with a point, though it may be whole. */
  | { readonly kind: "json"; readonly value: ArgJson; readonly float?: boolean }
  /** A Python slice or Ellipsis. */
  | { readonly kind: "slice"; readonly start: CallArg; readonly stop: CallArg; readonly step: CallArg }
  | { readonly kind: "ellipsis" }
  | { readonly kind: "list"; readonly items: readonly CallArg[] }
  | { readonly kind: "record"; readonly entries: readonly (readonly [string, CallArg])[] };

const NONE: CallArg = { kind: "json", value: null };
const WHOLE_AXIS: CallArg = { kind: "slice", start: NONE, stop: NONE, step: NONE };
const kindOf = (item: CallArg): KeyItem =>
  item.kind === "ellipsis" ? "ellipsis" : item.kind === "json" && item.value === null ? "new" : "axis";

/** An index of a tensor of that rank with the axes that an ellipsis stands for spelt out. */
export function speltKey(key: CallArg, rank: number): CallArg {
  const items = withoutEllipsis(key.kind === "list" ? key.items : [key], rank, WHOLE_AXIS, kindOf);
  return items === null ? key : { kind: "list", items };
}

/** What a reference in a call means. */
export interface ReferenceType {
  readonly shape: Shape;
  readonly dtype: DType;
  /** The mask that it carries. */
  readonly mask: Sym | undefined;
}

/** What the references in calls mean. */
export type ReferenceTypes = ReadonlyMap<CallArg, ReferenceType>;

/** One stored call of a layer: its arguments by place, and by name in the order of the file. */
export interface Call {
  readonly args: readonly CallArg[];
  readonly kwargs: readonly (readonly [string, CallArg])[];
}

/** All arguments of a call. */
export const argsOf = ({ args, kwargs }: Call): readonly CallArg[] => [...args, ...kwargs.map(([, arg]) => arg)];
