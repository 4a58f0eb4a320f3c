/** Writing the open model in another format: first what would become of it, then the files. */
import { zipSync } from "fflate";
import {
  convert as write,
  type Conversion,
  type ConvertOptions,
  type EditOptions,
  type LoadInput,
} from "../../../src/index.ts";
import { current } from "./state.ts";

export interface Wish {
  readonly format: NonNullable<ConvertOptions["format"]>;
  readonly extension: string;
  readonly dialect?: "keras2" | "keras3";
  readonly edit: EditOptions;
}

export interface Written {
  readonly conversion: Conversion;
  readonly name: string;
  readonly bytes: number;
  /** Several files are one archive. */
  readonly file: Uint8Array<ArrayBuffer>;
}

/** `verify`: whether what was written is read back, and compared. */
export async function convert(wish: Wish, verify: boolean): Promise<Written> {
  const { opening } = current();
  const base =
    opening.name
      .split("/")
      .at(-1)!
      .replace(/(\.weights)?\.\w+$/, "") || "model";
  const name = `${base}${wish.extension}`;
  const { files, ...conversion } = await write(opening.input as LoadInput, name, {
    format: wish.format,
    verify,
    ...(wish.dialect && { dialect: wish.dialect }),
    ...(Object.keys(wish.edit).length > 0 && { edit: wish.edit }),
  });
  const all = [...files];
  const bytes = all.reduce((sum, [, content]) => sum + content.length, 0);
  const one = all.length === 1 ? all[0]! : null;
  const file = (one?.[1] ?? zipSync(Object.fromEntries(all))) as Uint8Array<ArrayBuffer>;
  return { conversion, name: one === null ? `${base}.zip` : name, bytes, file };
}
