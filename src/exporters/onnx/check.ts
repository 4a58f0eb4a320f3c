/** Whether an ONNX file that was written holds what it was meant to: read back, field by field, weights byte by byte. */
import { type FieldPlace, fieldPlaces } from "../../codecs/protobuf/fields.ts";
import { sameBytes } from "../../core/bytes.ts";
import { fail } from "../../core/error.ts";
import type { Source } from "../../core/source.ts";
import type { ExternalData, OnnxModel } from "./proto.ts";
import { bytesOf } from "./proto.ts";

const GRAPH = 7;
const [NODE, INITIALIZER, INPUT, OUTPUT] = [1, 5, 11, 12];
const [NODE_NAME, OP, DIMS, ELEMENTS, NAME, RAW] = [3, 4, 1, 2, 8, 9];

function differ(path: string, expected: string, found: string): never {
  return fail("mismatch/verification", { source: "onnx", path, message: "what was written differs", expected, found });
}

const textAt = async (source: Source, { at, size }: FieldPlace): Promise<string> =>
  new TextDecoder().decode(await source.read(at, size));

/** The fields of a message by number; of repeated ones, all. */
async function messageAt(
  source: Source,
  { at, size }: FieldPlace,
): Promise<ReadonlyMap<number, readonly FieldPlace[]>> {
  const found = new Map<number, FieldPlace[]>();
  for await (const field of fieldPlaces(source, at, size))
    found.set(field.number, [...(found.get(field.number) ?? []), field]);
  return found;
}

function same(path: string, expected: readonly string[], found: readonly string[]): void {
  const at = expected.findIndex((text, i) => text !== found[i]);
  if (at >= 0) differ(path, expected[at]!, found[at] ?? "nothing");
  if (found.length !== expected.length) differ(path, `${expected.length}`, `${found.length}`);
}

/** The file of weights, with what was meant for it. */
interface External extends ExternalData {
  readonly source: Source;
}

/** What was found equal, one line each. Throws `mismatch/verification`, `malformed/protobuf`. */
export async function checkOnnx(
  source: Source,
  model: OnnxModel,
  external: External | null = null,
): Promise<readonly string[]> {
  let graph: FieldPlace | undefined;
  for await (const field of fieldPlaces(source)) if (field.number === GRAPH) graph = field;
  if (graph === undefined) return differ("graph", "a graph", "none");
  const nodes: string[] = [];
  const ends: Record<number, string[]> = { [INPUT]: [], [OUTPUT]: [] };
  let weights = 0;
  for await (const field of fieldPlaces(source, graph.at, graph.size)) {
    if (field.number === NODE) {
      const message = await messageAt(source, field);
      nodes.push(`${await textAt(source, message.get(OP)![0]!)} ${await textAt(source, message.get(NODE_NAME)![0]!)}`);
    } else if (field.number === INITIALIZER) {
      await checkInitializer(source, field, model.initializers[weights++], external);
    } else if (field.number in ends) {
      ends[field.number]!.push(await textAt(source, (await messageAt(source, field)).get(1)![0]!));
    }
  }
  same(
    "nodes",
    model.nodes.map(({ op, name }) => `${op} ${name}`),
    nodes,
  );
  for (const [number, wanted] of [
    [INPUT, model.inputs],
    [OUTPUT, model.outputs],
  ] as const)
    same(
      "inputs and outputs",
      wanted.map(({ name }) => name),
      ends[number]!,
    );
  if (weights !== model.initializers.length) differ("weights", `${model.initializers.length}`, `${weights}`);
  return [`${nodes.length} nodes`, `${weights} weights and constants, byte by byte`];
}

async function checkInitializer(
  source: Source,
  field: FieldPlace,
  wanted: OnnxModel["initializers"][number] | undefined,
  external: External | null,
) {
  const message = await messageAt(source, field);
  const name = await textAt(source, message.get(NAME)![0]!);
  if (wanted === undefined || name !== wanted.name) return differ("weights", wanted?.name ?? "no more", name);
  const dims = (message.get(DIMS) ?? []).map(({ value }) => String(value));
  same(name, wanted.shape.map(String), dims);
  const offset = external?.offsets.get(wanted);
  const raw = message.get(RAW)?.[0];
  const expected = bytesOf(await wanted.read());
  const found =
    offset === undefined
      ? await source.read(raw?.at ?? 0, raw?.size ?? 0)
      : await external!.source.read(offset, expected.length);
  if (!sameBytes(expected, found) || !message.has(ELEMENTS)) differ(name, "the model's values", "others");
}
