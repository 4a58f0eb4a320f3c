/** Whether a module that was written is what was meant, and how it is run to see what it computes. */
import { sameBytes } from "../../core/bytes.ts";
import { fail } from "../../core/error.ts";
import type { Tensor } from "../../core/tensor.ts";
import { mayCompile } from "../../engines/wasm/emit/compiled.ts";
import type { OutputFile } from "../../formats/archive.ts";
import type { Runner, WrittenFiles } from "../types.ts";
import type { Beside } from "./text.ts";

/** Beyond them a module is not run to be checked: it would be in memory several times, its text more often than what is beside it. */
const [MOST_TEXT, MOST_BESIDE] = [16 * 2 ** 20, 48 * 2 ** 20];

async function bytesOf(written: WrittenFiles, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const source =
    written.get(name) ?? fail("mismatch/verification", { path: name, message: "what was written is not there" });
  return new Uint8Array(await source.read(0, source.size));
}

/** Every file byte by byte. Throws `mismatch/verification`. */
export async function checkFiles(
  written: WrittenFiles,
  files: readonly OutputFile[],
  target: string,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { path, chunks } of files) {
    const name = path === "" ? target : path;
    const source = written.get(name);
    let at = 0;
    for await (const chunk of chunks()) {
      const isLong = source !== undefined && at + chunk.length <= source.size;
      const there = isLong ? await source.read(at, chunk.length) : new Uint8Array(0);
      if (!sameBytes(there, chunk))
        fail("mismatch/verification", { path: name, message: "what was written differs", expected: "the model's" });
      at += chunk.length;
    }
    if (source?.size !== at)
      fail("mismatch/verification", { path: name, expected: `${at} bytes`, found: `${source?.size}` });
    found.push(`${name}, byte by byte`);
  }
  return found;
}

const dataUrl = (bytes: Uint8Array): string => {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x2000) text += String.fromCharCode(...bytes.subarray(at, at + 0x2000));
  return `data:text/javascript;base64,${btoa(text)}`;
};

interface Module {
  predict(x: readonly Tensor[]): Promise<readonly Tensor[]>;
}

/** What a page or runtime says that lets no module be made of text. */
const isForbidden = async (): Promise<boolean> => (await imported("export {};").catch(() => null)) === null;

let count = 0;

/** Each time another module: equal texts would be one, with the states that its last runs left. */
const imported = async (text: string): Promise<unknown> =>
  import(/* @vite-ignore */ /* webpackIgnore: true */ dataUrl(new TextEncoder().encode(`${text}\n//${count++}`)));

/** Throws `mismatch/verification` for one that cannot be loaded where others can. */
async function runText(text: string): Promise<Runner | { readonly unknown: string }> {
  let module: Module;
  try {
    module = (await imported(text)) as Module;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (!mayCompile() || (await isForbidden())) return { unknown: message };
    return fail("mismatch/verification", { message: `what was written does not run: ${message.slice(0, 200)}` });
  }
  return { run: (inputs) => module.predict(inputs) };
}

/** Runs the text of a file that was written, which `use` gets from the file's. */
export async function openText(
  written: WrittenFiles,
  target: string,
  use: (text: string) => string | Promise<string>,
): Promise<Runner | { readonly unknown: string }> {
  for (const [name, { size }] of written) {
    const most = name === target ? MOST_TEXT : MOST_BESIDE;
    if (size > most) return { unknown: `modules with files of more than ${most} bytes are not run` };
  }
  return runText(await use(new TextDecoder().decode(await bytesOf(written, target))));
}

/** Runs the module with the files beside it, all taken from memory. */
export async function openModule(
  written: WrittenFiles,
  target: string,
  { weights, code }: Beside,
): Promise<Runner | { readonly unknown: string }> {
  const urls: string[] = [];
  const urlOf = async (name: string): Promise<string> => {
    const url = URL.createObjectURL(new Blob([await bytesOf(written, name)]));
    urls.push(url);
    return url;
  };
  try {
    return await openText(written, target, async (module) => {
      let text = module;
      if (weights !== undefined) {
        const url = await urlOf(weights);
        text = text.replace(/new URL\("[^"]*", import\.meta\.url\)/, () => `new URL("${url}")`);
      }
      if (code === undefined) return text;
      const url = await urlOf(code);
      return text.replace(
        /^import (\S+) from.*;$/m,
        (_, name: string) => `const ${name} = new WebAssembly.Module(await (await fetch("${url}")).arrayBuffer());`,
      );
    });
  } finally {
    for (const url of urls) URL.revokeObjectURL(url);
  }
}
