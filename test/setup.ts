/** Property tests try the same inputs in every run; KERAPORT_SEED chooses others. */
import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env["KERAPORT_SEED"] ?? 20261123) });
