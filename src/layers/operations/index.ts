/** Operation nodes of Keras 3, by what they do. */
import type { AnyDef } from "../define.ts";
import { activationOperations } from "./activations.ts";
import { elementwiseOperations } from "./elementwise.ts";
import { indexingOperations } from "./indexing.ts";
import { joiningOperations } from "./joining.ts";
import { productOperations } from "./products.ts";
import { reductionOperations } from "./reductions.ts";
import { shapeOperations } from "./shapes.ts";

export const OPERATIONS: readonly AnyDef[] = [
  ...elementwiseOperations,
  ...activationOperations,
  ...reductionOperations,
  ...shapeOperations,
  ...joiningOperations,
  ...productOperations,
  ...indexingOperations,
];
