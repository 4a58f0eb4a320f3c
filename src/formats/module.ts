/** ES modules that run a model without this library. */

export const TITLE = "ES module (.mjs, .d.mts, .weights.bin)";
export const EXTENSIONS = [".mjs"];
