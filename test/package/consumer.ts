/** What a user's program may say; compiled against the declarations that ship, with no library but the language's own. */
import { type FormatError, layers, load, Sequential, tensor, verify } from "keraport";

export async function run(bytes: Uint8Array): Promise<number> {
  const model = await load(bytes);
  const outputs = await model.predict(new Float32Array(3));
  return outputs[0]!.data.length;
}

export const made = new Sequential({ layers: [layers.lstm({ units: 4, inputShape: [null, 2] })] });
export const x = tensor([1, 2, 3]);
export const check = verify;
export type Thrown = FormatError["problems"];
