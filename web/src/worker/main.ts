/** The worker: everything that takes longer than a frame. */
import { expose } from "comlink";
import { histograms, layout, open, weightFile, weights } from "./open.ts";
import { telling } from "./state.ts";

const engine = {
  open: telling(open),
  layout: telling(layout),
  histograms: telling(histograms),
  weights: telling(weights),
  weightFile: telling(weightFile),
};

export type Engine = typeof engine;

expose(engine);
