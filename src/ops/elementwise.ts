/** Each element from the elements at its place; two inputs broadcast as NumPy's. */
import type { DType } from "../core/dtype.ts";
import { type PrimitiveRule, rulesFor } from "./define.ts";
import { anything, bools, floats, numbers, same } from "./dtypes.ts";
import { broadcast } from "./shapes.ts";
import { BINARY, COMPARE, FLOAT_BINARY, KEEPS_INTEGERS, UNARY, UNARY_BOOL } from "./signatures.ts";

type Unary = PrimitiveRule<(typeof UNARY)[number] | (typeof UNARY_BOOL)[number]>;
type Binary = PrimitiveRule<(typeof BINARY)[number] | (typeof COMPARE)[number]>;

const toBool = { dtype: (): { y: DType } => ({ y: "bool" }) };

const unary: Omit<Unary, "takes"> = { shape: ({ x }) => ({ y: x }) };

const binary = (name: string): Omit<Binary, "takes"> => ({ shape: ({ a, b }) => ({ y: broadcast(name, [a, b]) }) });

/** Rules of the operations that compute each element from the elements at its place. */
export const elementwise = {
  ...rulesFor(UNARY, (name): Unary => ({ takes: KEEPS_INTEGERS.has(name) ? numbers : floats, ...unary })),
  ...rulesFor(UNARY_BOOL, (name): Unary => ({ takes: name === "logicalNot" ? bools : anything, ...toBool, ...unary })),
  ...rulesFor(BINARY, (name): Binary => ({ takes: FLOAT_BINARY.has(name) ? floats : same, ...binary(name) })),
  ...rulesFor(COMPARE, (name): Binary => ({
    takes: name.startsWith("logical") ? bools : same,
    ...toBool,
    ...binary(name),
  })),
};
