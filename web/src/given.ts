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

export async function given(): Promise<Given | null> {
  const text = document.getElementById("given")?.textContent ?? "null";
  const parts = JSON.parse(text) as { model: Part; fixture?: Part; against?: Part } | null;
  if (parts !== null)
    return {
      model: await opening(parts.model),
      ...(parts.fixture && { fixture: await opening(parts.fixture) }),
      ...(parts.against && { against: await opening(parts.against) }),
    };
  const url = new URLSearchParams(location.search).get("url");
  if (url === null) return null;
  // The policy lets this page reach its own host alone.
  const input = new URL(url, location.href).href;
  return { model: { name: input.split("/").at(-1) ?? url, input } };
}
