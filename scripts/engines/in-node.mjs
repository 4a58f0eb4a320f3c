/** What a Node engine runs: `in-node.mjs DIST FIXTURES`, cases as JSON on standard input, results as JSON on standard output. */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { library, runCases } from "./run.mjs";

const [dist, fixtures] = process.argv.slice(2);
const lib = await library((path) => pathToFileURL(join(dist, path)).href, "node.js");
const cases = JSON.parse(readFileSync(0, "utf8"));
const read = async (path) => new Uint8Array(await readFile(join(fixtures, path)));
process.stdout.write(JSON.stringify(await runCases(lib, cases, read)));
