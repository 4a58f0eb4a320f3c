/** TensorFlow.js's `ModelArtifacts`, what its save and load handlers exchange, as the files that they become. */
import { concatBytes } from "../core/bytes.ts";
import { fail } from "../core/error.ts";
import { attempt, kindOf } from "../core/guard.ts";
import { bytesSource, type Source } from "../core/source.ts";

/** The parts that make a model; all others are passed on as they are. Source: tfjs-core/src/io/types.ts. */
export interface ModelArtifacts {
  /** What `model.json` says of the layers. */
  readonly modelTopology?: object | ArrayBuffer;
  /** Name, shape and dtype of each weight, in the order of their bytes. */
  readonly weightSpecs?: readonly object[];
  /** The bytes of all weights, one after the other. */
  readonly weightData?: ArrayBuffer | Uint8Array | readonly ArrayBuffer[];
}

/** Whether an input is what TensorFlow.js's handlers exchange. */
export function isModelArtifacts(input: object): input is ModelArtifacts {
  if (input instanceof Map) return false;
  const { modelTopology: topology } = input as { readonly modelTopology?: unknown };
  return typeof topology === "object" && topology !== null && !ArrayBuffer.isView(topology);
}

function bytesOf(part: unknown): Uint8Array {
  if (part instanceof ArrayBuffer) return new Uint8Array(part);
  if (part instanceof Uint8Array) return part;
  return fail("unsupported/input", { path: "weightData", expected: "an ArrayBuffer", found: kindOf(part) });
}

/** As `model.json` and `weights.bin`. Throws `unsupported/input` for what is no JSON and no bytes. */
export function artifactFiles(artifacts: ModelArtifacts): ReadonlyMap<string, Source> {
  const { weightSpecs = [], weightData = [], ...rest } = artifacts;
  const data = concatBytes((Array.isArray(weightData) ? weightData : [weightData]).map(bytesOf));
  const manifest = weightSpecs.length === 0 ? [] : [{ paths: ["weights.bin"], weights: weightSpecs }];
  const json =
    attempt(() => JSON.stringify({ ...rest, weightsManifest: manifest })) ??
    fail("unsupported/input", { path: "modelTopology", expected: "plain data" });
  const files = new Map([["model.json", bytesSource(new TextEncoder().encode(json), "model.json")]]);
  if (manifest.length > 0) files.set("weights.bin", bytesSource(data, "weights.bin"));
  return files;
}
