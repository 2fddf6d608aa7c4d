/** A model server on this machine: speaks one wire, does with each request what the test asked for, keeps what it saw. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { assert } from "../../../src/platform/index.ts";
import type { Answer, ErrorKind, Part, Stop, Tokens } from "./answer.ts";

/** Writes one stream in a provider's format. */
export interface StreamWriter {
  open(): string;
  text(text: string): string;
  call(part: Part & { readonly kind: "call" }, stop: Stop): string;
  close(stop: Stop): string;
  /** An error inside the stream. */
  overload(): string;
}

export interface Wire {
  readonly path: string;
  writer(tokens: Tokens | null): StreamWriter;
  error(kind: ErrorKind): {
    readonly status: number;
    readonly headers?: Record<string, string>;
    readonly body: unknown;
  };
}

export type Seen = { readonly url: string; readonly headers: IncomingMessage["headers"]; readonly body: unknown };

export class ModelServer {
  readonly seen: Seen[] = [];
  readonly #wire: Wire;
  readonly #choose: ((seen: Seen) => Answer) | undefined;
  readonly #answers: Answer[] = [];
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch((thrown: unknown) => response.destroy(new Error(String(thrown))));
  });
  #arrived: (() => void)[] = [];
  #closed: (() => void)[] = [];

  /** @param choose the answer to a request, when many ask at once; else they are those of `play`, in order. */
  constructor(wire: Wire, choose?: (seen: Seen) => Answer) {
    this.#wire = wire;
    this.#choose = choose;
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return this.origin;
  }

  get origin(): string {
    const { port } = this.#server.address() as AddressInfo; // a TCP server's address has a port
    return `http://127.0.0.1:${port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The answers to the next requests, in order. */
  play(...answers: readonly Answer[]): void {
    this.#answers.splice(0, this.#answers.length, ...answers);
    this.seen.length = 0;
  }

  /** Resolves when the next request has arrived with its body. */
  arrival(): Promise<void> {
    return new Promise((resolve) => this.#arrived.push(resolve));
  }

  /** Resolves when a client gives up on an answer. */
  departure(): Promise<void> {
    return new Promise((resolve) => this.#closed.push(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    const seen = { url: request.url ?? "", headers: request.headers, body };
    this.seen.push(seen);
    response.on("close", () => {
      if (response.writableFinished) return;
      for (const resolve of this.#closed.splice(0)) resolve();
    });
    for (const resolve of this.#arrived.splice(0)) resolve();
    const answer = this.#choose?.(seen) ?? this.#answers.shift();
    assert(answer !== undefined, "a request came that the test did not expect");
    await this.#answer(answer, response);
  }

  async #answer(answer: Answer, response: ServerResponse): Promise<void> {
    switch (answer.kind) {
      case "silence":
        return;
      case "reset":
        response.socket?.resetAndDestroy();
        return;
      case "redirect":
        response.writeHead(307, { location: answer.to }).end();
        return;
      case "page":
        response.writeHead(200, { "content-type": answer.type }).end(answer.body);
        return;
      case "error": {
        const { status, headers, body } = this.#wire.error(answer.error);
        const retry = answer.retryAfter === undefined ? {} : { "retry-after": answer.retryAfter };
        response.writeHead(status, { "content-type": "application/json", ...headers, ...retry });
        response.end(JSON.stringify(body));
        return;
      }
      case "stream":
        await this.#stream(answer, response);
    }
  }

  async #stream(answer: Answer & { readonly kind: "stream" }, response: ServerResponse): Promise<void> {
    const writer = this.#wire.writer(answer.tokens);
    const write = (frames: string) => new Promise((resolve) => response.write(frames, resolve));
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    await write(writer.open());
    for (const part of answer.parts) {
      if (part.kind === "wait") await (typeof part.until === "function" ? part.until() : part.until);
      else await write(part.kind === "text" ? writer.text(part.text) : writer.call(part, answer.stop));
    }
    switch (answer.end) {
      case "complete":
        response.end(writer.close(answer.stop));
        return;
      case "endless":
        await write(writer.close(answer.stop).replace("data: [DONE]\n\n", ""));
        return;
      case "cut":
        response.destroy();
        return;
      case "eof":
        response.end();
        return;
      case "error":
        response.end(writer.overload());
        return;
      case "stall":
        return;
    }
  }
}
