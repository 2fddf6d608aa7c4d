/** The providers that the configuration names. Which of them answers a turn is the router's business. */
import type { Provider } from "../provider.ts";
import type { ModelConfig, ProviderName } from "../types.ts";
import { createAnthropicProvider } from "./anthropic.ts";
import type { Fetch } from "./attempt.ts";
import { createOfflineProvider } from "./offline.ts";
import { createOpenAiProvider, toOllamaBaseUrl } from "./openai.ts";

export function createProviders(config: ModelConfig, fetch: Fetch): ReadonlyMap<ProviderName, Provider> {
  const providers = new Map<ProviderName, Provider>([["offline", createOfflineProvider()]]);
  if (config.anthropic !== null) {
    providers.set("anthropic", createAnthropicProvider({ ...config.anthropic, fetch }));
  }
  if (config.openai !== null) {
    providers.set("openai", createOpenAiProvider({ name: "openai", ...config.openai, fetch }));
  }
  if (config.ollama !== null) {
    // Ollama asks for no key, and reads none.
    const baseUrl = toOllamaBaseUrl(config.ollama.baseUrl);
    providers.set("ollama", createOpenAiProvider({ name: "ollama", apiKey: "none", baseUrl, fetch }));
  }
  return providers;
}
