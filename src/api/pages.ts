/**
 * Pages for people and descriptions for machines that are no part of the REST interface: the document and its page,
 * the error pages, the proto descriptor. Everything comes from this Worker, so the page works offline and its
 * content security policy allows nothing else.
 */
import type { ApiDeps } from "./deps.ts";
import { errorPage, errorsPage } from "./error-docs.ts";
import { openApiDocument } from "./openapi.ts";
import { ROUTES } from "./routes.ts";

type Page = {
  readonly path: string;
  /** Null: there is no such page. */
  readonly answer: (
    deps: ApiDeps,
    params: Readonly<Record<string, string>>,
  ) => Response | null | Promise<Response | null>;
};

const DOCS_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  // Swagger UI writes style attributes.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const DOCS_HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Vasini API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<noscript>This page needs scripts. The document itself is at <a href="/openapi.json">/openapi.json</a>.</noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const DOCS_START = `SwaggerUIBundle({ url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null });
`;

const content = (
  type: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Response => new Response(body, { headers: { "content-type": type, "cache-control": "no-cache", ...headers } });

/** An asset under its own path; null when the build did not put it there. */
async function asset(deps: ApiDeps, path: string): Promise<Response | null> {
  const found = await deps.assets(path);
  return found.ok ? found : null;
}

// Made on first use: neither is needed to accept a task.
let document: string | undefined;

export const PAGES: readonly Page[] = [
  {
    path: "/openapi.json",
    answer: () => {
      document ??= openApiDocument(ROUTES);
      return content("application/json", document);
    },
  },
  {
    path: "/docs",
    answer: () => content("text/html; charset=utf-8", DOCS_HTML, { "content-security-policy": DOCS_POLICY }),
  },
  { path: "/docs/start.js", answer: () => content("text/javascript; charset=utf-8", DOCS_START) },
  { path: "/docs/swagger-ui-bundle.js", answer: (deps) => asset(deps, "/docs/swagger-ui-bundle.js") },
  { path: "/docs/swagger-ui.css", answer: (deps) => asset(deps, "/docs/swagger-ui.css") },
  { path: "/docs/errors", answer: () => content("text/plain; charset=utf-8", errorsPage()) },
  {
    path: "/docs/errors/{code}",
    answer: (_deps, { code = "" }) => {
      const text = errorPage(code);
      return text === null ? null : content("text/plain; charset=utf-8", text);
    },
  },
  {
    path: "/descriptor.binpb",
    answer: async () => {
      const { descriptorSet } = await import("./descriptor.ts");
      return content("application/octet-stream", descriptorSet());
    },
  },
];
