/** A pre-tokeniser of a tokenizer.json; a Sequence holds more of them in `pretokenizers`. */
export interface PreTokenizerDescription {
  readonly type: string
  readonly [field: string]: unknown
}

/** GPT-2's words, as the ByteLevel pre-tokeniser cuts them. */
const gpt2Words = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"

/**
 * An equivalent of `description` that @huggingface/tokenizers reads as the Rust library reads the original:
 * - ByteLevel's own pattern becomes a Split, in which the library takes \s for Unicode's White_Space as it should;
 * - case-insensitive groups also match the long s and the Kelvin sign;
 * - Split's behaviours, of which the library knows only Isolated and Removed, become patterns;
 * - Metaspace with `split` is followed by the split that the library leaves out.
 */
export function rewritePreTokenizer(description: PreTokenizerDescription | null): PreTokenizerDescription | null {
  switch (description?.type) {
    case 'Sequence': {
      const parts = (description['pretokenizers'] ?? []) as readonly PreTokenizerDescription[]
      return { ...description, pretokenizers: parts.map(rewritePreTokenizer) }
    }
    case 'ByteLevel':
      return description['use_regex'] === false || description['add_prefix_space'] === true
        ? description
        : sequence(isolated(gpt2Words), { ...description, use_regex: false })
    case 'Split':
      return rewriteSplit(description)
    case 'Metaspace':
      return rewriteMetaspace(description)
    default:
      return description
  }
}

const isolated = (pattern: string): PreTokenizerDescription => ({
  type: 'Split',
  pattern: { Regex: pattern },
  behavior: 'Isolated',
  invert: false,
})

const sequence = (...pretokenizers: readonly PreTokenizerDescription[]): PreTokenizerDescription => ({
  type: 'Sequence',
  pretokenizers,
})

function rewriteSplit(description: PreTokenizerDescription): PreTokenizerDescription {
  const { Regex: regex, String: text } = (description['pattern'] ?? {}) as { Regex?: string; String?: string }
  const pattern = regex === undefined ? escapePattern(text ?? '') : foldCase(regex)
  const other = `(?:(?!(?:${pattern}))[\\s\\S])`
  switch (description['behavior']) {
    case 'Isolated':
      return isolated(pattern)
    case 'MergedWithPrevious':
      return isolated(`${other}+(?:${pattern})?|${pattern}`)
    case 'MergedWithNext':
      return isolated(`(?:${pattern})?${other}+|${pattern}`)
    case 'Contiguous':
      return isolated(`(?:${pattern})+`)
    default:
      return { ...description, pattern: { Regex: pattern } }
  }
}

const escapePattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')

/** Of the ASCII letters only s and k have case variants outside ASCII. */
const foldCase = (pattern: string): string =>
  pattern.replace(/\(\?i:([^()[\]\\]*)\)/g, (_, inner: string) => {
    const folded = inner.replace(/s/gi, '[s\u017F]').replace(/k/gi, '[k\u212A]')
    return `(?i:${folded})`
  })

function rewriteMetaspace(description: PreTokenizerDescription): PreTokenizerDescription {
  const replacement = (description['replacement'] as string | undefined) ?? '\u2581'
  const scheme = description['prepend_scheme'] ?? (description['add_prefix_space'] === false ? 'never' : 'always')
  const metaspace = { ...description, prepend_scheme: scheme }
  return description['split'] === false ? metaspace : sequence(metaspace, isolated(`${replacement}?[^${replacement}]*`))
}
