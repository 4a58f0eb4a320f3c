/**
 * Writes results whole or not at all: into a temporary name in the same folder, synced, checked, then renamed. Whatever
 * fails, the target is as it was, and nothing else is left behind.
 */
import { rmSync } from "node:fs";
import { chmod, link, lstat, mkdir, open, readdir, rename, rm, stat, unlink } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fail, FormatError } from "./error.ts";
import { systemCode } from "./node-files.ts";

/** One file to be written. */
export interface FileToWrite {
  /** Relative to the target, `/` between folders; "" is the target itself. */
  readonly path: string;
  /** Beside the target, not inside: `path` is its name there. */
  readonly beside?: boolean;
  chunks(): AsyncIterable<Uint8Array>;
}

/** How files take their place. */
export interface WriteOptions {
  /** Whether an existing file may be replaced. */
  readonly force?: boolean;
  /**
   * Called with the temporary file or folder, or the files that stand beside one another, before they take their names; what
   * it throws ends the writing.
   */
  readonly verify?: (paths: readonly string[]) => Promise<void>;
}

/** The code of the refusal to replace an existing output without `force`. */
export const OUTPUT_EXISTS = "mismatch/output-exists";

const TEMPORARY = /^\.keraport-[0-9a-f]{16}\.tmp$/;
const DAY = 24 * 60 * 60 * 1000;

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * One file with the path "", alone or with files beside it, makes `target` a file; otherwise it becomes a folder. The files
 * beside it get their names first: where the target is there, they are too. Throws `mismatch/output-exists`,
 * `unsupported/file-type` when something that is no regular file is in the way, `mismatch/output-path`,
 * `malformed/missing-folder`, `unsupported/unwritable`, `limit/disk-space`.
 */
export async function writeOutputs(
  target: string,
  files: readonly FileToWrite[],
  { force = false, verify }: WriteOptions = {},
): Promise<void> {
  const path = resolve(target);
  const folder = dirname(path);
  const isFile = files.every((file) => file.path === "" || file.beside === true);
  // Each place with its permissions, those beside the target first.
  const names = isFile
    ? [...files.map((file) => file.path).filter((name) => name !== ""), basename(path)]
    : [basename(path)];
  const modes = new Map<string, number | null>();
  for (const name of names) {
    const shown = name === basename(path) ? target : join(dirname(target), name);
    modes.set(name, await checkTarget(join(folder, name), shown, isFile, force));
  }
  // Without the target's own name in it: that may already be as long as the file system allows.
  const temporary = join(
    folder,
    `.keraport-${process.getBuiltinModule("node:crypto").randomBytes(8).toString("hex")}.tmp`,
  );
  const isAlone = names.length === 1;
  const placeOf = (name: string): string => (isAlone ? temporary : join(temporary, name));
  await sweep(folder);
  const stop = removeOnSignal(temporary);
  try {
    if (isFile && isAlone) await writeFile(temporary, files[0]!);
    else
      await writeFolder(
        temporary,
        files.map((file) => (file.path === "" ? { ...file, path: basename(path) } : file)),
      );
    for (const [name, mode] of modes) if (mode !== null) await chmod(placeOf(name), mode & 0o7777);
    await verify?.(names.map(placeOf));
    for (const name of names) {
      if (isFile && !force) await claimName(placeOf(name), join(folder, name), target);
      else await rename(placeOf(name), join(folder, name));
    }
    if (!isAlone) await rm(temporary, { recursive: true, force: true });
    await syncFolder(folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    refuse(target, error);
  } finally {
    stop();
  }
}

/** Whether the target may be written; the permissions of the file to be replaced. */
async function checkTarget(path: string, name: string, isFile: boolean, force: boolean): Promise<number | null> {
  const found = await lstat(path).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return null;
    return refuse(name, error);
  });
  if (found === null) return null;
  if (!force || !isFile) {
    const message = isFile ? "the output exists (force replaces it)" : "the output folder exists";
    fail(OUTPUT_EXISTS, { file: name, message });
  }
  if (!found.isFile()) {
    fail("unsupported/file-type", { file: name, message: "what is in the way is no regular file" });
  }
  return found.mode;
}

async function writeFile(path: string, output: FileToWrite): Promise<void> {
  const handle = await open(path, "wx");
  try {
    for await (const chunk of output.chunks()) {
      for (let at = 0; at < chunk.byteLength;) at += (await handle.write(chunk, at)).bytesWritten;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeFolder(root: string, files: readonly FileToWrite[]): Promise<void> {
  await mkdir(root);
  const folders = new Set([root]);
  for (const file of files) {
    const parts = file.path.split("/");
    const climbs = parts.some((part) => part === "" || part === "." || part === ".." || /[\\:\0]/.test(part));
    if (climbs) fail("mismatch/output-path", { path: file.path, message: "not a relative path" });
    for (let i = 1; i < parts.length; i++) folders.add(join(root, ...parts.slice(0, i)));
    await mkdir(dirname(join(root, ...parts)), { recursive: true });
    await writeFile(join(root, ...parts), file);
  }
  for (const folder of folders) await syncFolder(folder);
}

/** Gives the file its name only if nobody else took it meanwhile; where hard links are missing, as far as can be known. */
async function claimName(temporary: string, path: string, name: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    systemCode(error);
    const [there, own] = await Promise.all([path, temporary].map((file) => stat(file).catch(() => null)));
    if (there === null) return rename(temporary, path);
    // A network file system may have made the link and lost the answer.
    if (there!.dev !== own?.dev || there!.ino !== own.ino)
      fail(OUTPUT_EXISTS, { file: name, message: "the output exists (force replaces it)" });
  }
  await unlink(temporary).catch(() => undefined);
}

/** Removes what processes that were killed left in a folder more than a day ago. */
async function sweep(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((entry) => TEMPORARY.test(entry))) {
    const path = join(folder, name);
    const found = await lstat(path).catch(() => null);
    if (found === null || Date.now() - found.mtimeMs < DAY) continue;
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Makes a rename durable; file systems that cannot sync a folder do without. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => null);
  try {
    await handle?.sync().catch(() => undefined);
  } finally {
    await handle?.close();
  }
}

/** Removes the temporary file when the process is told to end, which then goes on as without us. */
function removeOnSignal(temporary: string): () => void {
  const handlers = SIGNALS.map((signal) => {
    const handler = (): void => {
      rmSync(temporary, { recursive: true, force: true });
      stop();
      process.kill(process.pid, signal);
    };
    process.on(signal, handler);
    return { signal, handler };
  });
  const stop = (): void => {
    for (const { signal, handler } of handlers) process.off(signal, handler);
  };
  return stop;
}

/** A system error as ours; others are thrown on. */
function refuse(file: string, error: unknown): never {
  if (error instanceof FormatError) throw error;
  const code = systemCode(error);
  if (code === "ENOENT" || code === "ENOTDIR") fail("malformed/missing-folder", { file, message: "no such folder" });
  if (code === "ENOSPC" || code === "EDQUOT")
    fail("limit/disk-space", { file, message: "no space left on the device" });
  fail("unsupported/unwritable", { file, message: `cannot be written (${code})` });
}
