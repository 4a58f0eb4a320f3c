import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openZip, planZip, type ZipEntry, type ZipMember } from "../../src/codecs/zip.ts";
import { FLAG, LOCAL, SIGNATURE, writeFields, zip64Extra } from "../../src/codecs/zip/records.ts";
import { ZipHeaders } from "../../src/codecs/zip/write.ts";
import { concatBytes } from "../../src/core/bytes.ts";
import { crc32 } from "../../src/core/crc32.ts";
import { FormatError } from "../../src/core/error.ts";
import { DEFAULT_LIMITS, type Limits } from "../../src/core/limits.ts";
import { bytesSource } from "../../src/core/source.ts";
import { forgeZip } from "./zip-forge.ts";

const FOLDER = new URL("../../fixtures/codecs/zip/", import.meta.url);
const SEEDS = readdirSync(FOLDER);
const seed = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, FOLDER)));

const text = (s: string): Uint8Array => new TextEncoder().encode(s);
const open = (bytes: Uint8Array, limits: Limits = DEFAULT_LIMITS) => openZip(bytesSource(bytes, "a.zip"), limits);

async function contentOf(member: ZipMember): Promise<Uint8Array> {
  const content = await member.open();
  return content.read(0, content.size);
}

async function contents(bytes: Uint8Array, limits?: Limits): Promise<[string, string][]> {
  const out: [string, string][] = [];
  for (const [name, member] of await open(bytes, limits)) {
    out.push([name, new TextDecoder().decode(await contentOf(member))]);
  }
  return out;
}

/** The error's code and path, or "accepted"; anything but a FormatError is thrown on. */
async function verdict(bytes: Uint8Array, limits?: Limits): Promise<string> {
  try {
    await contents(bytes, limits);
    return "accepted";
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return [error.code, error.path].filter(Boolean).join(" ");
  }
}

async function write(entries: readonly ZipEntry[]): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of planZip(entries).chunks()) parts.push(chunk);
  return concatBytes(parts);
}

const entry = (name: string, content: Uint8Array, more: Partial<ZipEntry> = {}): ZipEntry => ({
  name,
  size: content.length,
  async *chunks() {
    yield content;
  },
  ...more,
});

async function rewrite(bytes: Uint8Array): Promise<Uint8Array> {
  const entries: ZipEntry[] = [];
  for (const member of (await open(bytes)).values()) {
    entries.push(entry(member.name, await contentOf(member), { raw: member.raw }));
  }
  return write(entries);
}

describe("archives of Python", () => {
  it("have the members that were put in", async () => {
    expect(await contents(seed("keras.zip"))).toEqual([
      ["metadata.json", '{"keras_version": "3.15.1"}'],
      ["config.json", '{"module": "keras"}'],
      ["model.weights.h5", "\ufffdHDF\r\n\u001a\n"],
    ]);
    expect(await contents(seed("oddities.zip"))).toEqual([
      ["assets/", ""],
      ["assets/wörter/日本.txt", "é\n".repeat(100)],
      ["empty.txt", ""],
    ]);
    expect(await contents(seed("streamed.zip"))).toEqual([
      ["stored.txt", "stored with a data descriptor"],
      ["deflated.txt", "deflated ".repeat(50)],
      ["wide.txt", "with a wide data descriptor"],
    ]);
    expect(await contents(seed("zip64.zip"))).toEqual([
      ["first.txt", "longer than sixteen bytes"],
      ["second.txt", "short"],
    ]);
    expect(await contents(seed("none.zip"))).toEqual([]);
  });

  it("tell folders, methods and sizes", async () => {
    const members = await open(seed("oddities.zip"));
    expect([...members.values()].map((m) => [m.directory, m.method, m.size])).toEqual([
      [true, 8, 0],
      [false, 8, 300],
      [false, 8, 0],
    ]);
  });

  it("as Keras writes them are written back byte for byte", async () => {
    const bytes = seed("keras.zip");
    expect(await rewrite(bytes)).toEqual(bytes);
  });

  it("keep extra fields, comments, dates and attributes when written back", async () => {
    const facts = (members: ReadonlyMap<string, ZipMember>) =>
      [...members.values()].map(({ name, raw }) => ({ name, ...raw, flags: raw.flags & FLAG.utf8, wide: false }));
    for (const name of SEEDS) {
      const before = await open(seed(name));
      expect(facts(await open(await rewrite(seed(name))))).toEqual(facts(before));
    }
  });

  it("are made from scratch byte for byte", async () => {
    const made = await write([
      entry("metadata.json", text('{"keras_version": "3.15.1"}')),
      entry("config.json", text('{"module": "keras"}')),
      entry("model.weights.h5", Uint8Array.of(0x89, ...text("HDF\r\n\u001a\n")), { date: [2026, 1, 2, 3, 4, 6] }),
    ]);
    expect(made).toEqual(seed("keras.zip"));
  });

  it("cut anywhere are refused", async () => {
    for (const name of SEEDS) {
      const bytes = seed(name);
      for (let end = 0; end < bytes.length; end++) expect(await verdict(bytes.slice(0, end))).toMatch(/^malformed/);
    }
  });

  it("with any bit changed are refused, or differ only where no content is", async () => {
    for (const name of SEEDS) {
      const bytes = seed(name);
      const before = (await contents(bytes)).map(([, content]) => content);
      for (let at = 0; at < bytes.length; at++) {
        const damaged = bytes.with(at, bytes[at]! ^ (1 << (at % 8)));
        if ((await verdict(damaged)) === "accepted") {
          expect((await contents(damaged)).map(([, content]) => content)).toEqual(before);
        }
      }
    }
  });
});

describe("names", () => {
  it.each([
    ["config.json\0.txt", "malformed/zip-name config.json\0.txt"],
    ["../config.json", "malformed/zip-name ../config.json"],
    ["a/../../b", "malformed/zip-name a/../../b"],
    ["a/..", "malformed/zip-name a/.."],
    ["/etc/passwd", "malformed/zip-name /etc/passwd"],
    ["C:/x", "malformed/zip-name C:/x"],
    ["a\\b", "malformed/zip-name a\\b"],
    ["a//b", "malformed/zip-name a//b"],
    ["./a", "malformed/zip-name ./a"],
    ["", "malformed/zip-name"],
    ["x".repeat(4097), "limit/name-bytes"],
    [Uint8Array.of(0xe9), "unsupported/zip-name"],
    ["a..b/...c", "accepted"],
    ["__proto__", "accepted"],
  ])("%j: %s", async (name, code) => expect(await verdict(forgeZip([{ name, data: "x" }]))).toBe(code));

  it("that come twice are refused", async () => {
    const twice = forgeZip([
      { name: "config.json", data: "1" },
      { name: "config.json", data: "2" },
    ]);
    expect(await verdict(twice)).toBe("malformed/zip-duplicate config.json");
  });

  it("without the UTF-8 flag are UTF-8 all the same", async () => {
    const bytes = forgeZip([{ name: "é", data: "x", local: { flags: 0 }, central: { flags: 0 } }]);
    expect(await contents(bytes)).toEqual([["é", "x"]]);
  });
});

describe("headers that lie", () => {
  const both = (fields: object) => ({ local: fields, central: fields });
  const zeros = new Uint8Array(1 << 20);
  /** What deflate makes no shorter. */
  let seed = 1;
  const noise = new Uint8Array(100_000).map(() => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) >>> 24);
  it.each([
    ["encrypted", { ...both({ flags: 1 }) }, "unsupported/zip-encryption a"],
    ["strongly encrypted", { ...both({ flags: 65 }) }, "unsupported/zip-encryption a"],
    ["packed by LZMA", { ...both({ method: 14 }) }, "unsupported/zip-method a"],
    ["a link", { central: { externalAttributes: 0o120777 * 65536 } }, "unsupported/zip-link a"],
    ["another name inside", { localName: "b" }, "malformed/zip a"],
    ["another method inside", { local: { method: 8 } }, "malformed/zip a"],
    ["another size inside", { local: { size: 4 } }, "malformed/zip a"],
    ["another checksum inside", { local: { crc32: 4 } }, "malformed/zip a"],
    ["a stored size that differs", { ...both({ size: 4 }) }, "malformed/zip-size a"],
    ["a wrong checksum", { ...both({ crc32: 4 }) }, "malformed/zip-crc a"],
    ["a folder with content", { name: "a/" }, "malformed/zip a/"],
    ["no header at its offset", { central: { offset: 1 } }, "malformed/zip"],
    ["an offset beyond the file", { central: { offset: 4_000_000 } }, "malformed/zip"],
    ["a size beyond the file", { ...both({ size: 500, compressedSize: 500 }) }, "malformed/zip a"],
    ["a ZIP64 mark alone", { central: { size: 0xffffffff } }, "malformed/zip"],
    ["a ZIP64 mark alone inside", { local: { size: 0xffffffff } }, "malformed/zip"],
    ["another disk", { central: { disk: 1 } }, "unsupported/zip-disks"],
    ["a missing data descriptor", { ...both({ flags: 8 }) }, "malformed/zip a"],
    ["bytes after it", { after: text("hidden") }, "malformed/zip"],
    ["less deflated than said", { deflate: true, ...both({ size: 99 }) }, "malformed/zip-size a"],
    ["more deflated than said", { deflate: true, data: zeros, ...both({ size: 9 }) }, "malformed/zip-size a"],
    [
      "much less deflated than said",
      { deflate: true, data: noise, ...both({ size: 100_001 }) },
      "malformed/zip-size a",
    ],
    ["much more deflated than said", { deflate: true, data: noise, ...both({ size: 99_999 }) }, "malformed/zip-size a"],
    ["much broken deflate data", { data: noise, ...both({ method: 8 }) }, "malformed/zip-deflate a"],
    ["much deflated", { deflate: true, data: noise }, "accepted"],
    ["nothing, deflated to nothing", { data: "", ...both({ method: 8 }) }, "accepted"],
    ["broken deflate data", { ...both({ method: 8 }) }, "malformed/zip-deflate a"],
    ["needless ZIP64 fields", { localExtra: zip64Extra([7, 7]), centralExtra: zip64Extra([7, 7]) }, "accepted"],
    ["odd extra fields", { localExtra: new Uint8Array(3), centralExtra: Uint8Array.of(1, 0, 9, 0) }, "accepted"],
  ])("%s", async (_, member, code) => {
    expect(await verdict(forgeZip([{ name: "a", data: "content", ...member }]))).toMatch(
      code.includes(" ") || code === "accepted" ? new RegExp(`^${code}$`) : new RegExp(`^${code}`),
    );
  });

  it("put two names on the same bytes", async () => {
    const shared = forgeZip([
      { name: "a", data: "x" },
      { name: "a2", data: "y", central: { offset: 0 } },
    ]);
    expect(await verdict(shared)).toMatch(/^malformed\/zip/);
  });

  it("leave a member out of the directory", async () => {
    const stamp = { versionNeeded: 20, flags: 0, method: 0, time: 0, date: 33, crc32: 0 };
    const sizes = { compressedSize: 0, size: 0, nameLength: 1, extraLength: 0 };
    const hidden = writeFields(LOCAL, { signature: SIGNATURE.local, ...stamp, ...sizes });
    const bytes = concatBytes([hidden, text("h")]);
    expect(await verdict(forgeZip([{ name: "a" }], { before: bytes }))).toMatch(/^malformed\/zip/);
    expect(await verdict(forgeZip([{ name: "a" }], { beforeDirectory: bytes }))).toMatch(/^malformed\/zip/);
    expect(await verdict(forgeZip([{ name: "a", after: bytes }, { name: "b" }]))).toMatch(/^malformed\/zip b/);
  });
});

describe("the end of an archive", () => {
  const member = { name: "a", data: "x" };
  it.each([
    ["too many entries", { end: { entries: 2, diskEntries: 2 } }, "malformed/zip"],
    ["too few entries", { end: { entries: 0, diskEntries: 0 } }, "malformed/zip"],
    ["a directory too far", { end: { directoryOffset: 5000 } }, "malformed/zip"],
    ["a directory too long", { end: { directorySize: 5000 } }, "malformed"],
    ["several disks", { end: { disk: 1 } }, "unsupported/zip-disks"],
    ["a comment cut short", { end: { commentLength: 5 } }, "malformed/zip"],
    ["a comment", { comment: text("hello") }, "accepted"],
    ["a comment with an end record in it", { comment: text("PK\u0005\u0006".padEnd(22, "\0")) }, "malformed/zip"],
    ["zeros after it", { after: new Uint8Array(512) }, "accepted"],
    ["records after it", { after: text("PK\u0003\u0004") }, "malformed/zip"],
    ["a stub before it", { before: text("#!/bin/sh\n") }, "accepted"],
    ["a stub that offsets do not count", { before: text("#!/bin/sh\n"), relative: true }, "accepted"],
    ["another archive before it", { before: seed("keras.zip"), relative: true }, "malformed/zip"],
  ])("%s", async (_, archive, code) =>
    expect(await verdict(forgeZip([member], archive))).toMatch(new RegExp(`^${code}`)),
  );

  it("is missing in what is no zip", async () => {
    expect(await verdict(new Uint8Array(0))).toBe("malformed/zip");
    expect(await verdict(new Uint8Array(100_000))).toBe("malformed/zip");
  });
});

describe("limits", () => {
  const limits = (change: Partial<Limits>): Limits => ({ ...DEFAULT_LIMITS, ...change });
  const two = forgeZip([
    { name: "a", data: "x" },
    { name: "b", data: "y" },
  ]);

  it("hold for entries and file size", async () => {
    expect(await verdict(two, limits({ entries: 1 }))).toBe("limit/entries");
    expect(await verdict(two, limits({ fileBytes: 50 }))).toBe("limit/file-bytes");
  });

  it("hold for what inflates out of proportion, alone or together", async () => {
    const zeros = new Uint8Array(1 << 20);
    const bomb = (name: string) => ({ name, data: zeros, deflate: true });
    expect(await verdict(forgeZip([bomb("a")]), limits({ ratioFloor: 1 << 19 }))).toBe("limit/expansion-ratio a");
    expect(await verdict(forgeZip([bomb("a"), bomb("b")]), limits({ ratioFloor: 3 << 19 }))).toBe(
      "limit/expansion-ratio",
    );
    expect(await verdict(forgeZip([bomb("a"), bomb("b")]))).toBe("accepted");
  });

  it("stop data that inflate to more than the directory says, at once", async () => {
    const fields = { size: 1000 };
    const data = new Uint8Array(1 << 26);
    const source = bytesSource(forgeZip([{ name: "a", data, deflate: true, local: fields, central: fields }]), "a.zip");
    let reads = 0;
    const counting = {
      ...source,
      read: (offset: number, length: number) => {
        reads++;
        return source.read(offset, length);
      },
    };
    const member = (await openZip(counting, DEFAULT_LIMITS)).get("a")!;
    reads = 0;
    await expect(member.open()).rejects.toThrow("malformed/zip-size");
    expect(reads).toBe(1);
  });
});

describe("writing", () => {
  it("and reading gives the same members", async () => {
    const name = fc.stringMatching(/^[a-z_é日]{1,8}(\/[a-z]{1,4}){0,2}$/);
    const entries = fc.uniqueArray(fc.tuple(name, fc.uint8Array()), { selector: ([n]) => n });
    await fc.assert(
      fc.asyncProperty(entries, async (pairs) => {
        const bytes = await write(pairs.map(([n, content]) => entry(n, content)));
        const members = await open(bytes);
        expect([...members.keys()]).toEqual(pairs.map(([n]) => n));
        for (const [n, content] of pairs) expect(await contentOf(members.get(n)!)).toEqual(content);
      }),
      { numRuns: 50 },
    );
  });

  it("refuses a name twice, a size that differs and a date before 1980", async () => {
    expect(() => planZip([entry("a", text("")), entry("a", text(""))])).toThrow("mismatch/zip-duplicate");
    await expect(write([{ ...entry("a", text("x")), size: 2 }])).rejects.toThrow("mismatch/size");
    await expect(write([entry("a", text("x"), { date: [1979, 1, 1, 0, 0, 0] })])).rejects.toThrow("mismatch/zip-date");
  });

  it("goes over to ZIP64 for what is large, and reading follows", async () => {
    // Gigabytes of zeros that are never in memory: a source made of headers and a gap.
    const size = 5 * 2 ** 30;
    const chunk = new Uint8Array(1 << 20);
    const headers = new ZipHeaders();
    const first = headers.local({ name: "large", size }, 1);
    const second = headers.local({ name: "after", size: 1 }, crc32(text("x")));
    const tail = concatBytes([second, text("x"), headers.end()]);
    const source = {
      name: "large.zip",
      size: first.length + size + tail.length,
      async read(offset: number, length: number): Promise<Uint8Array> {
        const bytes = length > chunk.length ? new Uint8Array(length) : chunk.slice(0, length);
        for (const [part, at] of [
          [first, 0],
          [tail, first.length + size],
        ] as const) {
          const from = Math.max(offset, at);
          const to = Math.min(offset + length, at + part.length);
          if (from < to) bytes.set(part.subarray(from - at, to - at), from - offset);
        }
        return bytes;
      },
    };
    const members = await openZip(source, { ...DEFAULT_LIMITS, fileBytes: 2 ** 40 });
    expect([...members.values()].map((m) => [m.name, m.size, m.raw.wide])).toEqual([
      ["large", size, true],
      ["after", 1, false],
    ]);
    expect(new TextDecoder().decode(await contentOf(members.get("after")!))).toBe("x");
  });

  it("counts more than 65535 members in ZIP64", async () => {
    const headers = new ZipHeaders();
    const locals = Array.from({ length: 65_537 }, (_, i) => headers.local({ name: `${i}`, size: 0 }, 0));
    const members = await open(concatBytes([...locals, headers.end()]));
    expect(members.size).toBe(65_537);
  }, 60_000);
});
