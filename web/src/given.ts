/** What the page was made with, or asked for by its address: a model to open at once, its fixture, another to compare. */
import type { Opening } from "./types.ts";

export interface Given {
  readonly model: Opening;
  readonly fixture?: Opening;
  readonly against?: Opening;
}

/** As `keraport view` writes it: each file's bytes in base64, or where they are. */
interface Part {
  readonly name: string;
  readonly files: readonly { readonly path: string; readonly base64?: string; readonly url?: string }[];
}

export function blobOf(base64: string): Blob {
  return new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))]);
}

async function fetched(url: string): Promise<Blob> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer.blob();
}

async function opening({ name, files }: Part): Promise<Opening> {
  const blobs = new Map<string, Blob>();
  for (const { path, base64, url } of files)
    blobs.set(path, base64 === undefined ? await fetched(url!) : blobOf(base64));
  return { name, input: files.length === 1 ? [...blobs.values()][0]! : blobs };
}

/** Whether a `<keraport-model>` shows this page: it hands the model over. */
export const isFramed = parent !== window && window.name === "keraport-model";

interface Handed {
  readonly files?: readonly (readonly [name: string, file: Blob])[];
  readonly error?: string;
}

const framed = (): Promise<Given> =>
  new Promise((done, failed) =>
    addEventListener("message", ({ source, data }: MessageEvent<{ readonly "keraport-model"?: Handed } | null>) => {
      const { files, error } = data?.["keraport-model"] ?? {};
      if (source !== parent) return;
      if (error !== undefined) failed(new Error(error));
      const [first] = files ?? [];
      if (files === undefined || first === undefined) return;
      done({ model: { name: first[0], input: files.length === 1 ? first[1] : new Map(files) } });
    }),
  );

export async function given(): Promise<Given | null> {
  const text = document.getElementById("given")?.textContent ?? "null";
  const parts = JSON.parse(text) as { model: Part; fixture?: Part; against?: Part } | null;
  if (parts !== null)
    return {
      model: await opening(parts.model),
      ...(parts.fixture && { fixture: await opening(parts.fixture) }),
      ...(parts.against && { against: await opening(parts.against) }),
    };
  if (isFramed) return framed();
  const url = new URLSearchParams(location.search).get("url");
  if (url === null) return null;
  // The policy lets this page reach its own host alone.
  const input = new URL(url, location.href).href;
  return { model: { name: input.split("/").at(-1) ?? url, input } };
}
