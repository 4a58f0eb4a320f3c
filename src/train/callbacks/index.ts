/** Keras's callbacks for `fit`; your own are objects of the type `Callback`. */
export { reduceLROnPlateau, learningRateScheduler } from "./rates.ts";
export { csvLogger, modelCheckpoint } from "./saving.ts";
export { earlyStopping, terminateOnNaN } from "./stopping.ts";
export type { ReduceLROnPlateauOptions } from "./rates.ts";
export type { CSVLoggerOptions, ModelCheckpointOptions } from "./saving.ts";
export type { EarlyStoppingOptions } from "./stopping.ts";
