/** `Input`: where a functional model begins. */
import { wholeObject } from "../../formats/languages.ts";
import { type JsonNode, type JsonObject } from "../../codecs/json.ts";
import { type DType, isDType } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { door, type OptionKinds, readOptions } from "../../core/guard.ts";
import { readModel } from "../../model/bind.ts";
import type { Shape } from "../../ops/types.ts";
import { checkName, checkOpenShape, MADE_HERE, shapeJson, uniqueName } from "./layer.ts";
import { Symbolic } from "./symbolic.ts";

/** Options of `Input`: `shape` or `batchShape`. */
export interface InputOptions {
  /** Of one sample, without the batch axis. */
  readonly shape?: Shape;
  /** With the batch axis. */
  readonly batchShape?: Shape;
  /** With `shape`: the batch axis. Default: free. */
  readonly batchSize?: number;
  /** Of its elements. Default float32. */
  readonly dtype?: DType;
  /** The input's name. Default: `input_layer` and a number. */
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
  return wholeObject("keras.layers", "InputLayer", config);
}

/** A symbolic input: `Input({ shape: [10, 64] })` has the shape `[null, 10, 64]`. */
export function Input(options: InputOptions): Symbolic {
  return door("Input", () => makeInput(readOptions("Input", options, OPTIONS)));
}

const OPTIONS: OptionKinds<InputOptions> = {
  shape: "any",
  batchShape: "any",
  batchSize: "any",
  dtype: "string",
  name: "string",
};

function makeInput(options: InputOptions): Symbolic {
  const { dtype = "float32", name = uniqueName("InputLayer"), batchSize = null } = options;
  if (options.shape !== undefined) checkOpenShape(options.shape, "Input.shape");
  const shape = options.batchShape ?? (options.shape && [batchSize, ...options.shape]);
  if (shape === undefined) return fail("mismatch/option", { path: "Input", expected: "shape or batchShape" });
  checkOpenShape(shape, options.batchShape === undefined ? "Input.batchSize" : "Input.batchShape");
  checkName(name, "Input.name");
  if (!isDType(dtype)) fail("mismatch/option", { path: "Input.dtype", expected: "a dtype", found: String(dtype) });
  const raw = inputForm(shape, dtype, name);
  const node = readModel(raw, MADE_HERE);
  const isNamed = options.name !== undefined;
  return new Symbolic({ layer: { node, raw, name, isNamed }, x: undefined, kwargs: {} }, 0, shape, dtype);
}
