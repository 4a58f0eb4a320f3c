/** The worker: everything that takes longer than a frame. */
import { expose } from "comlink";
import { convert } from "./convert.ts";
import { equation, histograms, layout, open, weightFile, weights } from "./open.ts";
import { overlay } from "./overlay.ts";
import { arraysOf, layerOutputs, resetStates, run, shapes } from "./run.ts";
import { telling } from "./state.ts";
import { statesOf } from "./states.ts";
import { stopTraining, train, trained } from "./train.ts";
import { against, report, script, verify } from "./verify.ts";

const engine = {
  open: telling(open),
  layout: telling(layout),
  histograms: telling(histograms),
  equation: telling(equation),
  weights: telling(weights),
  weightFile: telling(weightFile),
  overlay: telling(overlay),
  run: telling(run),
  shapes: telling(shapes),
  resetStates: telling(resetStates),
  layerOutputs: telling(layerOutputs),
  statesOf: telling(statesOf),
  arraysOf: telling(arraysOf),
  verify: telling(verify),
  report: telling(report),
  script: telling(script),
  against: telling(against),
  convert: telling(convert),
  train: telling(train),
  trained: telling(trained),
  stopTraining: telling(stopTraining),
};

export type Engine = typeof engine;

expose(engine);
