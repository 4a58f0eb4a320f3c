/** Large files from servers that give parts of them: what is read is fetched, once; otherwise all of it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { layers, load, save, Sequential } from "../../src/index.ts";
import type { Model } from "../../src/index.ts";

/** How the server of a file behaves. */
interface Manner {
  /** Whether it says that it gives parts. */
  readonly says: boolean;
  /** What it answers to those who ask for one: it, all, another version of it, bytes of another place, nothing. */
  readonly gives: "part" | "whole" | "other" | "elsewhere" | "nothing";
}

const MANNERS: Readonly<Record<string, Manner>> = {
  parts: { says: true, gives: "part" },
  whole: { says: true, gives: "whole" },
  plain: { says: false, gives: "part" },
  other: { says: true, gives: "other" },
  elsewhere: { says: true, gives: "elsewhere" },
  nothing: { says: true, gives: "nothing" },
};
const MB = 1e6;

const files = new Map<string, Uint8Array>();
let own: Model;
let server: Server;
let base: string;
/** What was asked for since, as [from, to), and how many bytes left the server. */
let asked: (readonly [number, number] | "all")[] = [];
let sent = 0;

function answer(request: IncomingMessage, response: ServerResponse): void {
  const [, manner, name] = request.url!.split("/") as [string, string, string];
  const { says, gives } = MANNERS[manner]!;
  const file = files.get(name)!;
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
  const [from, to] = range === null ? [0, file.length] : [Number(range[1]), Number(range[2]) + 1];
  asked.push(range === null ? "all" : [from, to]);
  const headers = { etag: range !== null && gives === "other" ? "b" : "a", ...(says && { "accept-ranges": "bytes" }) };
  if (range !== null && gives === "nothing") return void response.writeHead(416).end();
  const part = range === null || gives === "whole" ? file : file.subarray(from, to);
  const place = gives === "elsewhere" ? 1 : from;
  response.writeHead(part === file ? 200 : 206, {
    ...headers,
    "content-length": part.length,
    ...(part !== file && { "content-range": `bytes ${place}-${place + part.length - 1}/${file.length}` }),
  });
  const STEP = 1 << 16;
  const write = (at: number): void => {
    if (response.destroyed) return;
    const piece = part.subarray(at, at + STEP);
    sent += piece.length;
    if (at >= part.length) response.end();
    else if (response.write(piece)) setImmediate(write, at + STEP);
    else response.once("drain", () => write(at + STEP));
  };
  write(0);
}

beforeAll(async () => {
  own = new Sequential({
    layers: [
      layers.dense({ name: "kernel", units: 3000, inputShape: [2000], useBias: false }),
      layers.dense({ units: 1 }),
    ],
  });
  for (const [name, format] of [
    ["model.keras", "keras-v3"],
    ["model.h5", "keras-h5"],
    ["model.weights.h5", "weights-h5"],
    ["model.safetensors", "safetensors"],
  ] as const)
    files.set(name, [...(await save(own, { format })).values()][0]!);
  server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const opened = (path: string, lazy = true): Promise<Model> => {
  [asked, sent] = [[], 0];
  return load(`${base}/${path}`, { lazy });
};

/** Compared by a sum: what a test runner shows of millions of numbers that differ takes minutes. */
const kernelOf = async (model: Model): Promise<number> =>
  ((await model.layer("kernel").weights[0]!.read()).data as Float32Array).reduce(
    (sum, x, i) => sum + x * (i % 1009),
    0,
  );

describe("a large file", () => {
  it.each(["model.keras", "model.h5", "model.weights.h5", "model.safetensors"])("%s is looked at", async (name) => {
    const model = await opened(`parts/${name}`);
    const shapes = model.weights.map(({ shape }) => JSON.stringify(shape));
    expect(shapes.sort()).toEqual(["[1]", "[2000,3000]", "[3000,1]"]);
    expect(sent).toBeLessThan(6 * MB);
  });

  it.each(["model.keras", "model.h5"])("%s is read, each byte once", async (name) => {
    const model = await opened(`parts/${name}`);
    expect(await kernelOf(model)).toBe(await kernelOf(own));
    const parts = asked.flatMap((one) => (one === "all" ? [] : [one])).sort(([a], [b]) => a - b);
    for (const [i, [from]] of parts.entries()) expect(from).toBeGreaterThanOrEqual(parts[i - 1]?.[1] ?? 0);
    expect(parts.length).toBeGreaterThan(0);
    expect(asked.length).toBeLessThan(20);
  });

  it.each([
    ["plain/model.keras", true],
    ["parts/model.keras", false],
  ])("%s is fetched whole, lazy: %s", async (path, lazy) => {
    expect(await kernelOf(await opened(path, lazy))).toBe(await kernelOf(own));
    expect(asked).toEqual(["all"]);
  });

  it("is checked before its weights are used", async () => {
    const bytes = Uint8Array.from(files.get("model.keras")!);
    bytes[bytes.length >> 1]! ^= 1;
    await expect(load(bytes)).rejects.toMatchObject({ code: "malformed/zip-crc" });
    const model = await load(bytes, { lazy: true });
    const x = { dtype: "float32", shape: [1, 2000], data: new Float32Array(2000) } as const;
    await expect(model.predict(x)).rejects.toMatchObject({ code: "malformed/zip-crc" });
    for (const format of ["keras-h5", "keras-v3"] as const) {
      const code = await save(model, { format }).then(
        () => "saved",
        (error: { code: string }) => error.code,
      );
      expect(code).toBe("malformed/zip-crc");
    }
  });

  it("of a server that gives it whole all the same", async () => {
    const model = await opened("whole/model.keras");
    const x = { dtype: "float32", shape: [1, 2000], data: new Float32Array(2000).fill(0.01) } as const;
    expect(await model.predict(x)).toEqual(await own.predict(x));
    expect(asked).toHaveLength(2);
  });

  it.each(["other", "elsewhere", "nothing"])("of which something else comes is refused: %s", async (manner) => {
    const code = manner === "nothing" ? "malformed/missing-file" : "malformed/unreachable";
    await expect(opened(`${manner}/model.keras`)).rejects.toMatchObject({ code });
  });

  it("is not asked for beyond the limit", async () => {
    [asked, sent] = [[], 0];
    await expect(load(`${base}/parts/model.h5`, { lazy: true, limits: { fileBytes: 20 * MB } })).rejects.toMatchObject({
      code: "limit/file-bytes",
    });
    expect(asked).toEqual(["all"]);
  });

  it("is read after its loading could have been ended", async () => {
    const stop = new AbortController();
    const model = await load(`${base}/parts/model.h5`, { lazy: true, signal: stop.signal });
    stop.abort();
    expect(await kernelOf(model)).toBe(await kernelOf(own));
  });
});
