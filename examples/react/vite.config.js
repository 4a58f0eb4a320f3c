// The model of this example lies outside of its folder; with your own in it this file may go.
import { defineConfig } from "vite";

export default defineConfig({ server: { fs: { allow: ["../.."] } } });
