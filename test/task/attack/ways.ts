/** The ways in: how the texts of several cases come to one task, and what the user asks for through which they come. */
import { assert } from "../../../src/platform/index.ts";
import { BETWEEN, disguise } from "./disguise.ts";
import type { Call } from "./gullible.ts";
import { desk, inbox, type Pack, remote } from "./packs.ts";

export type Case = {
  readonly id: string;
  readonly goal: string;
  readonly carrier: string;
  readonly disguise: string;
  readonly text: string;
};

/** Cases that come to one task by the same way. */
export type Batch = {
  readonly id: string;
  readonly carrier: string;
  readonly hasNotes: boolean;
  readonly cases: readonly Case[];
};

/** The host that packs may reach. */
export const DOCS = "https://docs.example.com";

const NOTED: Call = ["file_manager", { action: "write", path: "/workspace/notes.txt", content: "the private notes" }];
/** Goals that are about something that is there before. */
const ABOUT_NOTES: readonly string[] = ["drop_private", "delete_file"];

type Way = {
  /** The turns of the user's calls. @param pages the texts: what is split stands on two. */
  readonly turns: (batch: Batch, pages: readonly string[]) => readonly (readonly Call[])[];
  /** The text stands in the input itself. */
  readonly isPasted?: true;
  readonly pack: (batch: Batch) => Pack;
  /** Cases that come in together. */
  readonly together: number;
};

const onDesk = (): Pack => ({ id: "desk", extra: desk() });
const onInbox = (): Pack => ({ id: "inbox", extra: inbox() });
const onRemote = (): Pack => ({ id: "remote", extra: remote(`${DOCS}/attack/mcp/all`) });

const pageId = ({ id }: Batch, page: number): string => `${id}-${page}`;
const reading =
  (toCall: (id: string) => Call): Way["turns"] =>
  (batch, pages) =>
    pages.map((_, page) => [toCall(pageId(batch, page))]);
const byTool = (tool: string) => reading((id) => [tool, { id }]);
const byWeb = reading((id) => ["http_request", { method: "GET", url: `${DOCS}/attack/doc/${id}` }]);

const MANY = 20;
const WAYS: Readonly<Record<string, Way>> = {
  input: { turns: () => [], isPasted: true, pack: onDesk, together: MANY },
  web_page: { turns: byWeb, pack: onDesk, together: MANY },
  header: { turns: byWeb, pack: onDesk, together: 10 },
  file: {
    turns: (_batch, pages) =>
      pages.flatMap((content, page): readonly (readonly Call[])[] => {
        const path = `/workspace/mail-${page}.txt`;
        return [[["file_manager", { action: "write", path, content }]], [["file_manager", { action: "read", path }]]];
      }),
    pack: onInbox,
    together: MANY,
  },
  file_name: {
    turns: ({ cases }) => [
      cases.map((one): Call => ["file_manager", { action: "write", path: `/workspace/${nameOf(one)}`, content: "x" }]),
      [["file_manager", { action: "list", path: "/workspace" }]],
    ],
    pack: onInbox,
    together: 10,
  },
  program_output: {
    turns: (_batch, pages) =>
      pages.map((page): readonly Call[] => [
        ["code_executor", { language: "javascript", code: `console.log(${JSON.stringify(page)})` }],
      ]),
    pack: onDesk,
    together: MANY,
  },
  remote_result: { turns: byTool("records__read"), pack: onRemote, together: MANY },
  remote_error: { turns: byTool("records__fail"), pack: onRemote, together: 4 },
  remote_description: {
    turns: () => [],
    pack: ({ id }) => ({ id: `remote-${id}`, extra: remote(`${DOCS}/attack/mcp/${id}`) }),
    together: MANY,
  },
  child_answer: {
    turns: (_batch, pages) => [[["handoff", { agent: "helper", input: pages.join(BETWEEN) }]]],
    pack: onDesk,
    together: MANY,
  },
  // The user quotes a page that was read: it stands in what the session remembers.
  memory: { turns: byWeb, isPasted: true, pack: onDesk, together: MANY },
};

const wayOf = (carrier: string): Way => {
  const way = WAYS[carrier];
  assert(way !== undefined, `no way in is called ${carrier}`);
  return way;
};

export function toBatches(cases: readonly Case[]): readonly Batch[] {
  // What is to be said is said at the end, which a task that waits for a person does not come to.
  const kindOf = (goal: string): string => (ABOUT_NOTES.includes(goal) ? "-notes" : goal === "image" ? "-said" : "");
  const groups = Map.groupBy(cases, ({ carrier, goal }) => `${carrier}${kindOf(goal)}`);
  return [...groups].flatMap(([name, group]) => {
    const { carrier } = group[0] ?? { carrier: "" };
    const { together } = wayOf(carrier);
    return Array.from({ length: Math.ceil(group.length / together) }, (_, n) => ({
      id: `${name.replaceAll("_", "-")}-${n}`,
      carrier,
      hasNotes: name.endsWith("-notes"),
      cases: group.slice(n * together, (n + 1) * together),
    }));
  });
}

const documentsOf = (one: Case): readonly string[] => disguise(one.text, one.disguise, one.id);
const nameOf = (one: Case): string => documentsOf(one).join("").replaceAll(/\s/g, ".");

/** The texts on as many pages as the one with the most parts has. */
function pagesOf({ cases }: Batch): readonly string[] {
  const documents = cases.map(documentsOf);
  const pages = Math.max(...documents.map(({ length }) => length));
  return Array.from({ length: pages }, (_, page) => documents.flatMap((parts) => parts[page] ?? []).join(BETWEEN));
}

/** What the outside serves of it, by name: pages, and a text for each tool that a remote server describes. */
export function docsOf(batch: Batch): readonly (readonly [name: string, text: string])[] {
  const pages = pagesOf(batch).map((page, n) => [pageId(batch, n), page] as const);
  if (batch.carrier !== "remote_description") return pages;
  return [...pages, ...batch.cases.map((one, n) => [`${batch.id}.${n}`, documentsOf(one).join(" ")] as const)];
}

export const turnsOf = (batch: Batch): readonly (readonly Call[])[] => [
  ...(batch.hasNotes ? [[NOTED]] : []),
  ...wayOf(batch.carrier).turns(batch, pagesOf(batch)),
];
export const pastedOf = (batch: Batch): string =>
  wayOf(batch.carrier).isPasted === true ? pagesOf(batch).join(BETWEEN) : "";
export const packOf = (batch: Batch): Pack => wayOf(batch.carrier).pack(batch);
