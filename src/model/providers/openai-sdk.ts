/** What openai.ts needs of OpenAI's SDK; why it is named is said in anthropic-sdk.ts. */
export { APIError, OpenAI } from "openai";
