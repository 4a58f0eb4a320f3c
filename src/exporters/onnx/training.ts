/** Operations that only steps of training have. */
import { fail } from "../../core/error.ts";
import type { OpName } from "../../ops/signatures.ts";
import type { OnnxRule } from "./rule.ts";

const refused =
  <N extends OpName>(path: N): OnnxRule<N> =>
  () =>
    fail("unsupported/onnx", { path, message: "an operation of training" });

export const random = refused("random");
export const scatterAdd = refused("scatterAdd");
