/** Large files of servers that give parts of them (RFC 9110, range requests): what is read is fetched, once. */
import { concatBytes } from "../core/bytes.ts";
import { fail } from "../core/error.ts";
import { checkRange, type Source } from "../core/source.ts";

/** What has arrived of an answer. */
export interface Arrived {
  readonly answer: Response;
  readonly blob: Blob;
}

/** Files below are fetched whole: one request takes less time than several. */
const LARGE = 1 << 24;
/** What is asked for at least. */
export const PART = 1 << 18;
/** What is asked for at most ahead of somebody who reads on and on. */
const MOST_AHEAD = 32;

/** Whether the rest of an answer is better asked for in parts. Across origins servers have to expose `Accept-Ranges`. */
export function isInParts({ status, headers }: Response, init: object | undefined): boolean {
  const { method = "GET" } = (init ?? {}) as RequestInit;
  return (
    status === 200 &&
    method.toUpperCase() === "GET" &&
    headers.get("accept-ranges") === "bytes" &&
    !headers.has("content-encoding") &&
    Number(headers.get("content-length") ?? 0) >= LARGE
  );
}

/** Headers of a request for the bytes from `from` up to but not including `to`, beside those of the caller. */
export function rangeOf(init: object | undefined, from: number, to: number): { readonly headers: Headers } {
  const headers = new Headers((init as RequestInit | undefined)?.headers);
  headers.set("range", `bytes=${from}-${to - 1}`);
  return { headers };
}

/** What tells one content of a URL from another. */
const versionOf = ({ headers }: Response): string => `${headers.get("etag")} ${headers.get("last-modified")}`;

/** The file of which `first` has the beginning; `ask` fetches the bytes from `from` up to but not including `to`. */
export async function partsSource(
  name: string,
  first: Arrived,
  ask: (from: number, to: number) => Promise<Arrived>,
): Promise<Source> {
  const size = Number(first.answer.headers.get("content-length"));
  const parts: Promise<Uint8Array>[] = [];
  /** Takes bytes that begin with part `at`; the last part may lack its end, which is then not taken. */
  const take = (at: number, bytes: Promise<Uint8Array>, count: number): void => {
    for (let i = 0; i < count; i++) {
      const part = bytes.then((all) => all.subarray(i * PART, (i + 1) * PART));
      // Asked for again by who reads it next.
      part.catch(() => delete parts[at + i]);
      parts[at + i] = part;
    }
  };
  const got = new Uint8Array(await first.blob.arrayBuffer());
  take(0, Promise.resolve(got), Math.floor(got.byteLength / PART));

  const fetchRange = async (from: number, to: number): Promise<Uint8Array> => {
    const { answer, blob } = await ask(from, to);
    const range = answer.status === 206 ? answer.headers.get("content-range") : null;
    const isPart = range === `bytes ${from}-${to - 1}/${size}` && blob.size === to - from;
    const isWhole = answer.status === 200 && blob.size === size;
    if (!(isPart || isWhole) || versionOf(answer) !== versionOf(first.answer))
      fail("malformed/unreachable", {
        file: name,
        expected: `bytes ${from}-${to - 1}/${size} of the file as it was`,
        found: range ?? `${blob.size} bytes, HTTP status ${answer.status}`,
      });
    const bytes = new Uint8Array(await blob.arrayBuffer());
    if (isPart) return bytes;
    take(0, Promise.resolve(bytes), Math.ceil(size / PART));
    return bytes.subarray(from, to);
  };

  /** Where the last reader ended, and how much is asked for ahead of one who reads on from there. */
  let reached = 0;
  let ahead = 1;
  const source: Source = {
    name,
    size,
    async read(offset, length) {
      checkRange(source, offset, length);
      const [start, end] = [Math.floor(offset / PART), Math.ceil((offset + length) / PART)];
      for (let at = start; at < end; at++) {
        if (parts[at] !== undefined) continue;
        ahead = offset === reached ? Math.min(2 * ahead, MOST_AHEAD) : 1;
        const goal = Math.max(end, at + ahead);
        let next = at;
        while (next < goal && next * PART < size && parts[next] === undefined) next++;
        take(at, fetchRange(at * PART, Math.min(next * PART, size)), next - at);
      }
      reached = offset + length;
      const pieces = await Promise.all(parts.slice(start, end));
      const bytes = pieces.length === 1 ? pieces[0]! : concatBytes(pieces);
      return bytes.subarray(offset - start * PART, offset - start * PART + length);
    },
  };
  return source;
}
