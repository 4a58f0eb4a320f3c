/** Models from URLs: limits hold while bytes arrive, silence and the caller end a loading, networks fail by name. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { load, verify } from "../../src/node.ts";
import { FIXTURES } from "../support/fixtures.ts";

const FOLDER = join(FIXTURES, "models/stacked_lstm");
const MODEL = readFileSync(join(FOLDER, "model.keras"));
const CHUNK = Buffer.alloc(1 << 16);

let server: Server;
let base: string;
/** Bytes that `/endless` has sent. */
let sent = 0;

function endless(response: ServerResponse): void {
  const more = (): void => {
    while (!response.destroyed && sent < 1 << 28) {
      sent += CHUNK.length;
      if (!response.write(CHUNK)) return void response.once("drain", more);
    }
    response.end();
  };
  more();
}

const ROUTES: Readonly<Record<string, (response: ServerResponse, request: IncomingMessage) => void>> = {
  "/model.keras": (response) => response.end(MODEL),
  "/io.npz": (response) => response.end(readFileSync(join(FOLDER, "io.npz"))),
  "/secret": (response, { headers }) =>
    headers["x-key"] === "k" ? response.end(MODEL) : response.writeHead(403).end(),
  "/endless": endless,
  "/declared": (response) => response.writeHead(200, { "content-length": 1 << 30 }).write("PK"),
  "/gzip": (response) => response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(1 << 22))),
  "/silent": (response) => response.write("PK"),
  "/nothing": () => undefined,
  "/broken": (response) => response.writeHead(200, { "content-length": 100 }).write("PK", () => response.destroy()),
  "/slow": (response) => {
    const step = MODEL.length / 8;
    const write = (i: number): void => {
      response.write(MODEL.subarray(i * step, (i + 1) * step));
      if (i < 8) setTimeout(write, 40, i + 1);
      else response.end();
    };
    write(0);
  },
};

beforeAll(async () => {
  server = createServer((request, response) =>
    (ROUTES[request.url!] ?? (() => response.writeHead(404).end()))(response, request),
  );
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const fileBytes = 1 << 20;

describe("load from a URL", () => {
  it("gives the model, and its fixture", async () => {
    const model = await load(new URL(`${base}/model.keras`));
    expect((await verify(model, `${base}/io.npz`)).ok).toBe(true);
    model.dispose();
  });

  it.each([
    ["/endless", "limit/file-bytes"],
    ["/declared", "limit/file-bytes"],
    ["/gzip", "limit/file-bytes"],
    ["/missing", "malformed/missing-file"],
    ["/silent", "malformed/unreachable"],
    ["/nothing", "malformed/unreachable"],
    ["/broken", "malformed/unreachable"],
  ])("%s is refused with %s", async (path, code) => {
    const loading = load(base + path, { limits: { fileBytes }, timeout: 300 });
    await expect(loading).rejects.toMatchObject({ name: "FormatError", code, file: base + path });
  });

  it("ends soon after the limit", () => expect(sent).toBeLessThan(1 << 26));

  it.each(["http://127.0.0.1:1/m.keras", "http://nowhere.invalid/m.keras", "data:,%"])(
    "%s is unreachable",
    async (url) => {
      const code = url.startsWith("data:")
        ? expect.stringMatching(/^(malformed|unsupported)\//)
        : "malformed/unreachable";
      await expect(load(url, { timeout: 5000 })).rejects.toMatchObject({ name: "FormatError", code });
    },
  );

  it("counts silence, not time", async () => {
    (await load(`${base}/slow`, { timeout: 200 })).dispose();
  });

  it.each(["/silent", "/nothing", "/endless"])("%s ends with the caller's reason", async (path) => {
    const stop = new AbortController();
    const reason = new Error("the caller's");
    setTimeout(() => stop.abort(reason), 30);
    await expect(load(base + path, { signal: stop.signal })).rejects.toBe(reason);
    await expect(load(base + path, { signal: stop.signal })).rejects.toBe(reason);
  });

  it("uses the caller's fetch", async () => {
    const own: typeof fetch = (url, options) => fetch(url, { ...options, headers: { "x-key": "k" } });
    (await load(`${base}/secret`, { fetch: own })).dispose();
    await expect(load(`${base}/secret`)).rejects.toMatchObject({ code: "malformed/missing-file" });
    const broken = (() => Promise.reject(new TypeError("no network"))) as typeof fetch;
    await expect(load(base, { fetch: broken })).rejects.toMatchObject({ code: "malformed/unreachable" });
    await expect(load(base, { fetch: 1 as never })).rejects.toMatchObject({ code: "mismatch/option" });
  });

  it("counts what stands beside the model too", async () => {
    const weights = `${base}/endless`;
    await expect(load(MODEL, { weights, limits: { fileBytes } })).rejects.toMatchObject({ code: "limit/file-bytes" });
    const model = await load(MODEL);
    await expect(verify(model, weights, { limits: { fileBytes } })).rejects.toMatchObject({ code: "limit/file-bytes" });
  });
});
