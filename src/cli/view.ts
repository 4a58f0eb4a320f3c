/** keraport view: the page that looks at a model, from a server of this machine alone, or as one file. */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename } from "node:path";
import { fail, printable } from "../core/error.ts";
import { openFile } from "../core/node-files.ts";
import { writeOutputs } from "../core/node-outputs.ts";
import type { Source } from "../core/source.ts";
import { DONE, type ExitCode, note, print, printResult } from "./io.ts";
import { checkOutput, type CliOptions, opening, textOption, withModel } from "./open.ts";

/** Built by `npm run build`, from `web/`. */
const PAGE = new URL("../page.html", import.meta.url);
/** In one file, in base64: what every browser takes as one string. */
const MOST_INSIDE = 256 * 1024 * 1024;
const CHUNK = 1 << 20;
const GIVEN = '<script type="application/json" id="given">null</script>';

/** A model, a fixture: its files by path. */
interface Part {
  readonly name: string;
  readonly files: ReadonlyMap<string, Source>;
}

async function partOf(path: string, weights: string | undefined): Promise<Part> {
  const files = new Map<string, Source>();
  for (const one of weights === undefined ? [path] : [path, weights]) {
    const opened = await openFile(one);
    if (opened instanceof Map) for (const [inner, source] of opened) files.set(inner, source);
    else files.set(basename(one), opened as Source);
  }
  return { name: basename(path), files };
}

/** JSON that ends no script. */
const inPage = (page: string, given: unknown): string =>
  page.replace(GIVEN, () => GIVEN.replace("null", () => JSON.stringify(given).replaceAll("<", "\\u003c")));

async function* chunksOf(source: Source): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < source.size; at += CHUNK) yield source.read(at, Math.min(CHUNK, source.size - at));
}

/** The page with all bytes in it. Throws `limit/file-bytes`. */
async function whole(page: string, parts: Readonly<Record<string, Part>>): Promise<string> {
  const all = Object.values(parts).flatMap(({ files }) => [...files.values()]);
  const bytes = all.reduce((sum, { size }) => sum + size, 0);
  if (bytes > MOST_INSIDE)
    fail("limit/file-bytes", { expected: `at most ${MOST_INSIDE} bytes in one page`, found: String(bytes) });
  const given: Record<string, object> = {};
  for (const [role, { name, files }] of Object.entries(parts)) {
    const inside = [];
    for (const [path, source] of files)
      inside.push({ path, base64: Buffer.from(await source.read(0, source.size)).toString("base64") });
    given[role] = { name, files: inside };
  }
  return inPage(page, given);
}

/** Answers whoever knows the token, under this machine's own name, and nobody else. */
async function serve(page: string, parts: Readonly<Record<string, Part>>, isJson: boolean): Promise<void> {
  const token = randomBytes(24).toString("base64url");
  const sources: Source[] = [];
  const given = Object.entries(parts).map(([role, { name, files }]) => {
    const listed = [...files].map(([path, source]) => ({ path, url: `/${token}/${sources.push(source) - 1}` }));
    return [role, { name, files: listed }] as const;
  });
  // The page's policy lets it reach nothing; this one fetches the model from here.
  const text = inPage(page.replace("connect-src 'none'", "connect-src 'self'"), Object.fromEntries(given));
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  const answer = async ({ url = "", method, headers }: IncomingMessage, response: ServerResponse): Promise<void> => {
    const own = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const [, key, what = ""] = url.split("/");
    const source = sources[/^\d+$/.test(what) ? Number(what) : -1];
    const isKnown = headers.host === own && key === token && (what === "" || source !== undefined);
    if (!isKnown || (method !== "GET" && method !== "HEAD")) return void response.writeHead(404).end();
    response.writeHead(200, {
      "content-type": source === undefined ? "text/html; charset=utf-8" : "application/octet-stream",
      "content-length": source === undefined ? Buffer.byteLength(text) : source.size,
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-resource-policy": "same-origin",
    });
    if (method === "HEAD") return void response.end();
    if (source === undefined) return void response.end(text);
    for await (const chunk of chunksOf(source))
      if (!response.write(chunk)) await new Promise((done) => response.once("drain", done).once("close", done));
    response.end();
  };
  await new Promise<void>((done, failed) => server.once("error", failed).listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${token}/`;
  if (isJson) printResult({ url });
  else print(url);
  note("open this address in a browser of this machine; Ctrl-C ends it");
  await new Promise<void>((done) => process.once("SIGINT", done).once("SIGTERM", done));
  server.close();
  server.closeAllConnections();
}

/** `keraport view MODEL`. */
export async function view([file]: readonly string[], options: CliOptions): Promise<ExitCode> {
  const [output, weights] = [textOption(options, "output"), textOption(options, "weights")];
  const [fixture, against] = [textOption(options, "fixture"), textOption(options, "against")];
  await checkOutput(output, [file, weights, fixture, against], options);
  // What is no model is refused here, not in the page.
  const how = await opening(options);
  await withModel(file!, how, async () => {});
  if (against !== undefined) await withModel(against, {}, async () => {});
  const parts: Readonly<Record<string, Part>> = {
    model: await partOf(file!, weights),
    ...(fixture !== undefined && { fixture: await partOf(fixture, undefined) }),
    ...(against !== undefined && { against: await partOf(against, undefined) }),
  };
  try {
    const page = await readFile(PAGE, "utf8");
    if (output === undefined) await serve(page, parts, options["json"] === true);
    else {
      const text = await whole(page, parts);
      const chunks = async function* () {
        yield new TextEncoder().encode(text);
      };
      await writeOutputs(output, [{ path: "", chunks }], { force: options["force"] === true });
      if (options["json"] === true) printResult({ output });
      else print(`${printable(output)}: a page with ${printable(file!)} in it`);
    }
    return DONE;
  } finally {
    for (const { files } of Object.values(parts)) for (const source of files.values()) await source.close?.();
  }
}
