/** Files that run a model without this library: an ES module, and a page with one inside. */

export const TITLE = "ES module (.mjs, .d.mts, .weights.bin)";
export const EXTENSIONS = [".mjs"];

export const HTML_TITLE = "page that runs the model (.html)";
export const HTML_EXTENSIONS = [".html"];
