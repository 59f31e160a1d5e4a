import { loadClipTokenizer } from '../../../src/tokenizers/clip-bpe.ts'
import {
  conversationTemplates,
  type ConversationTemplate,
  type TemplateName,
} from '../../../src/tokenizers/conversation-templates.ts'
import {
  renderConversation,
  templateForModelName,
  type ConversationTurn,
} from '../../../src/tokenizers/conversation.ts'
import { createGenImageParser, parseGenImage, type GenImageReply } from '../../../src/tokenizers/gen-image.ts'
import { loadTokenizer } from '../../../src/tokenizers/load-tokenizer.ts'
import { createTextStream } from '../../../src/tokenizers/text-stream.ts'
import type { Tokenizer } from '../../../src/tokenizers/tokenizer.ts'
import type { GoldenCase } from '../case.ts'
import type { Checker } from '../check.ts'
import type { GoldenKind } from '../runner.ts'

interface ConversationItem {
  readonly template: TemplateName
  readonly turns: readonly ConversationTurn[]
  readonly image: boolean
  readonly system_text: string | null
}

export const tokenizerKinds: Record<string, GoldenKind> = {
  clip_tokenize(goldenCase, check) {
    const strings = goldenCase.inputs['strings'] as string[]
    const tokenizer = loadClipTokenizer(goldenCase.model())
    const tokenizer2 = loadClipTokenizer(goldenCase.model(), { padToken: '!' })
    const ids = strings.map((text) => tokenizer.encode(text))
    check.json('ids', ids)
    check.json(
      'ids_padded',
      strings.map((text) => tokenizer.encodePadded(text)),
    )
    check.json(
      'ids_tokenizer_2',
      strings.map((text) => tokenizer2.encode(text)),
    )
    check.json(
      'ids_padded_tokenizer_2',
      strings.map((text) => tokenizer2.encodePadded(text)),
    )
    check.json(
      'decode',
      ids.map((row) => tokenizer.decode(row, { skipSpecialTokens: true })),
    )
  },

  llama_spm_tokenize(goldenCase, check) {
    const tokenizer = loadTokenizer(goldenCase.model())
    const ids = checkTokenizer(goldenCase, check, tokenizer)
    check.json(
      'tokens',
      ids.map((row) => row.map((id) => tokenizer.token(id))),
    )
    const extra = goldenCase.inputs['extra_ids'] as number[][]
    check.json(
      'extra_decode',
      extra.map((row) => tokenizer.decode(row)),
    )
    check.json(
      'extra_decode_skip_special',
      extra.map((row) => tokenizer.decode(row, { skipSpecialTokens: true })),
    )
  },

  hf_tokenizer_json(goldenCase, check) {
    const tokenizer = loadTokenizer(goldenCase.model())
    checkTokenizer(goldenCase, check, tokenizer)
    const strings = goldenCase.inputs['strings'] as string[]
    check.json(
      'ids_no_special',
      strings.map((text) => tokenizer.encode(text, { addSpecialTokens: false })),
    )
  },

  conversation_prompt(goldenCase, check) {
    const items = goldenCase.inputs['items'] as ConversationItem[]
    const names = goldenCase.inputs['model_names'] as string[]
    check.json('prompts', items.map(render))
    check.json('conv_mode', names.map(templateForModelName))
    const defaults = Object.entries(conversationTemplates).map(([name, { systemPrefix, systemText, stop }]) => [
      name,
      { system: systemPrefix + systemText, stop },
    ])
    check.json('default_templates', Object.fromEntries(defaults), goldenCase.inputs['default_templates'])
    const prefixes = Object.entries<ConversationTemplate>(conversationTemplates).flatMap(([name, { systemPrefix }]) =>
      systemPrefix === '' ? [] : [[name, systemPrefix]],
    )
    check.json('system_prefix', Object.fromEntries(prefixes), goldenCase.inputs['system_prefix'])
  },

  gen_image_parse(goldenCase, check) {
    const strings = goldenCase.inputs['strings'] as string[]
    check.json('parsed', strings.map(parseGenImage))
    for (const length of [1, 3, Infinity])
      check.json(
        `parsed, streamed by ${length}`,
        strings.map((text) => parseStreamed(text, length)),
        goldenCase.expected['parsed'],
      )
  },
}

/** Compares ids, decodings and stream pieces; returns the ids. */
function checkTokenizer(goldenCase: GoldenCase, check: Checker, tokenizer: Tokenizer): number[][] {
  const strings = goldenCase.inputs['strings'] as string[]
  const ids = strings.map((text) => tokenizer.encode(text))
  check.json('ids', ids)
  check.json(
    'decode',
    ids.map((row) => tokenizer.decode(row)),
  )
  check.json(
    'decode_skip_special',
    ids.map((row) => tokenizer.decode(row, { skipSpecialTokens: true })),
  )
  check.json(
    'stream_pieces',
    ids.map((row) => streamPieces(tokenizer, row)),
  )
  return ids
}

function streamPieces(tokenizer: Tokenizer, ids: readonly number[]): string[] {
  const stream = createTextStream(tokenizer)
  return ids.map((id, i) => stream.push(id) + (i === ids.length - 1 ? stream.end() : ''))
}

const render = ({ template, turns, image, system_text: systemText }: ConversationItem): string =>
  renderConversation({ template, turns, image, ...(systemText === null ? {} : { systemText }) })

function parseStreamed(reply: string, length: number): GenImageReply {
  const parser = createGenImageParser()
  const chunks = length === Infinity ? [reply] : (reply.match(new RegExp(`[^]{1,${length}}`, 'g')) ?? [])
  const events = [...chunks.flatMap((chunk) => parser.push(chunk)), ...parser.end()]
  return {
    text: events.map((event) => (event.type === 'text' ? event.text : '')).join(''),
    prompts: events.flatMap((event) => (event.type === 'prompt-close' ? [event.prompt] : [])),
  }
}
