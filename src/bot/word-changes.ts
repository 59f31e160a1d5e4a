import type { PromptWord } from '../contract/outgoing.ts'

/** Two prompts word by word: what the other one lacks is changed (longest common subsequence). */
export function wordChanges(
  source: string,
  target: string,
): { readonly source: readonly PromptWord[]; readonly target: readonly PromptWord[] } {
  const before = wordsOf(source)
  const after = wordsOf(target)
  const common = commonPairs(before, after)
  const marked = (words: readonly string[], kept: ReadonlySet<number>) =>
    words.map((text, i) => ({ text, changed: !kept.has(i) }))
  return {
    source: marked(before, new Set(common.map(([i]) => i))),
    target: marked(after, new Set(common.map(([, j]) => j))),
  }
}

const wordsOf = (prompt: string): readonly string[] => prompt.split(/\s+/).filter((word) => word !== '')

/** Words are the same when they differ in case or marks only. */
const plain = (word: string) => word.toLowerCase().replaceAll(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '')

function commonPairs(before: readonly string[], after: readonly string[]): readonly (readonly [number, number])[] {
  const isSame = (i: number, j: number) => plain(before[i]!) === plain(after[j]!)
  const lengths = Array.from({ length: before.length + 1 }, () => new Uint16Array(after.length + 1))
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      lengths[i]![j] = isSame(i, j) ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!)
  const pairs: (readonly [number, number])[] = []
  for (let i = 0, j = 0; i < before.length && j < after.length;)
    if (isSame(i, j)) pairs.push([i++, j++])
    else if (lengths[i + 1]![j]! >= lengths[i]![j + 1]!) i++
    else j++
  return pairs
}
