/** Reads tf.keras SavedModels: layers from their configs, weights from the checkpoint; the graph in the file is not run. */
import { type JsonDocument, type JsonNode, type JsonObject, PYTHON_STYLE } from "../codecs/json.ts";
import { fieldsOf, firstField, inside, textField } from "../codecs/protobuf/fields.ts";
import { atMost, fail, located } from "../core/error.ts";
import type { Limits } from "../core/limits.ts";
import type { Archive } from "../formats/archive.ts";
import type { Members } from "../formats/members.ts";
import { KERAS_METADATA, SAVED_MODEL, VARIABLES } from "../formats/saved-model.ts";
import { Claims } from "./claims.ts";
import { jsonText } from "./config.ts";
import { withTables } from "./lookup-tables.ts";
import { openCheckpoint, readObjects } from "./objects.ts";
import type { FilePlace } from "./stored.ts";

/** Throws `malformed/*`, `limit/*`, `unsupported/dtype`; a model without configs loads as weights alone. */
export async function importSavedModel(members: Members, limits: Limits): Promise<Archive> {
  const place: FilePlace = { source: "saved-model", file: members.name, prefix: "" };
  const { version, metadata: older, graph } = await readProto(members, place, limits);
  const metadata = members.names.includes(KERAS_METADATA) ? await readMetadata(members, place, limits) : older;
  const root = metadata === null ? null : jsonText(metadata.text, place, metadata.path, limits).root;
  const config = root instanceof Map ? configOf(root) : null;
  const { bundle, files } = await openCheckpoint(members, VARIABLES, place, limits);
  const objects = await readObjects(bundle, place, limits);
  const claims = new Claims();
  const isUsed = new Set([...files, ...(metadata === null ? [] : [metadata.path.split(":", 1)[0]!])]);
  if (objects.nodes === null)
    fail("unsupported/format", {
      file: members.name,
      message:
        "a SavedModel of TensorFlow 1, which keeps no objects: load it in Keras and save the model as .keras or .h5",
    });
  const asset = async (name: string): Promise<string | null> => {
    const path = `assets/${name}`;
    if (!members.names.includes(path)) return null;
    isUsed.add(path);
    return textField(await content(members, path, place, limits));
  };
  const tabled = await located({ source: place.source, file: place.file, pathPrefix: SAVED_MODEL }, () =>
    withTables(graph, objects.nodes!, asset),
  );
  for (const file of members.names) {
    const kind = file.startsWith("assets")
      ? "asset"
      : file.endsWith("/")
        ? "structure"
        : /\.pb(txt)?$/.test(file)
          ? "metadata"
          : "unknown";
    claims.book(file, members.sizeOf(file), isUsed.has(file) ? "used" : kind);
  }
  return {
    format: "saved-model",
    dialect: "keras2",
    semantics: "tf-keras",
    writer: {
      library: "tf-keras",
      version: version?.startsWith("2.") === true ? version : null,
      backend: "tensorflow",
    },
    file: members.name,
    config,
    instead:
      "a SavedModel for serving (`model.export`) is a TensorFlow graph without Keras's layers, which a file of `model.save` has",
    naming: objects.naming,
    weights: objects.weights,
    layerNames: [],
    groupNames: new Map(),
    objects: tabled,
    training: root instanceof Map ? withLists(root.get("training_config") ?? null) : null,
    optimizer: objects.optimizer,
    extras: claims.extras(),
    ledger: claims.ledger(members.size),
    warnings: [],
    container: null,
    close: members.close,
  };
}

/** What a text of metadata says of its layer; other models than Keras's have none of it. */
function configOf(root: JsonObject): JsonDocument | null {
  const [name, config] = [root.get("class_name"), root.get("config")];
  if (typeof name !== "string" || !(config instanceof Map)) return null;
  const own = new Map<string, JsonNode>([
    ["class_name", name],
    ["config", withLists(config)],
  ]);
  return { root: own, style: PYTHON_STYLE };
}

/** Tuples and shapes, which metadata tell from lists, as lists: so has every other file of Keras. */
function withLists(node: JsonNode): JsonNode {
  if (Array.isArray(node)) return node.map(withLists);
  if (!(node instanceof Map)) return node;
  const [name, items] = [node.get("class_name"), node.get("items")];
  if ((name === "__tuple__" || name === "TensorShape") && Array.isArray(items)) return items.map(withLists);
  return new Map([...node].map(([key, value]) => [key, withLists(value)] as const));
}

interface Metadata {
  readonly text: string;
  readonly path: string;
}

async function content(members: Members, name: string, place: FilePlace, limits: Limits): Promise<Uint8Array> {
  const size = members.sizeOf(name);
  atMost("limit/tensor-bytes", size, limits.tensorBytes, "bytes", {
    source: place.source,
    file: place.file,
    path: name,
  });
  return (await members.open(name)).read(0, size);
}

/** The root's text in `keras_metadata.pb`; null when it is no model of Keras. */
async function readMetadata(members: Members, place: FilePlace, limits: Limits): Promise<Metadata | null> {
  const bytes = await content(members, KERAS_METADATA, place, limits);
  return located({ source: place.source, file: place.file, pathPrefix: KERAS_METADATA }, () => {
    for (const node of fieldsOf(bytes)) {
      if (node.number !== 1) continue;
      const texts = new Map<number, Uint8Array>();
      for (const field of fieldsOf(node.bytes)) texts.set(field.number, field.bytes);
      if (textField(texts.get(3) ?? new Uint8Array()) !== "root") continue;
      return { text: textField(texts.get(5) ?? new Uint8Array()), path: `${KERAS_METADATA}:root` };
    }
    return null;
  });
}

/** The version of TensorFlow, and the root's text where TensorFlow before 2.5 put it. */
async function readProto(
  members: Members,
  place: FilePlace,
  limits: Limits,
): Promise<{ version: string | null; metadata: Metadata | null; graph: Uint8Array }> {
  const bytes = await content(members, SAVED_MODEL, place, limits);
  return located({ source: place.source, file: place.file, pathPrefix: SAVED_MODEL }, () => {
    let version: string | null = null;
    let text = "";
    let meta: Uint8Array = new Uint8Array();
    for (const graph of fieldsOf(bytes)) {
      if (graph.number !== 2) continue;
      meta = graph.bytes;
      for (const field of fieldsOf(graph.bytes)) {
        if (field.number === 1) version ??= textOf(field.bytes, 5);
        // The objects, of which the model is the first; its `user_object` has the text.
        if (field.number === 7 && text === "") text = textOf(inside(inside(field.bytes, 1), 4), 3) ?? "";
      }
    }
    return { version, metadata: text.startsWith("{") ? { text, path: `${SAVED_MODEL}:root` } : null, graph: meta };
  });
}

function textOf(bytes: Uint8Array, wanted: number): string | null {
  const found = firstField(bytes, wanted);
  return found === undefined ? null : textField(found.bytes);
}
