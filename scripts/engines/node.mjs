/** Node engines: this one, and others whose binary an npm package holds. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";

/** The Node of a major version, installed below `folder` when it is first asked for. */
export function nodeOf(major, folder) {
  const platform = process.platform === "win32" ? "win" : process.platform;
  const name = `node-${platform}-${process.arch}`;
  const place = join(folder, `node-${major}`);
  const binary = join(place, "node_modules", name, "bin", process.platform === "win32" ? "node.exe" : "node");
  if (existsSync(binary)) return binary;
  mkdirSync(place, { recursive: true });
  const options = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
  execFileSync("npm", ["install", ...options, "--prefix", place, `${name}@${major}`], {
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  return binary;
}

export const versionOf = (binary) =>
  `Node ${execFileSync(binary, ["--version"], { encoding: "utf8" }).trim().slice(1)}`;

/** Results of `in-node.mjs` in a Node. Throws when it ends badly. */
export async function runInNode(binary, flags, { dist, fixtures, cases }) {
  const child = spawn(binary, [...flags, join(import.meta.dirname, "in-node.mjs"), dist, fixtures], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(JSON.stringify(cases));
  const chunks = [];
  child.stdout.on("data", (chunk) => chunks.push(chunk));
  const code = await new Promise((done, failed) => child.once("close", done).once("error", failed));
  if (code !== 0) throw new Error(`ended with exit code ${code}`);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}
