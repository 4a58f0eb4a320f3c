/** Well-formed files that are refused, and damaged ones: always a FormatError, soon, and never a wrong tree without a word. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findSuperblock, openHdf5, type Hdf5Dataset, type Hdf5Group } from "../../../src/codecs/hdf5.ts";
import { FormatError } from "../../../src/core/error.ts";
import { DEFAULT_LIMITS, type Limits, withLimits } from "../../../src/core/limits.ts";
import { bytesSource } from "../../../src/core/source.ts";

const FOLDER = new URL("../../../fixtures/hdf5/", import.meta.url);
const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, FOLDER)));

/** Opens a file and reads every value in it. */
async function readAll(bytes: Uint8Array, limits: Limits = DEFAULT_LIMITS): Promise<void> {
  const pending: (Hdf5Group | Hdf5Dataset)[] = [await openHdf5(bytesSource(bytes), limits)];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.kind === "group") pending.push(...next.children.values());
    else if (next.type.class === "string" || next.type.class === "vlen-string") await next.readStrings();
    else if (next.type.class !== "other") await next.read();
  }
}

describe("well-formed but refused", () => {
  const cases = JSON.parse(readFileSync(new URL("refused/refused.json", FOLDER), "utf8")) as Record<
    string,
    { code: string; path: string }
  >;
  it.each(Object.entries(cases))("%s", async (name, { code, path }) => {
    await expect(readAll(fixture(`refused/${name}.h5`))).rejects.toMatchObject({ name: "FormatError", code, path });
  });

  it("names the filter", async () => {
    await expect(readAll(fixture("refused/lzf.h5"))).rejects.toThrow(/weights.*32000 lzf/);
  });

  it("does not read a foreign datatype", async () => {
    const compound = (await openHdf5(bytesSource(fixture("all_types.latest.h5")), DEFAULT_LIMITS)).children.get(
      "compound",
    );
    if (compound?.kind !== "dataset") throw new Error("no dataset");
    await expect(compound.read()).rejects.toMatchObject({
      code: "unsupported/datatype",
      path: "compound",
      found: "compound of 3 members, 15 bytes",
    });
    await expect(compound.readStrings()).rejects.toMatchObject({ code: "unsupported/datatype" });
  });
});

describe("limits", () => {
  it.each<[string, string, Partial<Limits>]>([
    ["limit/entries", "groups.earliest.h5", { entries: 50 }],
    ["limit/entries", "groups.latest.h5", { entries: 50 }],
    ["limit/entries", "chunked.earliest.h5", { entries: 100 }],
    ["limit/entries", "chunked.latest.h5", { entries: 100 }],
    ["limit/tensor-bytes", "chunked.latest.h5", { tensorBytes: 500 }],
    ["limit/total-tensor-bytes", "chunked.latest.h5", { totalTensorBytes: 2000 }],
    ["limit/rank", "all_types.earliest.h5", { rank: 1 }],
    ["limit/name-bytes", "strings.earliest.h5", { nameBytes: 5 }],
    ["limit/name-bytes", "dense.latest.h5", { nameBytes: 5 }],
    ["limit/file-bytes", "few.narrow.h5", { fileBytes: 1000 }],
    ["limit/expansion-ratio", "long_indexes.latest.h5", { ratioFloor: 1000, expansionRatio: 1 }],
    ["limit/strings", "strings.latest.h5", { tensorBytes: 3000 }],
  ])("%s in %s", async (code, name, limits) => {
    await expect(readAll(fixture(name), withLimits(limits))).rejects.toMatchObject({ code });
  });
});

/** FormatError or success; anything else fails the test. */
async function outcome(bytes: Uint8Array): Promise<"refused" | "read"> {
  try {
    await readAll(bytes);
    return "read";
  } catch (error) {
    if (error instanceof FormatError) return "refused";
    throw error;
  }
}

describe("damage", () => {
  it.each(["few.narrow.h5", "few.userblock.h5", "fills.latest.h5"])("every prefix of %s is refused", async (name) => {
    const bytes = fixture(name);
    for (let length = 0; length < bytes.length; length += length < 3000 ? 1 : 17) {
      expect(await outcome(bytes.subarray(0, length)), `${length} bytes`).toBe("refused");
    }
  });

  it.each([
    "few.narrow.h5",
    "strings.earliest.h5",
    "fills.latest.h5",
    "chunked.latest.h5",
    "tracked.latest.h5",
    "all_types.earliest.h5",
    "groups.earliest.h5",
  ])(
    "flipped bytes of %s are refused or read, in time",
    async (name) => {
      const bytes = fixture(name);
      let seed = 12345;
      const random = (below: number): number => {
        seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
        return Math.floor((seed / 2 ** 32) * below);
      };
      const start = performance.now();
      for (let i = 0; i < (name.startsWith("chunked") ? 80 : 320); i++) {
        const damaged = bytes.slice();
        for (let flips = 1 + random(3); flips > 0; flips--)
          damaged[random(i % 2 === 0 ? bytes.length : Math.min(3000, bytes.length))] = random(256);
        await outcome(damaged);
      }
      expect(performance.now() - start).toBeLessThan(30_000);
    },
    60_000,
  );

  it("a checksum tells a single flipped bit", async () => {
    const bytes = fixture("fills.latest.h5");
    bytes[60] = bytes[60]! ^ 1; // inside the first object header
    await expect(readAll(bytes)).rejects.toMatchObject({ code: "malformed/checksum" });
  });

  it("a group whose B-tree points to itself is a cycle", async () => {
    const bytes = fixture("refused/cycle.h5");
    const tree = Buffer.from(bytes).indexOf("TREE");
    const view = new DataView(bytes.buffer);
    bytes[tree + 5] = 1; // level: its children are nodes
    view.setBigUint64(tree + 32, BigInt(tree), true);
    await expect(readAll(bytes)).rejects.toThrow(/malformed\/(cycle|hdf5)/);
  });

  it("names out of order are damage: the library would not find them", async () => {
    const bytes = fixture("groups.earliest.h5");
    bytes[Buffer.from(bytes).indexOf("layer_33\0")] = "z".charCodeAt(0);
    await expect(readAll(bytes)).rejects.toThrow(/malformed\/hdf5.*many.*(out of order|not sorted)/);
  });

  it("other files are not HDF5", async () => {
    for (const text of ["", "PK\x03\x04", "version https://git-lfs.github.com/spec/v1"]) {
      const bytes = new TextEncoder().encode(text);
      expect(await findSuperblock(bytesSource(bytes))).toBe(null);
      await expect(readAll(bytes)).rejects.toMatchObject({ code: "malformed/hdf5" });
    }
  });
});
