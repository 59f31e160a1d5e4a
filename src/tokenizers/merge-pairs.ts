/** How early two neighbours are joined (lower first); undefined: never. */
export type PairRank = (left: string, right: string) => number | undefined

interface Candidate {
  readonly rank: number
  /** Index of the left symbol. */
  readonly left: number
  readonly right: number
  /** Length of both when the candidate was made: a symbol only grows, so another length means it is out of date. */
  readonly length: number
}

/**
 * Byte-pair encoding of one text (Sennrich et al., arXiv 1508.07909): joins the neighbours of lowest rank, leftmost
 * among equals, until no pair has a rank. O(n log n) by a heap over a linked list.
 */
export function mergePairs(symbols: readonly string[], rankOf: PairRank): string[] {
  const text: (string | undefined)[] = [...symbols]
  const next = Int32Array.from(symbols, (_, i) => (i + 1 < symbols.length ? i + 1 : -1))
  const previous = Int32Array.from(symbols, (_, i) => i - 1)
  const heap: Candidate[] = []

  const consider = (left: number, right: number): void => {
    if (left < 0 || right < 0) return
    const [a, b] = [text[left]!, text[right]!]
    const rank = rankOf(a, b)
    if (rank !== undefined) pushCandidate(heap, { rank, left, right, length: a.length + b.length })
  }

  for (let i = 0; i + 1 < symbols.length; i++) consider(i, i + 1)
  for (let best = popCandidate(heap); best; best = popCandidate(heap)) {
    const { left, right, length } = best
    const [a, b] = [text[left], text[right]]
    if (a === undefined || b === undefined || a.length + b.length !== length) continue
    text[left] = a + b
    text[right] = undefined
    const after = next[right]!
    next[left] = after
    if (after >= 0) previous[after] = left
    consider(previous[left]!, left)
    consider(left, after)
  }
  return text.filter((symbol) => symbol !== undefined)
}

const before = (a: Candidate, b: Candidate): boolean => a.rank < b.rank || (a.rank === b.rank && a.left < b.left)

function pushCandidate(heap: Candidate[], candidate: Candidate): void {
  let at = heap.push(candidate) - 1
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (!before(candidate, heap[parent]!)) break
    heap[at] = heap[parent]!
    at = parent
  }
  heap[at] = candidate
}

function popCandidate(heap: Candidate[]): Candidate | undefined {
  const top = heap[0]
  const last = heap.pop()
  if (!top || !last || heap.length === 0) return top
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
    if (!before(heap[child]!, last)) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = last
  return top
}
