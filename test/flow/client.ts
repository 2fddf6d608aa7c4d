/** A few calls of the public API, as curl would make them. */

export const TENANT = "tenant-flow";

/** The manifest of a pack that has these tools and nothing else. @param available the list, in YAML */
export const manifestOf = (packId: string, available: string): string => `
schema_version: "1.0"
pack_id: "${packId}"
version: "1.0.0"
risk_level: "low"
author: { name: "Tests" }
role: { title: "Tester", domain: "Testing", seniority: "senior", goal: { primary: "Try things" } }
tools:
  available:
${available}`;

export async function postRun(
  url: string,
  request: {
    readonly pack: string;
    readonly input: string;
    readonly key: string;
    readonly body?: Record<string, unknown>;
  },
): Promise<Response> {
  return fetch(`${url}/api/v1/agents/${request.pack}/run`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-tenant-id": TENANT, "x-idempotency-key": request.key },
    body: JSON.stringify({ input: request.input, ...request.body }),
  });
}

export const get = (url: string, path: string): Promise<Response> =>
  fetch(`${url}${path}`, { headers: { "x-tenant-id": TENANT } });

export async function openEvents(url: string, taskId: string, after: number): Promise<Response> {
  return fetch(`${url}/api/v1/tasks/${taskId}/events`, {
    headers: { "x-tenant-id": TENANT, accept: "text/event-stream", "last-event-id": String(after) },
  });
}

/** Frames of a stream without heartbeats, as they come. */
export async function* framesOf(response: Response): AsyncGenerator<string> {
  if (response.body === null) throw new Error("no body");
  let rest = "";
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    rest += piece;
    for (let at = rest.indexOf("\n\n"); at >= 0; at = rest.indexOf("\n\n")) {
      const frame = rest.slice(0, at + 2);
      rest = rest.slice(at + 2);
      if (!frame.startsWith(":")) yield frame;
    }
  }
}

/** Reads until a frame satisfies `stop` (included), or to the end. A cut connection ends the reading too. */
export async function readFrames(
  response: Response,
  stop: (frame: string) => boolean = () => false,
): Promise<string[]> {
  const frames: string[] = [];
  try {
    for await (const frame of framesOf(response)) {
      frames.push(frame);
      if (stop(frame)) break;
    }
  } catch {
    // The server was killed: what arrived until then is what the reader has.
  }
  return frames;
}

export const seqOf = (frame: string): number => Number(/^id: (\d+)/.exec(frame)?.[1]);
export const typeOf = (frame: string): string => /^event: (.*)$/m.exec(frame)?.[1] ?? "";
export const dataOf = (frame: string): { [name: string]: unknown } =>
  JSON.parse(/^data: (.*)$/m.exec(frame)?.[1] ?? "{}").data;

export const js = (code: string): string => `@tool code_executor ${JSON.stringify({ language: "javascript", code })}`;
export const fiveSteps = [0, 1, 2, 3, 4].map((n) => js(`console.log("step ${n}"); ${n}`)).join("\n");
