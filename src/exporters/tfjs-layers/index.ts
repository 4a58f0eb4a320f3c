/**
 * Writes TensorFlow.js's layers models: one graph of the layers that `tf.loadLayersModel` has, in the words of Keras 2. Models
 * inside are written as their layers; what TensorFlow.js lacks or computes otherwise is made of layers that are right there, or
 * refused by name. See formats/tfjs-layers.ts for the layout and its sources.
 */
import { isFloat } from "../../core/dtype.ts";
import { concatBytes, sameBytes } from "../../core/bytes.ts";
import { fail } from "../../core/error.ts";
import { bytesSource } from "../../core/source.ts";
import { EDITIONS } from "../../formats/languages.ts";
import { isCompiled } from "../../formats/training.ts";
import { MANIFEST, MODEL_JSON, SHARD_BYTES, TOPOLOGY } from "../../formats/tfjs-layers.ts";
import type { Graph, ValueId } from "../../ops/types.ts";
import type { ExportedGraph, GraphOptions, TracedModel, WrittenFiles } from "../types.ts";
import { inLoadOrder, inTrainingOrder } from "./load-order.ts";
import { HALF_STEP, shards, type SizedFile, STORED_AS, type StoredEntry, storedEntry } from "./manifest.ts";
import { writeModel } from "./rules.ts";
import { optimizerEntries, tfjsTraining } from "./training.ts";
import { lengths, type Options, type Plain, TfjsWriter, type TfjsValue, type WrittenLayer } from "./writer.ts";

type Place = TfjsValue["place"];

/** Whether each layer reads the one before it, and the last one is the output. */
function inARow(layers: readonly WrittenLayer[], outputs: readonly Place[]): boolean {
  const reads = layers.slice(1).every(({ calls }, i) => {
    const [[from, ...others] = [], ...more] = calls;
    return more.length === 0 && others.length === 0 && from?.join() === [layers[i]!.name, 0, 0].join();
  });
  return reads && outputs.length === 1 && outputs[0]!.join() === [layers.at(-1)!.name, 0, 0].join();
}

function topology(name: string, layers: readonly WrittenLayer[], model: TracedModel, outputs: readonly Place[]): Plain {
  const isRow = model.layers!.root.def!.class === "Sequential" && inARow(layers, outputs);
  const one = ({ className, config }: WrittenLayer) => ({ class_name: className, config: config as Plain });
  const places = (list: readonly Place[]): Plain => list.map((place) => [...place, {}]);
  const inputs = layers.filter(({ className }) => className === "InputLayer");
  const config: Options = isRow
    ? { name, layers: layers.map(one) }
    : {
        name,
        layers: layers.map((layer) => ({ ...one(layer), name: layer.name, inbound_nodes: layer.calls.map(places) })),
        input_layers: inputs.map((layer) => [layer.name, 0, 0]),
        output_layers: outputs,
      };
  return {
    keras_version: EDITIONS["tf-keras"].version,
    backend: "tensorflow",
    model_config: { class_name: isRow ? "Sequential" : "Model", config },
  };
}

/** For each value the first that is made by the same operations of the same values: Keras 3 computes masks more than once. */
function alike({ nodes }: Graph): (id: ValueId) => ValueId {
  const first = new Map<ValueId, ValueId>();
  const keys = new Map<string, readonly ValueId[]>();
  const same = (id: ValueId): ValueId => first.get(id) ?? id;
  for (const { op, in: inputs, out, attrs, body } of nodes) {
    if (body !== undefined) continue;
    const made = Object.values(out).filter((id): id is ValueId => typeof id === "number");
    const taken = Object.values(inputs).map((id) => (typeof id === "number" ? same(id) : id));
    const key = JSON.stringify([op, attrs, taken], (_, value: unknown) =>
      ArrayBuffer.isView(value) ? [...(value as Uint8Array)] : value,
    );
    const known = keys.get(key);
    if (known === undefined) keys.set(key, made);
    else made.forEach((id, i) => first.set(id, known[i]!));
  }
  return same;
}

/** Beyond it float32 has not all whole numbers. */
const MOST_WHOLE = 2 ** 24;

const ARITHMETIC = new Set("add subtract multiply square power floorDivide mod sum prod cumsum matmul".split(" "));

/** Whether integers of 32 bits and more are computed with, not only looked up by. */
const countsWhole = ({ nodes, values }: Graph): boolean =>
  nodes.some(
    ({ op, out }) =>
      ARITHMETIC.has(op) &&
      Object.values(out).some((id) => typeof id === "number" && /^u?int(32|64)$/.test(values.get(id)!.dtype)),
  );

/** All layers, with the model's outputs. */
function written(w: TfjsWriter, model: TracedModel): readonly TfjsValue[] {
  const { calls, specs } = model.layers!;
  w.same = alike(model.graph);
  const inputs = model.graph.inputs.map((id, i) => {
    const { shape, dtype } = model.graph.values.get(id)!;
    const own = isFloat(dtype) ? "float32" : "int32";
    if (dtype === "string" || dtype.startsWith("complex"))
      fail("unsupported/translation", { path: specs[i]!.name, message: "TensorFlow.js takes numbers", found: dtype });
    if (own !== dtype) w.changed.add(`${specs[i]!.name} is taken as ${own}, not ${dtype}`);
    return w.input(specs[i]!.name, lengths(shape!), own);
  });
  const { graph } = model;
  const seen = new Set(inputs.map(({ place }) => place.join()));
  const outputs = writeModel(w, { calls, inputs: graph.inputs, outputs: graph.outputs }, inputs, graph).map(
    (value, i) => {
      const { dtype } = graph.values.get(graph.outputs[i]!)!;
      const own = value.whole === true ? "int32" : "float32";
      if (dtype !== own) w.changed.add(`${model.outputs[i]!} is ${own}, not ${dtype}`);
      const isTaken = seen.has(value.place.join());
      seen.add(value.place.join());
      return isTaken ? w.again(model.outputs[i]!, value) : value;
    },
  );
  // Its outputs go by the names of their layers.
  outputs.forEach(({ place: [own] }, i) => {
    if (own !== model.outputs[i]) w.changed.add(`output ${model.outputs[i]!} is called ${own}`);
  });
  if (countsWhole(graph))
    w.changed.add(`whole numbers are exact up to ${MOST_WHOLE}: TensorFlow.js's layers compute them in float32`);
  const [reader] = w.hasMasks ? w.unmaskedReaders : [];
  if (reader !== undefined) w.refuse(reader, "TensorFlow.js would hand it the mask of other values", "mask");
  return outputs;
}

/** With masks as TensorFlow.js carries them, or where it does that otherwise, as values. */
function inOneWay(model: TracedModel): { readonly w: TfjsWriter; readonly results: readonly TfjsValue[] } {
  const w = new TfjsWriter(true);
  try {
    return { w, results: written(w, model) };
  } catch (error) {
    if (!w.hasMasks) throw error;
    const other = new TfjsWriter(false);
    return { w: other, results: written(other, model) };
  }
}

/** Throws `unsupported/translation` with the layer that TensorFlow.js has no form for. */
export async function exportTfjs(model: TracedModel, options: GraphOptions, target: string): Promise<ExportedGraph> {
  const { quantize, shardSize = SHARD_BYTES } = options;
  const form = STORED_AS.find((one) => one === quantize);
  if (quantize !== undefined && form === undefined)
    fail("mismatch/option", { path: "quantize", expected: STORED_AS.join(", "), found: String(quantize) });
  if (!Number.isSafeInteger(shardSize) || shardSize < 1)
    fail("mismatch/option", { path: "shardSize", expected: "a number of bytes", found: String(shardSize) });
  const { w, results } = inOneWay(model);
  const { layers, outputs } = inLoadOrder(w.layers, results);
  for (const { name, isPart } of w.layers)
    if (isPart !== true && !layers.some((layer) => layer.name === name))
      w.changed.add(`${name} left out: no output needs it`);
  const training = tfjsTraining(model.layers!.training);
  const state = model.layers!.optimizer;
  const trained = inTrainingOrder(layers, outputs).filter(({ config }) => config["trainable"] !== false);
  const kept =
    training === null || state === null || state === "unknown"
      ? null
      : optimizerEntries(
          training,
          state,
          trained.flatMap(({ weights }) => weights),
        );
  const name = w.unique(model.name);
  const weights = layers.flatMap((layer) => layer.weights);
  const isFile = /\.json$/i.test(target);
  /** All files, with weights in a form. */
  const layout = async (as: typeof form): Promise<Layout> => {
    const entries: StoredEntry[] = [];
    for (const weight of weights) entries.push(await storedEntry(weight, as));
    entries.push(...(kept ?? []));
    const parts = shards(entries, shardSize, isFile ? `${target.replace(/\.json$/i, "")}.` : "", isFile);
    const json: Options = {
      format: "layers-model",
      generatedBy: `keras v${EDITIONS["tf-keras"].version}`,
      convertedBy: "keraport",
      [TOPOLOGY]: topology(name, layers, model, outputs),
      ...(training !== null && { trainingConfig: training.json }),
      [MANIFEST]:
        entries.length === 0
          ? []
          : [{ paths: parts.map(({ path }) => path), weights: entries.map(({ entry }) => entry as unknown as Plain) }],
    };
    const text = new TextEncoder().encode(JSON.stringify(json));
    const main: SizedFile = {
      path: isFile ? "" : MODEL_JSON,
      size: text.length,
      async *chunks() {
        yield text;
      },
    };
    return { files: [main, ...parts], entries };
  };
  const written = await layout(form);
  return {
    files: written.files,
    kept: [
      `${layers.length} layers`,
      `${weights.length} weights`,
      ...(training === null ? [] : ["how it was compiled"]),
      ...(kept === null ? [] : [`optimizer state (${kept.length} arrays)`]),
    ],
    changed: [...w.changed, ...(form === undefined ? [] : [`weights of two axes and more to ${form}`])],
    dropped: [
      "initializers, regularizers and constraints",
      ...(training === null && isCompiled(model.layers!.training) ? ["how it was compiled: not in TensorFlow.js"] : []),
      ...(kept === null && state !== null ? ["optimizer state"] : []),
    ],
    opens: "TensorFlow.js: tf.loadLayersModel",
    isOfPositives: w.isOfPositives,
    check: async (found) => check(found, written, target),
    ...(form !== undefined && { whole: async () => inMemory(await layout(undefined), target) }),
  };
}

/** All files of a model, and what its manifest tells. */
interface Layout {
  readonly files: readonly SizedFile[];
  readonly entries: readonly StoredEntry[];
}

/** Made when they are read. */
const inMemory = ({ files }: Layout, target: string): WrittenFiles =>
  new Map(
    files.map(({ path, size, chunks }) => {
      const name = path === "" ? target : path;
      let bytes: Promise<Uint8Array> | undefined;
      const collect = async (): Promise<Uint8Array> => {
        const parts: Uint8Array[] = [];
        for await (const chunk of chunks()) parts.push(chunk);
        return concatBytes(parts);
      };
      const read = async (offset: number, length: number): Promise<Uint8Array> =>
        bytesSource(await (bytes ??= collect()), name).read(offset, length);
      return [name, { name, size, read }];
    }),
  );

/** Whether the files hold what was meant for them. */
async function check(found: WrittenFiles, { files, entries }: Layout, target: string): Promise<readonly string[]> {
  const differ = (path: string): never =>
    fail("mismatch/verification", { path, message: "what was written is not the model" });
  for (const { path, size, chunks } of files) {
    const name = path === "" ? target : path;
    const source = found.get(name) ?? differ(name);
    if (size !== source.size) differ(name);
    let at = 0;
    for await (const chunk of chunks()) {
      if (!sameBytes(await source.read(at, chunk.length), chunk)) differ(name);
      at += chunk.length;
    }
  }
  const rounded = entries.filter(({ steps }) => steps !== undefined);
  for (const { entry, steps } of rounded) {
    const off = await steps!();
    if (!(off <= HALF_STEP))
      fail("mismatch/verification", {
        path: entry.name,
        message: "a weight was not rounded to the nearest step",
        expected: "half a step",
        found: `${off}`,
      });
  }
  return [
    `${entries.length} weights, byte by byte`,
    ...(rounded.length === 0 ? [] : [`${rounded.length} of them within half a step of the model's`]),
  ];
}
