/** The backends that a caller may name. */
export { BACKEND_NAMES, type BackendName, DEFAULT_BACKEND } from "../engines/index.ts";
