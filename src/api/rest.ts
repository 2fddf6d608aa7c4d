/** Paths -> routes and pages. A known path with another method is 405, an unknown path 404, whoever asks. */
import { Hono } from "hono";
import { AppError } from "../platform/index.ts";
import { PAGES } from "./pages.ts";
import type { Scope } from "./route.ts";
import { ROUTES } from "./routes.ts";

type Env = { Bindings: { scope: Scope } };

/** A parameter of the name `path` takes the rest of the address, slashes and all. */
const toPattern = (path: string): string => path.replace(/\{path\}$/, ":path{.+}").replaceAll(/\{(\w+)\}/g, ":$1");

/** A thrown 405 carries the methods that its answer must name. */
export class MethodNotAllowed extends AppError {
  readonly allow: string;
  constructor(allow: string) {
    super("METHOD_NOT_ALLOWED", `This path answers to ${allow}.`);
    this.allow = allow;
  }
}

/** The router: rejects with AppErrors, and with whatever a handler threw. */
export function createRest(): (scope: Scope) => Promise<Response> {
  const app = new Hono<Env>();
  const methods = new Map<string, string[]>();
  for (const route of ROUTES) {
    methods.set(route.path, [
      ...(methods.get(route.path) ?? []),
      ...(route.method === "GET" ? ["GET", "HEAD"] : [route.method]),
    ]);
    app.on(route.method, toPattern(route.path), (context) => {
      context.env.scope.route = route.path;
      return route.run(context.env.scope, context.req.param());
    });
  }
  for (const page of PAGES) {
    methods.set(page.path, ["GET", "HEAD"]);
    app.get(toPattern(page.path), async (context) => {
      context.env.scope.route = page.path;
      const answer = await page.answer(context.env.scope.deps, context.req.param());
      if (answer === null) throw new AppError("NOT_FOUND");
      return answer;
    });
  }
  // After all methods of all paths, for a path can match two patterns.
  for (const [path, allowed] of methods) {
    app.all(toPattern(path), () => {
      throw new MethodNotAllowed(allowed.join(", "));
    });
  }
  app.notFound(() => {
    throw new AppError("NOT_FOUND");
  });
  app.onError((thrown) => {
    throw thrown;
  });
  return async (scope) => app.fetch(scope.request, { scope });
}
