/** Arrays in files that users have: `.npy`, `.npz`, `.json`. Read by content, written by name. */
import { type JsonNode, parseJson, toPlain } from "../codecs/json.ts";
import { parseNpy, writeNpy } from "../codecs/npy.ts";
import { readNpz, writeNpz } from "../codecs/npz.ts";
import type { TensorInfo } from "../api/info.ts";
import type { InputValue } from "../api/inputs.ts";
import { isDType } from "../core/dtype.ts";
import { fail, located } from "../core/error.ts";
import { DEFAULT_LIMITS } from "../core/limits.ts";
import { openFile } from "../core/node-files.ts";
import { writeOutputs } from "../core/node-outputs.ts";
import type { Source } from "../core/source.ts";
import { castTensor, isTensor, type NestedNumbers, type Tensor, tensor, valuesOf } from "../core/tensor.ts";
import { usage } from "./io.ts";

type Named = ReadonlyMap<string, InputValue>;

const JSON_LIMIT = { ...DEFAULT_LIMITS, jsonBytes: DEFAULT_LIMITS.fileBytes, jsonContainers: 50_000_000 };

/** The arrays by name; one without a name is called "". */
async function readArrays(source: Source): Promise<Named> {
  const head = await source.read(0, Math.min(source.size, 6));
  if (head[0] === 0x93 && head[1] === 0x4e)
    return new Map([["", parseNpy(await source.read(0, source.size), DEFAULT_LIMITS)]]);
  if (head[0] === 0x50 && head[1] === 0x4b) return readNpz(source, DEFAULT_LIMITS);
  return fromJson(parseJson(await source.read(0, source.size), JSON_LIMIT).root);
}

/** Nested lists, an object of them by input name, or `{dtype, shape, data}`. */
function fromJson(root: JsonNode): Named {
  if (!(root instanceof Map)) return new Map([["", toPlain(root) as NestedNumbers]]);
  if (root.has("data")) return new Map([["", jsonArray(root)]]);
  return new Map([...root].map(([name, value]) => [name, jsonArray(value)]));
}

function jsonArray(node: JsonNode): InputValue {
  const plain = toPlain(node) as NestedNumbers | { data?: NestedNumbers; shape?: number[]; dtype?: string };
  if (typeof plain !== "object" || Array.isArray(plain) || !("data" in plain)) return plain as NestedNumbers;
  const { data, shape, dtype } = plain as { data: NestedNumbers; shape?: number[]; dtype?: string };
  return tensor(data, shape, dtype !== undefined && isDType(dtype) ? dtype : undefined);
}

/** `inputs/0`, `inputs/<name>`, `arr_0` (as `numpy.savez` calls arrays without a name), a name, or the only array. */
function choose(arrays: Named, inputs: readonly TensorInfo[]): readonly InputValue[] {
  const hasGroups = [...arrays.keys()].some((key) => key.startsWith("inputs/"));
  return inputs.map(({ name, layer = name }, i) => {
    const keys = hasGroups
      ? [`inputs/${i}`, `inputs/${name}`, `inputs/${layer}`]
      : [name, layer, String(i), `arr_${i}`, ""];
    const only = inputs.length === 1 && arrays.size === 1 ? [...arrays.values()][0] : undefined;
    const value = keys.map((key) => arrays.get(key)).find((found) => found !== undefined) ?? only;
    if (value !== undefined) return value;
    return fail("mismatch/inputs", {
      path: name,
      expected: `an array ${[...new Set(keys)].filter(Boolean).join(" or ")}`,
      found: [...arrays.keys()].join(", "),
    });
  });
}

/** Numbers of a JSON text as precisely as they stand there. */
function asTensor(value: InputValue): Tensor {
  if (isTensor(value)) return value;
  const made = tensor(value);
  return made.dtype === "float32" ? tensor(value, undefined, "float64") : made;
}

/** Values for a model's inputs, in its dtypes. Throws `mismatch/inputs`, `mismatch/dtype`, and what the codecs throw. */
export async function readInputsFile(path: string, inputs: readonly TensorInfo[]): Promise<readonly Tensor[]> {
  const source = await openFile(path);
  if (source instanceof Map)
    return fail("unsupported/file-type", { file: path, expected: "a file", found: "a folder" });
  try {
    return await located({ file: path }, async () => {
      const arrays = await readArrays(source);
      const several = arrays.get("");
      // A bare JSON list for several inputs is a list of inputs.
      const values = inputs.length > 1 && Array.isArray(several) ? (several as InputValue[]) : choose(arrays, inputs);
      return values.map((value, i) =>
        i < inputs.length ? castTensor(asTensor(value), inputs[i]!.dtype, inputs[i]!.name) : asTensor(value),
      );
    });
  } finally {
    await source.close?.();
  }
}

/** A tensor for JSON: 64-bit integers that a number cannot hold become text; NaN and infinities become null. */
export function plainTensor(name: string, value: Tensor): object {
  const { dtype, shape } = value;
  const data = Array.from(valuesOf(value), (x) =>
    typeof x !== "bigint" ? x : Number.isSafeInteger(Number(x)) ? Number(x) : String(x),
  );
  return { name, dtype, shape, data: dtype === "bool" ? data.map(Boolean) : data };
}

const ENDINGS = [".npy", ".npz", ".json"] as const;

/** How outputs are written, told by the file's name: refused before anything is computed. */
export function outputEnding(path: string, count: number): (typeof ENDINGS)[number] {
  const ending = ENDINGS.find((end) => path.toLowerCase().endsWith(end));
  if (ending === undefined) return usage(`the output ${path} should end in ${ENDINGS.join(", ")}`);
  if (ending === ".npy" && count > 1) return usage(`a .npy holds one array, the model has ${count} outputs: use .npz`);
  return ending;
}

/** An `.npz` has outputs by position; those of a dict by its keys too. */
function bytesOf(
  ending: (typeof ENDINGS)[number],
  outputs: readonly Tensor[],
  ends: readonly Pick<TensorInfo, "name" | "layer">[],
): Uint8Array {
  if (ending === ".npy") return writeNpy(outputs[0]!);
  if (ending === ".npz") {
    const keyed = outputs.flatMap((value, i) =>
      ends[i]!.layer === undefined ? [] : [[ends[i]!.name, value] as const],
    );
    const all = [...outputs.map((value, i) => [String(i), value] as const), ...keyed];
    return writeNpz(new Map(all.map(([key, value]) => [`outputs/${key}`, value])));
  }
  return new TextEncoder().encode(
    `${JSON.stringify({ outputs: outputs.map((value, i) => plainTensor(ends[i]!.name, value)) })}\n`,
  );
}

//** One `.npy`, or all in an `.npz` or `.json`, as the path ends. Throws what writing a file throws. */
export async function writeOutputsFile(
  path: string,
  outputs: readonly Tensor[],
  ends: readonly Pick<TensorInfo, "name" | "layer">[],
  force: boolean,
): Promise<void> {
  const bytes = bytesOf(outputEnding(path, outputs.length), outputs, ends);
  const chunks = async function* () {
    yield bytes;
  };
  await writeOutputs(path, [{ path: "", chunks }], { force });
}
