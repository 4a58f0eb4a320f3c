/** Files that a person drops or chooses, and those that the page hands out. */
import type { Opening } from "./types.ts";

/** Browsers tell a folder's entries in parts. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed));
    if (part.length === 0) return all;
    all.push(...part);
  }
}

async function collect(entry: FileSystemEntry, around: string, into: Map<string, Blob>): Promise<void> {
  const path = around + entry.name;
  if (entry.isDirectory)
    for (const inner of await entriesOf(entry as FileSystemDirectoryEntry)) await collect(inner, `${path}/`, into);
  else into.set(path, await new Promise<File>((done, failed) => (entry as FileSystemFileEntry).file(done, failed)));
}

/** null: nothing that is a file. */
export async function dropped(data: DataTransfer): Promise<Opening | null> {
  const entries = [...data.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (!entries.some(({ isDirectory }) => isDirectory)) return chosen(data.files);
  const files = new Map<string, Blob>();
  for (const entry of entries) await collect(entry, "", files);
  return { name: entries[0]!.name, input: files };
}

/** Of a file input; several files belong together. */
export function chosen(list: FileList | null): Opening | null {
  const files = [...(list ?? [])];
  if (files.length === 0) return null;
  if (files.length === 1 && !files[0]!.webkitRelativePath) return { name: files[0]!.name, input: files[0]! };
  const byPath = new Map(files.map((file) => [file.webkitRelativePath || file.name, file]));
  return { name: files[0]!.webkitRelativePath.split("/")[0] || files[0]!.name, input: byPath };
}

export function save(name: string, content: BlobPart, type = "application/octet-stream"): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Whether the text is on the clipboard. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
