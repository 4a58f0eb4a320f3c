/** What the web gives: everything that `load` takes, how far a loading has come, the Cache API. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { zipSync } from "fflate";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { load, type LoadInput, type LoadOptions } from "../../src/index.ts";
import { FIXTURES } from "../support/fixtures.ts";

const FOLDER = join(FIXTURES, "models/plain_unzipped/model.keras");
const FILES = readdirSync(FOLDER).map((name) => [name, new Uint8Array(readFileSync(join(FOLDER, name)))] as const);
const BYTES = new Uint8Array(zipSync(Object.fromEntries(FILES), { level: 0 }));

const file = (path: string, bytes: Uint8Array<ArrayBuffer>): File =>
  Object.defineProperty(new File([bytes], path.split("/").at(-1)!), "webkitRelativePath", { value: path });

const stream = (bytes: unknown, step = 1000): ReadableStream<unknown> =>
  new ReadableStream({
    start(controller) {
      if (bytes instanceof Uint8Array)
        for (let at = 0; at < bytes.length; at += step) controller.enqueue(bytes.slice(at, at + step));
      else controller.enqueue(bytes);
      controller.close();
    },
  });

/** As browsers have them. */
const handle = (name: string, bytes: Uint8Array<ArrayBuffer>) => ({
  kind: "file" as const,
  name,
  getFile: async () => new File([bytes], name),
});
const folder = (name: string, entries: readonly { readonly name: string }[]) => ({
  kind: "directory" as const,
  name,
  async *entries() {
    for (const entry of entries) yield [entry.name, entry] as const;
  },
});

const FORMS: readonly (readonly [string, () => LoadInput])[] = [
  ["an ArrayBuffer", () => BYTES.buffer],
  ["a Response", () => new Response(BYTES)],
  ["a stream", () => stream(BYTES) as ReadableStream],
  ["a file's handle", () => handle("m.keras", BYTES)],
  [
    "a folder's handle",
    () =>
      folder(
        "m",
        FILES.map(([name, bytes]) => handle(name, bytes)),
      ),
  ],
  ["a list of one File", () => [file("m.keras", BYTES)]],
  ["a dropped folder", () => FILES.map(([name, bytes]) => file(`m/${name}`, bytes))],
  ["Files without a folder", () => new Set(FILES.map(([name, bytes]) => new File([bytes], name)))],
  ["a Map", () => new Map(FILES)],
  ["a record of ArrayBuffers", () => Object.fromEntries(FILES.map(([name, bytes]) => [name, bytes.buffer]))],
];

it.each(FORMS)("%s is a model", async (_, form) => {
  const [model, wanted] = await Promise.all([load(form()), load(BYTES)]);
  expect(model.problems).toEqual([]);
  expect(await model.getWeights()).toEqual(await wanted.getWeights());
});

it.each(FORMS)("%s gives the weights of an architecture", async (_, form) => {
  const architecture = FILES.find(([name]) => name === "config.json")![1];
  const [model, wanted] = await Promise.all([load(architecture, { weights: form() }), load(BYTES)]);
  expect(await model.getWeights()).toEqual(await wanted.getWeights());
});

describe("is refused by name", () => {
  const fileBytes = 2000;
  it.each<[string, () => unknown, LoadOptions, string]>([
    ["a stream over the limit", () => stream(BYTES), { limits: { fileBytes } }, "limit/file-bytes"],
    ["a Response over the limit", () => new Response(BYTES), { limits: { fileBytes } }, "limit/file-bytes"],
    ["a buffer over the limit", () => BYTES.buffer, { limits: { fileBytes } }, "limit/file-bytes"],
    ["a Response that is no success", () => new Response("", { status: 404 }), {}, "malformed/missing-file"],
    ["a stream of text", () => stream("text"), {}, "unsupported/input"],
    ["a stream that is read already", () => (stream(BYTES).getReader(), 0), {}, "unsupported/input"],
    [
      "a folder with too many files",
      () =>
        folder(
          "m",
          FILES.map(([n, b]) => handle(n, b)),
        ),
      { limits: { entries: 2 } },
      "limit/entries",
    ],
    ["two Files of one name", () => [new File([], "a.json"), new File([], "a.json")], {}, "malformed/duplicate-name"],
    ["a list of other things", () => [1], {}, "unsupported/input"],
    ["an empty list", () => [], {}, "unsupported/input"],
    ["a cache where there is none", () => "http://127.0.0.1:1/m.keras", { cache: true }, "mismatch/option"],
    ["an onProgress that is no function", () => new Response(BYTES), { onProgress: 1 as never }, "mismatch/option"],
  ])("%s", async (_, form, options, code) => {
    await expect(load(form() as LoadInput, options)).rejects.toMatchObject({ name: "FormatError", code });
  });

  it("a locked stream", async () => {
    const locked = stream(BYTES) as ReadableStream;
    locked.getReader();
    await expect(load(locked)).rejects.toMatchObject({ name: "FormatError", code: "malformed/unreachable" });
  });
});

it("onProgress counts what arrives, and may stop it", async () => {
  const seen: { loaded: number; total: number | null }[] = [];
  await load(new Response(stream(BYTES) as BodyInit, { headers: { "content-length": `${BYTES.length}` } }), {
    onProgress: (progress) => seen.push(progress),
  });
  expect(seen.map(({ loaded }) => loaded)).toEqual(
    Array.from({ length: Math.ceil(BYTES.length / 1000) }, (_, i) => Math.min(BYTES.length, 1000 * (i + 1))),
  );
  expect(new Set(seen.map(({ total }) => total))).toEqual(new Set([BYTES.length]));
  const own = new Error("enough");
  const stop = (): never => {
    throw own;
  };
  await expect(load(stream(BYTES) as ReadableStream, { onProgress: stop })).rejects.toBe(own);
});

it("init goes to fetch, cache keeps files", async () => {
  const kept = new Map<string, Response>();
  const store = {
    match: async (key: string) => kept.get(key)?.clone(),
    put: async (key: string, value: Response) => void kept.set(key, value),
  };
  const open = vi.fn(async (_name: string) => store);
  vi.stubGlobal("caches", { open });
  onTestFinished(() => void vi.unstubAllGlobals());
  const fetch = vi.fn(async (..._: unknown[]) => new Response(BYTES)) as never;
  const url = "https://example.com/m.keras";
  const options: LoadOptions = { fetch, cache: "models", init: { headers: { "x-key": "k" } } };
  await load(url, options);
  await load(url, options);
  expect(fetch).toHaveBeenCalledOnce();
  expect(fetch).toHaveBeenCalledWith(new URL(url), expect.objectContaining({ headers: { "x-key": "k" } }));
  expect([open.mock.calls[0], [...kept.keys()]]).toEqual([["models"], [url]]);
  // What is too large, or no success, is not kept.
  await expect(load(`${url}2`, { ...options, limits: { fileBytes: 10 } })).rejects.toThrow("limit/file-bytes");
  expect(kept.size).toBe(1);
});
