// Prints what the official parser finds in an AsyncAPI document, as JSON.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], "utf8"));
const operations = document?.operations().all() ?? [];
console.log(
  JSON.stringify({
    diagnostics: diagnostics.map(({ severity, code, message, path }) => ({ severity, code, message, path })),
    operations: Object.fromEntries(
      operations.map((one) => [one.id(), one.reply()?.messages().all().map((reply) => reply.name()) ?? null]),
    ),
  }),
);
