/** The whole file of a plan, whose size is checked. */
import type { WriteGroup } from "../../../src/codecs/hdf5/write/types.ts";
import { planHdf5 } from "../../../src/codecs/hdf5/writer.ts";

export async function writeHdf5(root: WriteGroup): Promise<Uint8Array> {
  const plan = planHdf5(root);
  const out = new Uint8Array(plan.size);
  let at = 0;
  for await (const chunk of plan.chunks()) {
    out.set(chunk, at);
    at += chunk.length;
  }
  if (at !== plan.size) throw new Error(`planned ${plan.size} bytes, wrote ${at}`);
  return out;
}
