/** The damaged, hostile and odd files of fixtures/broken: index.json.gz says what is right for each, files.zip holds them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { readNpz } from "../../src/codecs/npz.ts";
import type { ErrorCode, ErrorFamily } from "../../src/core/error.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { bytesSource } from "../../src/core/source.ts";
import type { Tensor } from "../../src/core/tensor.ts";
import { FIXTURES } from "./fixtures.ts";
import { tableHead } from "./tables.ts";

interface Common {
  readonly file: string;
  /** What is odd about it. */
  readonly guards: string;
}

export interface Refused extends Common {
  readonly code: ErrorCode;
}

export interface Benign extends Common {
  readonly benign: true;
  /** Families in which it may be refused as well. */
  readonly also?: readonly ErrorFamily[];
  /** Whether a warning is due. */
  readonly warns?: true;
  /** An .npz of inputs and outputs. */
  readonly io?: string;
}

const FOLDER = join(FIXTURES, "broken");
const files = new Map(Object.entries(unzipSync(readFileSync(join(FOLDER, "files.zip")))));

export const BROKEN = tableHead("broken/index.json.gz") as readonly (Refused | Benign)[];

export const isBenign = (entry: Refused | Benign): entry is Benign => "benign" in entry;

/** The bytes of a file, or those of a folder's files by path. */
export function contentOf(file: string): Uint8Array | ReadonlyMap<string, Uint8Array> {
  const bytes = files.get(file);
  if (bytes !== undefined) return bytes;
  const below = [...files].filter(([name]) => name.startsWith(`${file}/`));
  if (below.length === 0) throw new Error(`fixtures/broken has no ${file}`);
  return new Map(below.map(([name, content]) => [name.slice(file.length + 1), content]));
}

export async function arraysOf(io: string): Promise<ReadonlyMap<string, Tensor>> {
  const content = contentOf(io);
  if (!(content instanceof Uint8Array)) throw new Error(`${io} is a folder`);
  return readNpz(bytesSource(content, io), DEFAULT_LIMITS);
}
