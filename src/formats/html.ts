/** Pages that run a model without this library. */

export const TITLE = "page that runs the model (.html)";
export const EXTENSIONS = [".html"];
