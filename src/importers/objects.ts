/** The objects of a TensorFlow checkpoint, and their variables as stored weights. */
import { fieldsOf, textField } from "../codecs/protobuf/fields.ts";
import { type BundleTensor, openTensorBundle, readTextTensor, type TensorBundle } from "../codecs/tensor-bundle.ts";
import { itemSize } from "../core/dtype.ts";
import { atMost, fail, located } from "../core/error.ts";
import type { Limits } from "../core/limits.ts";
import type { StoredWeight } from "../core/stored.ts";
import type { ObjectNode } from "../formats/archive.ts";
import type { Members } from "../formats/members.ts";
import { COUNTED, dataFile, NO_WEIGHTS, OBJECT_GRAPH, VARIABLE_VALUE } from "../formats/saved-model.ts";
import type { FilePlace } from "./stored.ts";

const PIECE = 1 << 22;

/** `P.index` and the data files that it names. Throws `malformed/missing-member` for those that are not there. */
export async function openCheckpoint(
  members: Members,
  prefix: string,
  place: FilePlace,
  limits: Limits,
): Promise<{ bundle: TensorBundle; files: readonly string[] }> {
  const index = `${prefix}.index`;
  const get = async (name: string) => {
    if (members.names.includes(name)) return members.open(name);
    return fail("malformed/missing-member", {
      source: place.source,
      file: place.file,
      path: name,
      message: "the file with the variables is not there: the folder is incomplete",
    });
  };
  const shard = (n: number, count: number) => get(dataFile(prefix, n, count));
  const bundle = await located({ source: place.source, file: place.file }, async () =>
    openTensorBundle(await get(index), shard, limits),
  );
  const used = [...new Set([...bundle.tensors.values()].map((tensor) => tensor.shard))];
  const files = used.map((n) => dataFile(prefix, n, bundle.shards));
  for (const name of files) await get(name);
  const total = [...bundle.tensors.values()].reduce((sum, { size }) => sum + size, 0);
  atMost("limit/total-tensor-bytes", total, limits.totalTensorBytes, "bytes", {
    source: place.source,
    file: place.file,
    path: index,
  });
  return { bundle, files: [index, ...files] };
}

/** A tensor as a weight under the path that leads to it. */
export function bundleWeight(tensor: BundleTensor, path: string, place: FilePlace): StoredWeight {
  const where = { source: place.source, file: place.file, path: place.prefix + path };
  if (tensor.sliced)
    fail("unsupported/format", { ...where, message: "a variable that is split into parts (partitioned)" });
  const { dtype } = tensor;
  if (dtype === null || dtype === "string")
    return fail("unsupported/dtype", {
      ...where,
      expected: "numbers or booleans",
      found: dtype ?? `TensorFlow's type ${tensor.type}`,
    });
  const slash = path.lastIndexOf("/");
  const read = () => located({ source: place.source, file: place.file }, () => tensor.read());
  return {
    key: path,
    group: path.slice(0, Math.max(slash, 0)),
    name: path.slice(slash + 1),
    dtype,
    shape: tensor.shape,
    byteLength: tensor.shape.reduce((product, n) => product * n, itemSize(dtype)),
    read,
    // The checksum is over the whole: nothing is handed out before it is known.
    async *slices() {
      const bytes = await read();
      for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
    },
  };
}

interface RawObject {
  readonly children: ReadonlyMap<string, number>;
  readonly key: string | null;
  readonly fullName: string;
}

function readObject(bytes: Uint8Array): RawObject {
  const children = new Map<string, number>();
  let key: string | null = null;
  let fullName = "";
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) {
      let id = 0;
      let name = "";
      for (const part of fieldsOf(field.bytes)) {
        if (part.number === 1) id = part.value;
        if (part.number === 2) name = textField(part.bytes);
      }
      children.set(name, id);
    } else if (field.number === 2) {
      const texts = new Map<number, string>();
      for (const part of fieldsOf(field.bytes)) texts.set(part.number, textField(part.bytes));
      if (texts.get(1) !== VARIABLE_VALUE) continue;
      key = texts.get(3) ?? null;
      fullName = texts.get(2) ?? "";
    }
  }
  return { children, key, fullName };
}

/**
 * Of a model for serving (`model.export`), which has its variables in a list, and no layers: the variables by the names that
 * they were given, but for the states of random numbers. null for others. Sources: keras/src/export/saved_model.py (`track`), tf_keras/src/export/export_lib.py.
 */
function exported(nodes: readonly ObjectNode[]): readonly StoredWeight[] | null {
  const { children } = nodes[0]!;
  const list = nodes[children.get("variables") ?? 0]!;
  if (!children.has("_all_variables") || [...children.keys()].some((name) => /^layer[-_]/.test(name))) return null;
  return [...list.children.values()].flatMap((id) => {
    const { weight, fullName } = nodes[id]!;
    const key = fullName.replace(/:0$/, "");
    const slash = key.lastIndexOf("/");
    if (weight === null || key.endsWith("seed_generator_state")) return [];
    return [{ ...weight, key, group: key.slice(0, Math.max(slash, 0)), name: key.slice(slash + 1) }];
  });
}

/** What a checkpoint holds. */
export interface Objects {
  /** How its weights are found. */
  readonly naming: "names" | "objects";
  /** The model first; null: a checkpoint without objects. */
  readonly nodes: readonly ObjectNode[] | null;
  readonly weights: readonly StoredWeight[];
  readonly optimizer: readonly StoredWeight[];
  /** Bytes of what is neither. */
  readonly rest: number;
}

/** Lists of variables, which lead to what layers hold: taken last, so that paths say which layer. */
const rank = ([name]: readonly [string, number]): number =>
  name.startsWith("layer_with_weights-")
    ? 0
    : name.startsWith("layer-")
      ? 1
      : /variables$|^keras_api$/.test(name)
        ? 3
        : 2;

/** All that can be reached from the model, each once under its shortest path; cycles and sharing cost nothing. */
export async function readObjects(bundle: TensorBundle, place: FilePlace, limits: Limits): Promise<Objects> {
  const graph = bundle.tensors.get(OBJECT_GRAPH);
  if (graph === undefined) return { nodes: null, naming: "names", weights: [], optimizer: [], rest: 0 };
  const raw: RawObject[] = [];
  const text = await located({ source: place.source, file: place.file }, () => readTextTensor(graph));
  await located({ source: place.source, file: place.file, pathPrefix: OBJECT_GRAPH }, async () => {
    for (const { number, bytes } of fieldsOf(text)) {
      if (number !== 1) continue;
      if (raw.length >= limits.entries) fail("limit/entries", { expected: `at most ${limits.entries} objects` });
      raw.push(readObject(bytes));
    }
    for (const { children } of raw)
      for (const [name, id] of children)
        if (!(id >= 0 && id < raw.length))
          fail("malformed/tensor-bundle", {
            source: "tensor-bundle",
            path: name,
            message: "a child that is no object",
            found: String(id),
          });
  });
  const weights: StoredWeight[] = [];
  const optimizer: StoredWeight[] = [];
  const values: (StoredWeight | null)[] = raw.map(() => null);
  const counted = new Set(raw.map(({ children }) => children.get(COUNTED)));
  const seen = new Set<number>([0]);
  const open: { id: number; path: string; aside: "optimizer" | "other" | null }[] = [{ id: 0, path: "", aside: null }];
  for (let next = 0; next < open.length; next++) {
    const { id, path, aside } = open[next]!;
    const { children, key } = raw[id]!;
    const tensor = key === null ? undefined : bundle.tensors.get(key);
    if (tensor !== undefined && tensor.dtype !== "string" && aside !== "other" && !counted.has(id)) {
      const weight = bundleWeight(tensor, path, place);
      values[id] = weight;
      (aside === "optimizer" ? optimizer : weights).push(weight);
    }
    atMost("limit/name-bytes", path.length, limits.nameBytes, "bytes", { ...place, path });
    for (const [name, child] of [...children].sort((a, b) => rank(a) - rank(b))) {
      if (seen.has(child)) continue;
      seen.add(child);
      const own = aside ?? (name === "optimizer" && path === "" ? "optimizer" : NO_WEIGHTS.has(name) ? "other" : null);
      open.push({ id: child, path: path === "" ? name : `${path}/${name}`, aside: own });
    }
  }
  const known = [...weights, ...optimizer].reduce((sum, { byteLength }) => sum + byteLength, 0);
  const all = [...bundle.tensors.values()].reduce((sum, { size }) => sum + size, 0);
  const nodes = raw.map(({ children, fullName }, i) => ({ children, fullName, weight: values[i]! }));
  const named = exported(nodes);
  return {
    nodes,
    naming: named === null ? "objects" : "names",
    weights: named ?? weights,
    optimizer,
    rest: all - known,
  };
}
