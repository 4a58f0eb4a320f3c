/** Every primitive's gradient by name, or why it has none. */
import type { PrimitiveName } from "../signatures.ts";
import type { Gradient } from "./define.ts";
import { elementwise } from "./elementwise.ts";
import { movement } from "./movement.ts";
import { products } from "./products.ts";
import { windows } from "./windows.ts";

/** One entry for every primitive. */
export const GRADIENTS: { readonly [N in PrimitiveName]: Gradient<N> } = {
  ...elementwise,
  ...movement,
  ...products,
  ...windows,
};
