/** Where browsers keep models: IndexedDB, and the user's own downloads. */
import { fail } from "../core/error.ts";
import { checkText } from "../core/guard.ts";
import { loadModel, type LoadOptions } from "./load.ts";
import type { Model } from "./model.ts";
import { collectFiles, exportModel, formatFor, saveToMap } from "./save.ts";

const DATABASE = "keraport";
const STORE = "models";

/** A request's result. Throws `limit/disk-space` where there is no room. */
function resultOf<T>(request: IDBRequest<T>, key: string): Promise<T> {
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error ?? new Error("no reason was given"));
  }).catch((error: unknown) => {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return fail(message.includes("Quota") ? "limit/disk-space" : "unsupported/storage", { file: key, message });
  }) as Promise<T>;
}

async function withStore<T>(
  key: string,
  mode: "readonly" | "readwrite",
  use: (store: IDBObjectStore) => IDBRequest<T>,
) {
  checkText("key", key);
  if (typeof indexedDB === "undefined")
    fail("unsupported/storage", { file: key, message: "this platform has no IndexedDB: save to a file" });
  const open = indexedDB.open(DATABASE, 1);
  open.onupgradeneeded = () => open.result.createObjectStore(STORE);
  const database = await resultOf(open, key);
  try {
    return await resultOf(use(database.transaction(STORE, mode).objectStore(STORE)), key);
  } finally {
    database.close();
  }
}

/** Keeps a model in the page's own IndexedDB, as a `.keras` file, over what was there. */
export async function saveModelToIndexedDb(model: Model, key: string): Promise<void> {
  const [bytes] = [...(await saveToMap(model, { format: "keras-v3" })).values()];
  await withStore(key, "readwrite", (store) => store.put(bytes, key));
}

/** Opens what was kept. */
export async function loadModelFromIndexedDb(key: string, options: LoadOptions): Promise<Model> {
  const bytes: unknown = await withStore(key, "readonly", (store) => store.get(key));
  if (!(bytes instanceof Uint8Array))
    return fail("malformed/missing-file", { file: key, message: "IndexedDB holds no model under this key" });
  return loadModel(bytes, options, null);
}

/** Hands a model's files to the user, in the format that `name` ends in. */
export async function downloadModel(model: Model, name: string): Promise<void> {
  checkText("name", name);
  if (typeof document === "undefined")
    fail("unsupported/storage", { file: name, message: "only a page can hand out downloads: save to a file" });
  const { files } = await exportModel(model, formatFor(name, undefined), {}, name);
  for (const [path, bytes] of await collectFiles(files, name)) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]));
    link.download = path;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }
}
