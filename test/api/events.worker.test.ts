/** A task's events over REST: exact, resumable, as a stream and as pages. */
import { beforeAll, describe, expect, it } from "vitest";
import { EventPage } from "../../src/api/schema.ts";
import { accept, answerOf, ask, follow, framesOf, publishShared, seqOf, typeOf } from "./gateway.ts";

const WRITE = '@tool file_manager {"action":"write","path":"/workspace/a.txt","content":"x"}';
const INPUT = [WRITE, "@say one", WRITE, "@say two"].join("\n");

beforeAll(async () => {
  await publishShared("tester", {
    more: `
tools:
  available:
    - { id: "file_manager", name: "File Manager", sandbox: { timeout: "10s", filesystem: "scoped", scoped_paths: ["/workspace"] } }
`,
  });
});

const pageOf = async (taskId: string, query = "") => {
  const asked = ask(`/api/v1/tasks/${taskId}/events${query}`, { headers: { accept: "application/json" } });
  return EventPage().parse((await answerOf(asked)).body);
};

const dataOf = (frame: string): unknown => JSON.parse(/^data: (.*)$/m.exec(frame)?.[1] ?? "null");

describe("the event stream", () => {
  it("is gapless from 1 to the end, in a form that is not cached or buffered", async () => {
    const response = await follow(await accept(INPUT));
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("no-store");
    const frames = await framesOf(Promise.resolve(response));
    expect(frames.map(seqOf)).toEqual(frames.map((_, index) => index + 1));
    expect(typeOf(frames[0] ?? "")).toBe("task.queued");
    expect(typeOf(frames.at(-1) ?? "")).toBe("task.done");
    for (const frame of frames) expect(dataOf(frame)).toMatchObject({ seq: seqOf(frame), type: typeOf(frame) });
  });

  it("is what a client gets that asks for nothing in particular", async () => {
    const taskId = await accept("Hello");
    const response = await ask(`/api/v1/tasks/${taskId}/events`);
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    expect((await framesOf(Promise.resolve(response))).length).toBeGreaterThan(2);
  });

  it("has the same bytes from any position on", async () => {
    const taskId = await accept(INPUT);
    const whole = await framesOf(follow(taskId));
    for (let after = 0; after <= whole.length; after++) {
      expect(await framesOf(follow(taskId, { after })), `after ${after}`).toEqual(whole.slice(after));
    }
  });

  it("takes the newer position from the header, for a reconnecting browser repeats the address", async () => {
    const taskId = await accept(INPUT);
    const whole = await framesOf(follow(taskId));
    const byQuery = ask(`/api/v1/tasks/${taskId}/events?after=2`);
    expect(await framesOf(byQuery)).toEqual(whole.slice(2));
    const byBoth = ask(`/api/v1/tasks/${taskId}/events?after=2`, { headers: { "last-event-id": "4" } });
    expect(await framesOf(byBoth)).toEqual(whole.slice(4));
  });

  it("starts anew, and says so, for a position the task does not have", async () => {
    const taskId = await accept("Hello");
    const whole = await framesOf(follow(taskId));
    const [reset = "", ...rest] = await framesOf(follow(taskId, { after: whole.length + 1 }));
    expect([seqOf(reset), typeOf(reset)]).toEqual([0, "stream.reset"]);
    expect(dataOf(reset)).toMatchObject({ seq: 0, type: "stream.reset", data: { after: whole.length + 1 } });
    expect(rest).toEqual(whole);
  });

  it("brings events as they happen, and ends with the task", async () => {
    const taskId = await accept("@say first\n@sleep 60s");
    const response = await follow(taskId);
    const decoder = new TextDecoder();
    let seen = "";
    let isCancelled = false;
    for await (const bytes of response.body ?? []) {
      seen += decoder.decode(bytes, { stream: true });
      if (isCancelled || !seen.includes("first")) continue;
      // The text was seen while the task was still running.
      isCancelled = true;
      await ask(`/api/v1/tasks/${taskId}/cancel`, { method: "POST" });
    }
    expect(isCancelled).toBe(true);
    expect(seen).toContain("event: task.cancelled");
  });

  it("leaves the task running when its reader goes away", async () => {
    const taskId = await accept("@sleep 60s");
    const response = await follow(taskId);
    await response.body?.cancel();
    const { body } = await answerOf(ask(`/api/v1/agents/status/${taskId}`));
    expect(["queued", "running"]).toContain(body.state);
    expect((await ask(`/api/v1/tasks/${taskId}/cancel`, { method: "POST" })).status).toBe(202);
  });

  it("is not opened by HEAD", async () => {
    const taskId = await accept("@sleep 60s");
    const response = await ask(`/api/v1/tasks/${taskId}/events`, { method: "HEAD" });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
    await ask(`/api/v1/tasks/${taskId}/cancel`, { method: "POST" });
  });
});

describe("a page of events", () => {
  it("has what the stream has", async () => {
    const taskId = await accept(INPUT);
    const whole = await framesOf(follow(taskId));
    const page = await pageOf(taskId);
    expect(page.events).toEqual(whole.map(dataOf));
    expect(page.next).toBe(whole.length);
  });

  it("ends where it is told to, and the next begins there", async () => {
    const taskId = await accept(INPUT);
    const whole = (await framesOf(follow(taskId))).map(dataOf);
    const seen: unknown[] = [];
    let after = 0;
    for (;;) {
      const page = await pageOf(taskId, `?after=${after}&limit=3`);
      if (page.events.length === 0) break;
      expect(page.events.length).toBeLessThanOrEqual(3);
      seen.push(...page.events);
      after = page.next;
    }
    expect(seen).toEqual(whole);
    expect((await pageOf(taskId, `?after=${after}`)).next).toBe(after);
  });

  it("says what the stream says to a position the task does not have, and goes on from the start", async () => {
    const taskId = await accept("Hello");
    const whole = await framesOf(follow(taskId));
    const ahead = whole.length + 1;
    const [reset = ""] = await framesOf(follow(taskId, { after: ahead }));
    const page = await pageOf(taskId, `?after=${ahead}`);
    const at = { at: expect.any(String) };
    expect(page).toEqual({ events: [{ ...Object(dataOf(reset)), ...at }], next: 0 });
    expect((await pageOf(taskId, `?after=${page.next}`)).events).toEqual(whole.map(dataOf));
    // The last position the task has is no other task's: there is only nothing new.
    expect(await pageOf(taskId, `?after=${whole.length}`)).toEqual({ events: [], next: whole.length });
  });

  it("is what a client gets that names JSON and takes anything else", async () => {
    const taskId = await accept("Hello");
    const headers = { accept: "application/json, text/event-stream;q=0.5, */*;q=0.1" };
    const response = await ask(`/api/v1/tasks/${taskId}/events`, { headers });
    expect(response.headers.get("content-type")).toBe("application/json");
    await response.body?.cancel();
  });

  it("is not what a client gets that takes both forms", async () => {
    const taskId = await accept("Hello");
    const headers = { accept: "text/event-stream, application/json" };
    const response = await ask(`/api/v1/tasks/${taskId}/events`, { headers });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    await response.body?.cancel();
  });
});
