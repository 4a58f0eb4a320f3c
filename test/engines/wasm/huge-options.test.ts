/**
 * Every whole number in the config of every kind of layer of the fixtures, made absurdly large, with the file's weights and
 * without: an answer or a typed refusal, soon, on both backends.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openZip } from "../../../src/codecs/zip.ts";
import { DEFAULT_LIMITS } from "../../../src/core/limits.ts";
import { bytesSource } from "../../../src/core/source.ts";
import { FormatError, load, type Model, type TensorLike as Tensor } from "../../../src/node.ts";
import { FIXTURES } from "../../support/fixtures.ts";

const VALUES = [1e9, 2 ** 53];
/** What a run may hold: what is within the limit takes its time. */
const LIMITS = { runBytes: 2 ** 26 };
/** Milliseconds; most of it is room for a busy machine. */
const SOON = 5000;
/** Sizes of inputs are the caller's; the rest is no option. */
const LEFT_OUT = new Set(["batch_shape", "batch_input_shape", "shape", "build_config", "registered_name"]);

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
const isRecord = (node: Json): node is { [key: string]: Json } =>
  typeof node === "object" && node !== null && !Array.isArray(node);

/** The whole numbers of a config by name, each as what sets it: all of a list at once. */
function* options(node: Json, path = ""): Generator<{ name: string; set(value: number): () => void }> {
  if (!isRecord(node)) return;
  for (const [key, value] of Object.entries(node)) {
    if (LEFT_OUT.has(key)) continue;
    const change = (to: Json): (() => void) => {
      node[key] = to;
      return () => void (node[key] = value);
    };
    const name = `${path}.${key}`;
    if (Number.isInteger(value)) yield { name, set: change };
    else if (Array.isArray(value) && value.length > 0 && value.every((n) => Number.isInteger(n)))
      yield { name, set: (to) => change(value.map(() => to)) };
    else yield* options(value, name);
  }
}

async function membersOf(file: string): Promise<Map<string, Uint8Array>> {
  const zip = await openZip(bytesSource(new Uint8Array(readFileSync(file))), DEFAULT_LIMITS);
  const members = new Map<string, Uint8Array>();
  for (const [name, member] of zip) {
    const source = await member.open();
    members.set(name, await source.read(0, source.size));
  }
  return members;
}

function zeros(shape: readonly (number | null)[], dtype: Tensor["dtype"]): Tensor {
  const lengths = shape.map((length, axis) => length ?? (axis === 0 ? 1 : 4));
  const size = lengths.reduce((product, n) => product * n, 1);
  if (dtype === "string") return { dtype, shape: lengths, data: Array.from({ length: size }, () => "a") };
  const arrays = {
    int32: Int32Array,
    int64: BigInt64Array,
    bool: Uint8Array,
    uint8: Uint8Array,
    float32: Float32Array,
  };
  return { dtype, shape: lengths, data: new arrays[dtype as keyof typeof arrays](size) } as Tensor;
}

const seen = new Set<string>();
const folder = join(FIXTURES, "layers");
const kinds = readdirSync(folder).filter((name) => !name.includes("."));

describe.each(kinds)("%s", (kind) => {
  it("huge options", async () => {
    const slow: string[] = [];
    for (const name of readdirSync(join(folder, kind))) {
      const files = readdirSync(join(folder, kind, name));
      if (!files.includes("model.keras")) continue;
      const members = await membersOf(join(folder, kind, name, "model.keras"));
      const text = new TextDecoder().decode(members.get("config.json"));
      // Infinity and NaN are Python's.
      if (/: (-?Infinity|NaN)|, (-?Infinity|NaN)/.test(text)) continue;
      const tree = JSON.parse(text) as { config: { layers?: { class_name: string; config: Json }[] } };
      for (const layer of tree.config.layers ?? []) {
        for (const { name: option, set } of options(layer.config)) {
          const key = `${layer.class_name}${option}`;
          if (seen.has(key)) continue;
          seen.add(key);
          for (const value of VALUES) {
            const restore = set(value);
            const config = new TextEncoder().encode(JSON.stringify(tree));
            restore();
            for (const weights of [true, false]) {
              const all = new Map([...members, ["config.json", config] as const]);
              if (!weights) all.delete("model.weights.h5");
              const judge = (error: unknown): void => {
                expect(error, `${key} = ${value}`).toBeInstanceOf(FormatError);
                expect((error as FormatError).code, `${key} = ${value}`).not.toMatch(/^internal/);
              };
              const timed = async (what: string, run: () => Promise<unknown>): Promise<void> => {
                const start = performance.now();
                await run().catch(judge);
                const took = performance.now() - start;
                if (took > SOON) slow.push(`${key} = ${value}, ${what}: ${took}`);
              };
              let model: Model | undefined;
              await timed("load", async () => (model = await load(all, { limits: LIMITS })));
              if (model === undefined) continue;
              const x = model.inputs.map(({ shape, dtype }) => zeros(shape ?? [1], dtype));
              for (const backend of ["wasm", "reference"] as const)
                await timed(backend, () => model!.predict(x, { backend }));
              model.dispose();
            }
          }
        }
      }
    }
    expect(slow).toEqual([]);
  }, 120_000);
});
