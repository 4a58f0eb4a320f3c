/** `Input`: where a functional model begins. */
import { type JsonNode, type JsonObject } from "../../codecs/json.ts";
import { type DType, isDType } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { readModel } from "../../model/bind.ts";
import type { Shape } from "../../ops/types.ts";
import { adoptWeights, MADE_HERE, shapeJson, uniqueName } from "./layer.ts";
import { Symbolic } from "./symbolic.ts";

export interface InputOptions {
  /** Of one sample, without the batch axis. */
  readonly shape?: Shape;
  /** With the batch axis. */
  readonly batchShape?: Shape;
  readonly batchSize?: number;
  readonly dtype?: DType;
  readonly name?: string;
}

/** The serialised InputLayer for a shape that has its batch axis. */
export function inputForm(shape: Shape, dtype: DType, name: string): JsonObject {
  const config: JsonObject = new Map<string, JsonNode>([
    ["batch_shape", shapeJson(shape)],
    ["dtype", dtype],
    ["sparse", false],
    ["ragged", false],
    ["name", name],
    ["optional", false],
  ]);
  return new Map<string, JsonNode>([
    ["module", "keras.layers"],
    ["class_name", "InputLayer"],
    ["config", config],
    ["registered_name", null],
  ]);
}

/** A symbolic input: `Input({ shape: [10, 64] })` has the shape `[null, 10, 64]`. */
export function Input(options: InputOptions): Symbolic {
  const shape = options.batchShape ?? (options.shape && [options.batchSize ?? null, ...options.shape]);
  if (shape === undefined) return fail("mismatch/option", { path: "Input", expected: "shape or batchShape" });
  const dtype = options.dtype ?? "float32";
  if (!isDType(dtype)) fail("mismatch/option", { path: "Input.dtype", expected: "a dtype", found: String(dtype) });
  const name = options.name ?? uniqueName("InputLayer");
  const raw = inputForm(shape, dtype, name);
  const node = readModel(raw, MADE_HERE);
  adoptWeights(node);
  return new Symbolic({ layer: { node, raw, name }, x: undefined, kwargs: {} }, 0, shape, dtype);
}
