/** The family `models`: see `registry.ts`. */
export { functional } from "../models/functional.ts";
export { sequential } from "../models/sequential.ts";
