/**
 * Writes results whole or not at all: into a temporary name in the same folder, synced, checked, then renamed. Whatever
 * fails, the target is as it was, and nothing else is left behind.
 */
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { chmod, link, lstat, mkdir, open, readdir, rename, rm, stat, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fail, FormatError } from "./error.ts";
import { systemCode } from "./node-files.ts";

export interface Output {
  /** Relative to the target, `/` between folders; "" is the target itself. */
  readonly path: string;
  chunks(): AsyncIterable<Uint8Array>;
}

export interface WriteOptions {
  /** Whether an existing file may be replaced. */
  readonly force?: boolean;
  /** Called with the temporary file or folder before it takes the target's name; what it throws ends the writing. */
  readonly verify?: (path: string) => Promise<void>;
}

/** The code of the refusal to replace an existing output without `force`. */
export const OUTPUT_EXISTS = "mismatch/output-exists";

const TEMPORARY = /^\.keraport-[0-9a-f]{16}\.tmp$/;
const DAY = 24 * 60 * 60 * 1000;

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * One file with the path "" makes `target` a file; otherwise it becomes a folder. Throws `mismatch/output-exists`,
 * `unsupported/file-type` when something that is no regular file is in the way, `mismatch/output-path`,
 * `malformed/missing-folder`, `unsupported/unwritable`, `limit/disk-space`.
 */
export async function writeOutputs(
  target: string,
  files: readonly Output[],
  options: WriteOptions = {},
): Promise<void> {
  const path = resolve(target);
  const isFile = files.length === 1 && files[0]!.path === "";
  const mode = await checkTarget(path, target, isFile, options.force === true);
  const folder = dirname(path);
  // Without the target's own name in it: that may already be as long as the file system allows.
  const temporary = join(folder, `.keraport-${randomBytes(8).toString("hex")}.tmp`);
  await sweep(folder);
  const stop = removeOnSignal(temporary);
  try {
    if (isFile) await writeFile(temporary, files[0]!);
    else await writeFolder(temporary, files);
    if (mode !== null) await chmod(temporary, mode & 0o7777);
    await options.verify?.(temporary);
    if (isFile && options.force !== true) await claimName(temporary, path, target);
    else await rename(temporary, path);
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

async function writeFile(path: string, output: Output): Promise<void> {
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

async function writeFolder(root: string, files: readonly Output[]): Promise<void> {
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
