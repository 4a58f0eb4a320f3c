import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/core/error.ts";
import { bytesSource, type Source } from "../../src/core/source.ts";
import { importArchive } from "../../src/importers/index.ts";
import { CONFIG, flat, hdf5, METADATA, model, tree, zip } from "./build.ts";
import { textSource } from "./files.ts";

const FILES: [string, () => Promise<Source>][] = [
  [".keras", () => zip({ "metadata.json": METADATA, "config.json": CONFIG, "model.weights.h5": tree() })],
  ["legacy .h5", () => hdf5(model())],
  ["weights by path", () => hdf5(tree())],
  ["weights by layer", () => hdf5(flat())],
  ["JSON", async () => textSource(CONFIG)],
];

/** Opens and reads everything: what goes wrong must be told as a `FormatError` about this file. */
async function outcome(bytes: Uint8Array): Promise<"accepted" | "refused"> {
  try {
    const archive = await importArchive(bytesSource(bytes, "file"));
    for (const weight of [...archive.weights, ...archive.optimizer]) await weight.read();
    return "accepted";
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    expect(error.file).toBe("file");
    return "refused";
  }
}

/** xorshift32: the same damage in every run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

describe.each(FILES)("%s", (_, make) => {
  it("is refused when it is cut anywhere", async () => {
    const source = await make();
    const bytes = await source.read(0, source.size);
    const step = Math.max(1, Math.floor(source.size / 150));
    for (let size = 0; size < source.size; size += step) expect(await outcome(bytes.slice(0, size))).toBe("refused");
    expect(await outcome(bytes)).toBe("accepted");
  });

  it("never fails otherwise when bytes are changed", async () => {
    const source = await make();
    const bytes = await source.read(0, source.size);
    const next = random(source.size);
    for (let round = 0; round < 400; round++) {
      const damaged = bytes.slice();
      for (let i = 0; i <= next(3); i++) damaged[next(damaged.length)] = [0, 255, 1, 128, next(256)][next(5)]!;
      await outcome(damaged);
    }
  });
});
