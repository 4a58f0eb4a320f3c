/** Refuses what callers give in place of a model. */
import { fail } from "../core/error.ts";
import { kindOf } from "../core/guard.ts";
import { Model } from "./model.ts";

/** Throws `mismatch/argument` for what is no model. */
export function checkModel(model: unknown, what = "model"): asserts model is Model {
  if (!(model instanceof Model)) fail("mismatch/argument", { path: what, expected: "a Model", found: kindOf(model) });
}
