import { Command } from "commander";
import { manPage } from "./man-page.ts";
import { withExamples } from "./options.ts";

/** `tailrace man`: prints the manual page. */
export function manCommand(program: Command, version: string): Command {
  return withExamples(new Command("man").description("print the manual page, as man(1) reads it"), [
    "tailrace man > ~/.local/share/man/man1/tailrace.1",
    "tailrace man | man -l -",
  ]).action(() => {
    process.stdout.write(manPage(program, version));
  });
}
