/** Files and folders of the file system as sources. Only regular files are read, and only those that the caller named. */
import { close, constants, fstat, open, read } from "node:fs";
import { lstat, readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { promisify } from "node:util";
import { fail } from "./error.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { checkRange, type Source } from "./source.ts";

/** Of a folder, these are looked at: what Keras, tf.keras and TensorFlow.js put into theirs. */
const KNOWN_FILES = /^[^/]+\.(json|h5|hdf5|keras|npz|safetensors|pb|pbtxt|bin|index|data-[0-9]{5}-of-[0-9]{5})$/i;
const KNOWN_FOLDERS: ReadonlySet<string> = new Set(["assets", "variables"]);
/** Files that are read together with those beside them, by what the latter's names have after the common part. */
const BESIDE: readonly { readonly file: RegExp; readonly beside: RegExp; readonly holds?: string }[] = [
  { file: /^(.+)\.weights\.json$/, beside: /^_[0-9]{5,}\.weights\.h5$/ },
  { file: /^(.+)\.index$/, beside: /^\.data-[0-9]{5}-of-[0-9]{5}$/ },
  // TensorFlow.js calls its shards as it likes.
  { file: /^()[^/]+\.json$/, beside: /\.bin$/, holds: '"weightsManifest"' },
];
const MAX_DEPTH = 64;
const SMALL_BYTES = 16 * 1024 * 1024;
/** Of small files that are opened together, so much is kept in memory. */
const RECENT_BYTES = 4 * SMALL_BYTES;

const openFd: (path: string, flags: number) => Promise<number> = promisify(open);
const fstatFd = promisify(fstat);
const closeFd = promisify(close);
const readFd = promisify(read);

/**
 * A file as a source; a folder as a map of relative paths to sources, and so is a file together with those beside it that it
 * needs: `name.weights.json` with `name_00000.weights.h5` …, the index of a TensorFlow checkpoint (or its prefix) with its data,
 * the JSON of a TensorFlow.js model with the `.bin` files. Throws `malformed/missing-file`,
 * `malformed/unreadable-file`, `unsupported/file-type` (pipes, devices, links that lead nowhere), `limit/entries`.
 */
export async function openFile(path: string, limits: Limits = DEFAULT_LIMITS): Promise<Source | Map<string, Source>> {
  const found = await stat(path).catch(async (error: unknown) => {
    const index = await stat(`${path}.index`).catch(() => null);
    return index?.isFile() === true ? null : refuse(path, error);
  });
  if (found === null) return openFile(`${path}.index`, limits);
  if (found.isDirectory()) return openFolder(path, limits);
  if (!found.isFile())
    fail("unsupported/file-type", { file: path, expected: "a regular file", found: typeName(found) });
  const shards = await shardsOf(path);
  const recent = new RecentFiles();
  if (shards.length > 0) return new Map(await Promise.all([path, ...shards].map((file) => namedFile(file, recent))));
  const opened = await openRegular(path, path);
  const source = fileSource(path, opened.size, recent, async () => opened.fd);
  await source.read(0, 0);
  return source;
}

/** `path` and the files that `openFile` would read with it. */
async function filesOf(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch(() => null);
  const inside = found?.isDirectory() === true ? openFolder(path, DEFAULT_LIMITS) : shardsOf(path);
  // What cannot be opened is refused, and named, by whoever opens it.
  const files = await inside.catch(() => []);
  return [path, ...(files instanceof Map ? [...files.values()].map(({ name }) => name) : files)];
}

/** The file or folder itself, whatever it is called; null where there is none. */
async function identity(path: string): Promise<string | null> {
  const found = await stat(path, { bigint: true }).catch(() => null);
  return found === null ? null : `${found.dev}:${found.ino}`;
}

/**
 * Refuses an output that is one of the inputs, or a file of one, under whatever name: links, other spellings. Throws
 * `mismatch/same-file`.
 */
export async function refuseSameFile(inputs: readonly (string | undefined)[], output: string): Promise<void> {
  const own = await identity(output);
  if (own === null) return;
  for (const input of inputs) {
    for (const file of input === undefined ? [] : await filesOf(input)) {
      if ((await identity(file)) === own)
        fail("mismatch/same-file", { file: output, message: "the output is an input", found: file });
    }
  }
}

/** Told from the file's own name: what it says inside is never opened. */
async function shardsOf(path: string): Promise<string[]> {
  const rule = BESIDE.find(({ file }) => file.test(basename(path)));
  if (rule === undefined || (rule.holds !== undefined && !(await holds(path, rule.holds)))) return [];
  const base = rule.file.exec(basename(path))![1]!;
  const names = await readdir(dirname(path));
  const shards = names.filter((name) => name.startsWith(base) && rule.beside.test(name.slice(base.length)));
  return shards.sort().map((name) => join(dirname(path), name));
}

async function holds(path: string, text: string): Promise<boolean> {
  const [, source] = await namedFile(path, new RecentFiles());
  if (source.size > DEFAULT_LIMITS.jsonBytes) return false;
  return new TextDecoder("latin1").decode(await source.read(0, source.size)).includes(text);
}

async function namedFile(path: string, recent: RecentFiles): Promise<[string, Source]> {
  const found = await stat(path).catch((error: unknown) => refuse(path, error));
  if (!found.isFile())
    fail("unsupported/file-type", { file: path, expected: "a regular file", found: typeName(found) });
  return [
    basename(path),
    fileSource(path, found.size, recent, async () => (await openRegular(path, path, found.size)).fd),
  ];
}

async function openFolder(root: string, limits: Limits): Promise<Map<string, Source>> {
  const real = await realpath(root);
  const files = new Map<string, Source>();
  const recent = new RecentFiles();
  const open: { readonly inside: string; readonly depth: number }[] = [{ inside: "", depth: 0 }];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const { inside, depth } = folder;
    const entries = await readdir(join(root, inside), { withFileTypes: true }).catch((error: unknown) =>
      refuse(root, error),
    );
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = inside === "" ? entry.name : `${inside}/${entry.name}`;
      if (entry.isDirectory() && (depth > 0 || KNOWN_FOLDERS.has(entry.name)) && depth < MAX_DEPTH) {
        open.push({ inside: path, depth: depth + 1 });
      }
      if ((!entry.isFile() && !entry.isSymbolicLink()) || (depth === 0 && !KNOWN_FILES.test(entry.name))) continue;
      if (files.size >= limits.entries)
        fail("limit/entries", { file: root, expected: `at most ${limits.entries} files` });
      const source = await folderSource(root, real, path, recent);
      if (source !== null) files.set(path, source);
    }
  }
  return files;
}

/** A file of a folder, opened when it is first read. A link may not lead out of the folder; other things are left out. */
async function folderSource(root: string, real: string, path: string, recent: RecentFiles): Promise<Source | null> {
  const name = join(root, path);
  const target = await realpath(name).catch((error: unknown) => refuse(name, error));
  if (!target.startsWith(real + sep)) {
    fail("unsupported/file-type", { file: root, path, message: "a symbolic link that leaves the folder" });
  }
  const found = await stat(target).catch((error: unknown) => refuse(name, error));
  if (!found.isFile()) return null;
  return fileSource(name, found.size, recent, async () => (await openRegular(target, name, found.size)).fd);
}

/** Opens without waiting for a writer of a pipe; what was opened is checked once more, it may have changed since. */
async function openRegular(path: string, name: string, size?: number): Promise<{ fd: number; size: number }> {
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
  const fd = await openFd(path, flags).catch((error: unknown) => refuse(name, error));
  const found = await fstatFd(fd);
  if (found.isFile() && (size === undefined || found.size === size)) return { fd, size: found.size };
  await closeFd(fd);
  return fail("malformed/unreadable-file", { file: name, message: "the file changed while it was opened" });
}

/** Files of which nobody asks for more are closed when they are forgotten. */
const forgotten = new FinalizationRegistry((fd: number) => closeFd(fd).catch(() => undefined));

/** Small files as a whole, the one read last at the end. Beyond `RECENT_BYTES` the first are let go, and opened again when needed. */
class RecentFiles {
  readonly #files = new Map<Source, Promise<Uint8Array>>();
  #bytes = 0;

  get(file: Source, read: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const found = this.#files.get(file);
    const whole = found ?? read();
    this.#files.delete(file);
    this.#files.set(file, whole);
    if (found === undefined) this.#bytes += file.size;
    for (const [first] of this.#files) {
      if (this.#bytes <= RECENT_BYTES) break;
      this.#files.delete(first);
      this.#bytes -= first.size;
    }
    return whole;
  }
}

/**
 * A small file is read whole when it is needed, so that it need not stay open; a large one stays open until `close`. A file alone
 * in `recent` is opened once.
 */
function fileSource(name: string, size: number, recent: RecentFiles, open: () => Promise<number>): Source {
  let fd: Promise<number> | undefined;
  const readWhole = async (): Promise<Uint8Array> => {
    const opened = await open();
    try {
      return await readFully(opened, name, 0, size);
    } finally {
      await closeFd(opened);
    }
  };
  const source: Source = {
    name,
    size,
    async read(offset, length) {
      checkRange(source, offset, length);
      if (size <= SMALL_BYTES) return (await recent.get(source, readWhole)).subarray(offset, offset + length);
      fd ??= open().then((opened) => {
        forgotten.register(source, opened, source);
        return opened;
      });
      return readFully(await fd, name, offset, length);
    },
    async close() {
      const opened = await fd;
      fd = undefined;
      if (opened === undefined) return;
      forgotten.unregister(source);
      await closeFd(opened);
    },
  };
  return source;
}

async function readFully(fd: number, name: string, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const { bytesRead } = await readFd(fd, bytes, at, length - at, offset + at).catch((error: unknown) =>
      refuse(name, error),
    );
    if (bytesRead === 0) {
      fail("malformed/truncated", {
        file: name,
        message: "the file became shorter while it was read",
        offset: offset + at,
      });
    }
    at += bytesRead;
  }
  return bytes;
}

/** A system error as ours. */
async function refuse(path: string, error: unknown): Promise<never> {
  const code = systemCode(error);
  if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") {
    const isLink = await lstat(path).then(
      (found) => found.isSymbolicLink(),
      () => false,
    );
    if (isLink) fail("unsupported/file-type", { file: path, message: "a symbolic link that leads nowhere" });
    fail("malformed/missing-file", { file: path, message: "no such file" });
  }
  if (code === "ENXIO") fail("unsupported/file-type", { file: path, expected: "a regular file", found: "a socket" });
  fail("malformed/unreadable-file", { file: path, message: `cannot be read (${code})` });
}

/** `ENOENT` and the like; anything that is no system error is thrown on. */
export function systemCode(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  throw error;
}

function typeName(found: { isFIFO(): boolean; isSocket(): boolean }): string {
  if (found.isFIFO()) return "a pipe";
  return found.isSocket() ? "a socket" : "a device";
}
