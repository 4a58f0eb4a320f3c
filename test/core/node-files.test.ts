import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FormatError } from "../../src/core/error.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { openFile } from "../../src/core/node-files.ts";
import type { Source } from "../../src/core/source.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keraport-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const code = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "was accepted",
    (error: unknown) => (error instanceof FormatError ? error.code : String(error)),
  );

describe("a file", () => {
  it("is read at any place", async () => {
    writeFileSync(join(folder, "a"), "0123456789");
    const source = (await openFile(join(folder, "a"))) as Source;
    expect(source.size).toBe(10);
    expect(new TextDecoder().decode(await source.read(3, 4))).toBe("3456");
    expect(await code(source.read(8, 3))).toBe("malformed/truncated");
    await source.close?.();
  });

  it("that is small is read at once and not kept open", async () => {
    writeFileSync(join(folder, "a"), "0123456789");
    const source = (await openFile(join(folder, "a"))) as Source;
    rmSync(join(folder, "a"));
    expect(new TextDecoder().decode(await source.read(0, 10))).toBe("0123456789");
  });

  it("that is large is read in pieces, and refused when it shrinks meanwhile", async () => {
    const path = join(folder, "large");
    writeFileSync(path, "0123456789");
    truncateSync(path, 17 * 1024 * 1024);
    const source = (await openFile(path)) as Source;
    expect(new TextDecoder().decode(await source.read(8, 2))).toBe("89");
    truncateSync(path, 5);
    expect(await code(source.read(0, 10))).toBe("malformed/truncated");
    await source.close?.();
    await source.close?.();
  });

  it("must exist", async () => {
    expect(await code(openFile(join(folder, "none")))).toBe("malformed/missing-file");
    writeFileSync(join(folder, "a"), "");
    expect(await code(openFile(join(folder, "a", "b")))).toBe("malformed/missing-file");
  });

  it("must be regular: pipes, devices and broken links are refused at once", async () => {
    execFileSync("mkfifo", [join(folder, "pipe")]);
    symlinkSync(join(folder, "none"), join(folder, "link"));
    symlinkSync("loop", join(folder, "loop"));
    for (const path of [join(folder, "pipe"), "/dev/zero", join(folder, "link"), join(folder, "loop")]) {
      expect(await code(openFile(path))).toBe("unsupported/file-type");
    }
  });

  it("may be reached through a link", async () => {
    writeFileSync(join(folder, "a"), "x");
    symlinkSync(join(folder, "a"), join(folder, "b"));
    const source = (await openFile(join(folder, "b"))) as Source;
    expect(source.size).toBe(1);
    await source.close?.();
  });
});

describe("an index of sharded weights", () => {
  it("comes with the shards beside it, by its own name alone", async () => {
    for (const name of ["a.weights.json", "a_00000.weights.h5", "a_00001.weights.h5", "b_00000.weights.h5", "a_1.h5"]) {
      writeFileSync(join(folder, name), name);
    }
    const files = (await openFile(join(folder, "a.weights.json"))) as Map<string, Source>;
    expect([...files.keys()]).toEqual(["a.weights.json", "a_00000.weights.h5", "a_00001.weights.h5"]);
    symlinkSync("/dev/zero", join(folder, "a_00002.weights.h5"));
    expect(await code(openFile(join(folder, "a.weights.json")))).toBe("unsupported/file-type");
  });
});

describe("a folder", () => {
  const files = async (limits = DEFAULT_LIMITS): Promise<Map<string, Source>> =>
    (await openFile(folder, limits)) as Map<string, Source>;

  it("gives the known names below it, opened when read", async () => {
    mkdirSync(join(folder, "assets/layers"), { recursive: true });
    mkdirSync(join(folder, "other"));
    for (const name of ["config.json", "model.weights.h5", "notes.txt", "assets/layers/v.txt", "other/x.json"]) {
      writeFileSync(join(folder, name), name);
    }
    const found = await files();
    expect([...found.keys()]).toEqual(["config.json", "model.weights.h5", "assets/layers/v.txt"]);
    const asset = found.get("assets/layers/v.txt")!;
    expect(new TextDecoder().decode(await asset.read(0, asset.size))).toBe("assets/layers/v.txt");
    for (const file of found.values()) await file.close?.();
  });

  it("keeps in memory what was read last, and opens the rest again", async () => {
    const names = ["a.bin", "b.bin", "c.bin", "d.bin", "e.bin"];
    for (const name of names) {
      writeFileSync(join(folder, name), name);
      truncateSync(join(folder, name), 16 * 1024 * 1024);
    }
    const found = await files();
    const start = async (name: string): Promise<string> =>
      new TextDecoder().decode(await found.get(name)!.read(0, name.length));
    for (let time = 0; time < 2; time++) for (const name of names) expect(await start(name)).toBe(name);
    for (const file of found.values()) await file.close?.();
    for (const name of names) truncateSync(join(folder, name), 5);
    for (const name of names.slice(1)) expect(await start(name)).toBe(name);
    expect(await code(start("a.bin"))).toBe("malformed/unreadable-file");
  });

  it("may hold links to its own files, not to others", async () => {
    writeFileSync(join(folder, "a.json"), "{}");
    symlinkSync("a.json", join(folder, "config.json"));
    expect([...(await files()).keys()]).toEqual(["a.json", "config.json"]);
    symlinkSync("/etc/passwd", join(folder, "b.json"));
    expect(await code(files())).toBe("unsupported/file-type");
  });

  it("leaves out pipes and has a limit", async () => {
    execFileSync("mkfifo", [join(folder, "pipe.json")]);
    writeFileSync(join(folder, "a.json"), "{}");
    writeFileSync(join(folder, "b.json"), "{}");
    expect([...(await files()).keys()]).toEqual(["a.json", "b.json"]);
    expect(await code(files({ ...DEFAULT_LIMITS, entries: 1 }))).toBe("limit/entries");
  });
});
