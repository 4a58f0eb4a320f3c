/** What is done with texts: no engine computes it, whoever opens a session does (engines/texts.ts). */
import type { HostRule } from "./define.ts";
import { numberOfSize } from "./shapes.ts";

/** Shape and dtype are told: lengths that depend on what is in the texts are null. */
export const text: HostRule = {
  takes: () => null,
  shape: (_x, { shape }) => ({ y: shape.map((size) => (size === null ? null : numberOfSize(size))) }),
  dtype: (_x, { dtype }) => ({ y: dtype }),
};
