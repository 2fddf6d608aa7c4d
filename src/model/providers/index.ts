/** The providers that the configuration names. Which of them answers a turn is the router's business. */
import type { Clock } from "../../platform/index.ts";
import type { Provider } from "../provider.ts";
import type { ModelConfig, ProviderName } from "../types.ts";
import { createAnthropicProvider } from "./anthropic.ts";
import type { Fetch } from "./attempt.ts";
import { createOfflineProvider } from "./offline.ts";
import { createOpenAiProvider, toOllamaBaseUrl } from "./openai.ts";

type Options = { readonly fetch: Fetch; readonly clock: Clock };

export function createProviders(config: ModelConfig, { fetch, clock }: Options): ReadonlyMap<ProviderName, Provider> {
  const providers = new Map<ProviderName, Provider>([["offline", createOfflineProvider({ clock })]]);
  if (config.anthropic !== null) {
    providers.set("anthropic", createAnthropicProvider({ ...config.anthropic, fetch, clock }));
  }
  if (config.openai !== null) {
    providers.set("openai", createOpenAiProvider({ name: "openai", ...config.openai, fetch, clock }));
  }
  if (config.ollama !== null) {
    // Ollama asks for no key, and reads none.
    const baseUrl = toOllamaBaseUrl(config.ollama.baseUrl);
    providers.set("ollama", createOpenAiProvider({ name: "ollama", apiKey: "none", baseUrl, fetch, clock }));
  }
  return providers;
}
