/**
 * Signals that a text speaks to the model instead of through it: attempts to replace its instructions, and to talk it out
 * of its limits. Rules catch the crude ones and nobody who takes care, so they flag and decide nothing.
 */
import { ENCODED_CHARS_MAX, ENCODED_STRETCHES_MAX, SIGNALS_PER_RULE_MAX } from "./limits.ts";
import type { Finding } from "./types.ts";

type Signal = {
  readonly kind: "injection" | "jailbreak";
  readonly label: string;
  readonly score: number;
  readonly pattern: RegExp;
};

const WHAT =
  "(?:instructions?|prompts?|rules?|directions?|guidelines?|commands?|directives?|constraints?|programming|training)";
const EARLIER =
  "(?:previous|prior|above|earlier|preceding|existing|original|initial|former|foregoing|system|developer|your)";

const SIGNALS: readonly Signal[] = [
  {
    kind: "injection",
    label: "ignore_instructions",
    score: 0.9,
    pattern: new RegExp(
      `\\b(?:ignore|disregard|forget|override|bypass|neglect|discard|stop following|do not follow|don't follow|pay no attention to)\\b[^.\\n]{0,40}\\b${EARLIER}\\b[^.\\n]{0,30}\\b${WHAT}\\b`,
      "gi",
    ),
  },
  {
    kind: "injection",
    label: "ignore_instructions",
    score: 0.9,
    pattern:
      /(?:ignoriere|vergiss|missachte)[^.\n]{0,30}(?:vorherigen|bisherigen|obigen|alle)[^.\n]{0,20}(?:anweisungen|regeln|befehle)|(?:ignore[zs]?|oublie[zs]?)[^.\n]{0,20}(?:instructions|consignes|règles)[^.\n]{0,20}(?:précédentes|antérieures|ci-dessus)|(?:ignora|olvida|descarta)[^.\n]{0,20}(?:instrucciones|reglas)[^.\n]{0,20}(?:anteriores|previas)|(?:игнорируй|забудь)(?:те)?[^.\n]{0,30}(?:предыдущие|прошлые|все)[^.\n]{0,20}(?:инструкции|указания|правила)|(?:忽略|无视|忘记)[^。\n]{0,12}(?:指令|指示|说明|规则)/giu,
  },
  {
    kind: "injection",
    label: "new_instructions",
    score: 0.7,
    pattern:
      /\b(?:new|updated|real|actual|true|revised) (?:system |admin |developer )?(?:instructions?|prompt|directives?)\s{0,3}[:：]|\byour (?:new|real|actual|true) (?:task|goal|objective|job|purpose|instructions?) (?:is|are)\b/gi,
  },
  {
    kind: "injection",
    label: "role_markup",
    score: 0.85,
    pattern:
      /<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id)\|?>|\[\/?INST\]|<<\/?SYS>>|^#{1,4} ?(?:system|developer)(?: (?:prompt|message|instructions?))? ?:|<\/?(?:system|system_prompt|untrusted_data|admin_instructions?)>|\bBEGIN (?:SYSTEM|ADMIN) (?:PROMPT|MESSAGE|INSTRUCTIONS?)\b/gim,
  },
  {
    kind: "injection",
    label: "prompt_leak",
    score: 0.8,
    pattern:
      /\b(?:reveal|print|show|repeat|output|display|tell me|leak|dump|write out|give me|what (?:is|are|was|were))\b[^.\n]{0,30}\b(?:your|the)\b[^.\n]{0,20}\b(?:system prompt|system message|initial prompt|(?:initial|hidden|secret|original|exact|full) instructions|(?:prompt|instructions|text) above)\b/gi,
  },
  {
    kind: "injection",
    label: "addressed_to_model",
    score: 0.7,
    pattern:
      /\b(?:if you are|as|attention|note to|message (?:to|for)|hey|dear)[ ,:]{1,2}(?:an? |the |any |all )?(?:ai|a\.i\.|llm|large language model|language model|chatbot|ai (?:assistant|agent|model))s?\b[^.\n]{0,40}\b(?:reading|processing|summari[sz]ing|must|should|you|please|ignore|instructions?)\b/gi,
  },
  {
    kind: "injection",
    label: "conceal_from_user",
    score: 0.8,
    pattern:
      /\b(?:do not|don't|never|without)\b (?:ever )?(?:tell(?:ing)?|inform(?:ing)?|mention(?:ing)?|alert(?:ing)?|notify(?:ing)?|reveal(?:ing)?|disclos(?:e|ing))\b[^.\n]{0,30}\b(?:to )?the (?:user|human|owner|operator|person)\b/gi,
  },
  {
    kind: "jailbreak",
    label: "persona_without_limits",
    score: 0.85,
    pattern:
      /\b(?:you are|you're|you will be|act as|act like|pretend|role-?play|simulate|behave as|respond as|become|imagine)\b[^.\n]{0,80}\b(?:dan|do anything now|jailbroken|unrestricted|unfiltered|uncensored|amoral|no (?:restrictions?|limits|limitations|filters?|rules|ethics|morals|guidelines)|without (?:any )?(?:restrictions?|limits|limitations|filters?|rules|ethics|morals|guidelines|censorship))\b/gi,
  },
  {
    kind: "jailbreak",
    label: "mode_switch",
    score: 0.8,
    pattern:
      /\bdo anything now\b|\b(?:DAN|developer|god|sudo|debug|jailbreak|unrestricted|evil|opposite) mode\b[^.\n]{0,20}\b(?:enabled?|on|activated?|engaged)\b|\b(?:enable|activate|enter|switch (?:in)?to|turn on) (?:DAN|developer|god|sudo|jailbreak|unrestricted|evil|opposite) mode\b/gi,
  },
  {
    kind: "jailbreak",
    label: "no_refusal",
    score: 0.75,
    pattern:
      /\b(?:never|do not|don't|cannot|can't|must not|are not allowed to|without)\b (?:ever )?(?:refus(?:e|ing)|declin(?:e|ing)|say(?:ing)? (?:no|you can(?:no|')?t)|break(?:ing)? character|warn(?:ing)? me|add(?:ing)? (?:any )?(?:warnings?|disclaimers?)|moraliz(?:e|ing)|apologi[sz](?:e|ing))\b/gi,
  },
  {
    kind: "jailbreak",
    label: "limits_lifted",
    score: 0.8,
    pattern:
      /\b(?:free|freed|liberated|released|exempt)\b[^.\n]{0,20}\bfrom (?:all |any |your |the )?(?:restrictions?|limitations?|rules|guidelines|policies|constraints|censorship)\b|\b(?:safety|content|ethical) (?:filters?|guidelines?|policies|protocols?|restrictions?)\b[^.\n]{0,20}\b(?:disabled|off|removed|lifted|do not apply|don't apply|no longer apply)\b|\b(?:disable|turn off|remove|bypass|ignore) (?:all |any |your |the )?(?:safety|content|ethical|moderation) (?:filters?|guidelines?|policies|protocols?|restrictions?|measures)\b/gi,
  },
];

function readSignals(text: string): Finding[] {
  return SIGNALS.flatMap(({ kind, label, score, pattern }) => {
    const found: Finding[] = [];
    for (const match of text.matchAll(pattern)) {
      if (found.length === SIGNALS_PER_RULE_MAX) break;
      found.push({ kind, label, score, start: match.index, end: match.index + match[0].length });
    }
    return found;
  });
}

const BASE64 = new RegExp(`[A-Za-z0-9+/_-]{24,${ENCODED_CHARS_MAX}}={0,2}`, "g");

/** Null when the bytes are no text. */
function decode(encoded: string): string | null {
  try {
    const padded = encoded.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, "");
    const bytes = Uint8Array.from(atob(padded), (character) => character.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null; // Most long words are no Base64, and most Base64 is no text.
  }
}

/** What a stretch of Base64 says; the finding is the stretch. */
function readEncoded(text: string): Finding[] {
  const stretches: { readonly text: string; readonly at: number }[] = [];
  for (const match of text.matchAll(BASE64)) {
    if (stretches.length === ENCODED_STRETCHES_MAX) break;
    stretches.push({ text: match[0], at: match.index });
  }
  return stretches.flatMap(({ text: encoded, at }) => {
    const plain = decode(encoded);
    const [first] = plain === null ? [] : readSignals(plain);
    return first === undefined ? [] : [{ ...first, start: at, end: at + encoded.length }];
  });
}

/** Signals in a text, also in what it holds as Base64. Offsets are into that text. */
export const findSignals = (text: string): Finding[] => [...readSignals(text), ...readEncoded(text)];
