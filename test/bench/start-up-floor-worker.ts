/** Hono and Connect with one service, and nothing else: the floor of a Worker that has both doors. */
import { createConnectRouter } from "@connectrpc/connect";
import { createFetchHandler } from "@connectrpc/connect/protocol";
import { Hono } from "hono";
import { Health } from "../../src/gen/proto/grpc/health/v1/health_pb.js";

const router = createConnectRouter({ grpc: false });
router.service(Health, { check: () => ({ status: 1 }) });
const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, createFetchHandler(handler)]));

const app = new Hono();
app.get("/health", (context) => context.json({ status: "ok" }));
app.all("*", async (context) => {
  const handler = handlers.get(new URL(context.req.url).pathname);
  return handler === undefined ? context.text("not found", 404) : handler(context.req.raw);
});

export default app;
