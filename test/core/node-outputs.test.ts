import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  mkdtempSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fail, FormatError } from "../../src/core/error.ts";
import { OUTPUT_EXISTS, type FileToWrite, writeOutputs } from "../../src/core/node-outputs.ts";

let folder: string;
let target: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keraport-"));
  target = join(folder, "out.keras");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const output = (text: string, path = ""): FileToWrite => ({
  path,
  async *chunks() {
    for (const part of text) yield new TextEncoder().encode(part);
  },
});
const broken: FileToWrite = {
  path: "",
  async *chunks() {
    yield new Uint8Array(4);
    fail("malformed/truncated", { file: "input" });
  },
};
const code = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "was accepted",
    (error: unknown) => (error instanceof FormatError ? error.code : String(error)),
  );
const text = (): string => readFileSync(target, "utf8");
const names = (): string[] => readdirSync(folder);

describe("a file", () => {
  it("is written whole, without anything left beside it", async () => {
    await writeOutputs(target, [output("new")]);
    expect(text()).toBe("new");
    expect(names()).toEqual(["out.keras"]);
  });

  it("is not replaced without force", async () => {
    writeFileSync(target, "old");
    expect(await code(writeOutputs(target, [output("new")]))).toBe(OUTPUT_EXISTS);
    expect(text()).toBe("old");
    chmodSync(target, 0o640);
    await writeOutputs(target, [output("new")], { force: true });
    expect(text()).toBe("new");
    expect(statSync(target).mode & 0o777).toBe(0o640);
    expect(names()).toEqual(["out.keras"]);
  });

  it("that appeared meanwhile is not replaced either", async () => {
    const verify = async (): Promise<void> => writeFileSync(target, "other");
    expect(await code(writeOutputs(target, [output("new")], { verify }))).toBe(OUTPUT_EXISTS);
    expect(text()).toBe("other");
    expect(names()).toEqual(["out.keras"]);
  });

  it("stays as it was when the input or the check fails", async () => {
    writeFileSync(target, "old");
    expect(await code(writeOutputs(target, [broken], { force: true }))).toBe("malformed/truncated");
    const verify = async ([path]: readonly string[]): Promise<void> => {
      expect(readFileSync(path!, "utf8")).toBe("new");
      fail("mismatch/verification");
    };
    expect(await code(writeOutputs(target, [output("new")], { force: true, verify }))).toBe("mismatch/verification");
    expect(text()).toBe("old");
    expect(names()).toEqual(["out.keras"]);
  });

  it("never takes the place of a device, a pipe, a link or a folder", async () => {
    execFileSync("mkfifo", [join(folder, "pipe")]);
    symlinkSync("elsewhere", join(folder, "link"));
    mkdirSync(join(folder, "sub"));
    for (const path of ["/dev/null", join(folder, "pipe"), join(folder, "link"), join(folder, "sub")]) {
      expect(await code(writeOutputs(path, [output("new")], { force: true }))).toBe("unsupported/file-type");
    }
  });

  it("needs a folder to be in, and a name that is not too long", async () => {
    expect(await code(writeOutputs(join(folder, "none/out"), [output("x")]))).toBe("malformed/missing-folder");
    expect(await code(writeOutputs(join(folder, "n".repeat(300)), [output("x")]))).toBe("unsupported/unwritable");
    await writeOutputs(join(folder, "n".repeat(255)), [output("x")]);
    expect(names()).toEqual(["n".repeat(255)]);
  });

  it("leaves nothing behind when the process is interrupted", async () => {
    writeFileSync(target, "old");
    const script = `
      const { writeOutputs } = await import(${JSON.stringify(join(import.meta.dirname, "../../src/core/node-outputs.ts"))});
      const endless = { path: "", async *chunks() { console.log("writing"); for (;;) { yield new Uint8Array(9); await new Promise((r) => setTimeout(r, 5)); } } };
      await writeOutputs(${JSON.stringify(target)}, [endless], { force: true });`;
    const vite = join(import.meta.dirname, "../../node_modules/vite/dist/node/index.js");
    const runner = `const { createServer } = await import(${JSON.stringify(vite)});
      const server = await createServer({ configFile: false, server: { middlewareMode: true, ws: false }, appType: "custom", optimizeDeps: { noDiscovery: true } });
      const run = await server.ssrLoadModule(${JSON.stringify(join(folder, "run.ts"))});`;
    mkdirSync(join(folder, "code"));
    writeFileSync(join(folder, "run.ts"), script);
    writeFileSync(join(folder, "code/runner.mjs"), runner);
    const child = spawn(process.execPath, [join(folder, "code/runner.mjs")], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    expect(names().some((name) => name.endsWith(".tmp"))).toBe(true);
    child.kill("SIGINT");
    const signal = await new Promise((resolve) => child.once("exit", (_, name) => resolve(name)));
    expect(signal).toBe("SIGINT");
    expect(text()).toBe("old");
    expect(names().filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});

describe("a folder", () => {
  it("takes its name when all files are there", async () => {
    await writeOutputs(target, [output("a", "config.json"), output("b", "assets/x.txt")]);
    expect(readFileSync(join(target, "config.json"), "utf8")).toBe("a");
    expect(readFileSync(join(target, "assets/x.txt"), "utf8")).toBe("b");
    expect(names()).toEqual(["out.keras"]);
  });

  it("is never half there, and never replaces one", async () => {
    const files = [output("a", "config.json"), { ...broken, path: "model.weights.h5" }];
    expect(await code(writeOutputs(target, files))).toBe("malformed/truncated");
    expect(names()).toEqual([]);
    mkdirSync(target);
    expect(await code(writeOutputs(target, [output("a", "config.json")], { force: true }))).toBe(OUTPUT_EXISTS);
  });

  it.each(["../x", "/x", "a/../x", "a\\x", "a//x", "c:x"])("has no file named %s", async (path) => {
    expect(await code(writeOutputs(target, [output("a", path)]))).toBe("mismatch/output-path");
    expect(names()).toEqual([]);
  });
});
