import { describe, expect, it } from 'vitest'
import { controlInputs, planEdit, stepRange } from '../../../src/families/prompt-to-prompt/edit-plan.ts'
import { literalWords, placesOfWord, weightedWords } from '../../../src/families/prompt-to-prompt/prompt-words.ts'
import { mapOverRows, refineMap, replaceMap, rowsOfPlaces } from '../../../src/families/prompt-to-prompt/token-map.ts'
import { loadClipTokenizer } from '../../../src/tokenizers/clip-bpe.ts'

const tokenizer = loadClipTokenizer('test/golden/cases/lm/assets/clip-tokenizer')
const prompt = (text: string) => literalWords(tokenizer, text)
/** For each target place the source places it takes from. */
const sources = ({ size, share }: ReturnType<typeof refineMap>) =>
  Array.from({ length: size }, (_, to) => [...new Array(size).keys()].filter((from) => share[from * size + to]! > 0))

describe('a word swap', () => {
  it('spreads a word of several tokens evenly over one of fewer', () => {
    const [from, to] = [prompt('a lasagna here'), prompt('a floccinaucinihilipilification here')]
    const map = replaceMap(from, to, 20)
    const places = placesOfWord(to, 'floccinaucinihilipilification')
    expect(places).toHaveLength(10)
    for (const place of places) expect(map.share[2 * 20 + place]).toBeCloseTo(1 / 10)
    expect(map.known.every((value) => value === 1)).toBe(true)
  })

  it('is refused for prompts of other lengths, with both counted', () => {
    expect(() => replaceMap(prompt('a cat'), prompt('a big cat'), 77)).toThrow(/2, the target prompt 3/)
  })
})

describe('a refinement', () => {
  it('keeps what both prompts have and marks what is new', () => {
    const map = refineMap(prompt('a cat on a chair'), prompt('a black cat on a chair'), 12)
    expect(sources(map)).toEqual([[0], [1], [], [2], [3], [4], [5], [6], [8], [9], [10], [11]])
    expect([...map.known]).toEqual([1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1])
  })
})

describe('rows of chunks', () => {
  it('leave out the inner ends', () => {
    const rows = rowsOfPlaces(154)
    expect(rows).toHaveLength(152)
    expect([rows[0], rows[1], rows[75], rows[76], rows[150], rows[151]]).toEqual([0, 1, 75, 78, 152, 153])
    expect(rowsOfPlaces(77)).toEqual([...new Array(77).keys()])
    expect(rowsOfPlaces(82).slice(-5)).toEqual([75, 78, 79, 80, 81]) // SDXL: the last group is as short as its words
  })

  it('map the inner ends to themselves', () => {
    const { size, share, known } = mapOverRows(refineMap(prompt('a cat'), prompt('a dog'), 152), rowsOfPlaces(154))
    for (const row of [76, 77]) expect([share[row * size + row], known[row]]).toEqual([1, 1])
  })
})

describe('the plan of an edit', () => {
  const long = `${new Array<string>(80).fill('very').join(' ')} old`
  const base = { mode: 'replace', rows: 154, steps: 10, crossReplace: 0.8, selfReplace: 0.4 } as const
  const twoChunks = { ...base, source: prompt(`${long} cat`), target: prompt(`${long} dog`) }

  it('finds a word beyond token 77 in the second chunk', () => {
    const plan = planEdit({ ...twoChunks, blendWords: { source: ['cat'], target: ['dog'] }, wordWeights: { dog: 3 } })
    const columns = [...plan.blendColumns!].flatMap((value, i) => (value === 1 ? [i] : []))
    expect(columns).toEqual([84, 154 + 84]) // 82nd token: the 7th of the second chunk, whose BOS is row 77
    expect(plan.equalizer[84]).toBe(3)
  })

  it('is linear in both maps: identity where nothing is replaced any more', () => {
    const plan = planEdit(twoChunks)
    const late = controlInputs(plan, 9, 1024)
    expect(late['p2p_source_share']!.data.every((value) => value === 0)).toBe(true)
    expect(late['p2p_target_share']!.data.every((value) => value === 1)).toBe(true)
    expect(late['p2p_self_limit']!.data[0]).toBe(0)
    const early = controlInputs(plan, 0, 1024)
    expect(early['p2p_target_share']!.data.every((value) => value === 0)).toBe(true)
    expect(early['p2p_self_limit']!.data[0]).toBe(1024)
  })

  it('names a word that is not in its prompt', () => {
    const blendWords = { source: ['horse'], target: ['dog'] }
    expect(() => planEdit({ ...twoChunks, blendWords })).toThrow(/"horse" is not in the source prompt/)
  })

  it('rounds shares of the steps down', () => {
    expect(stepRange(0.4, 51)).toEqual([0, 20])
    expect(stepRange([0.1, 0.65], 11)).toEqual([1, 7])
  })
})

describe('weighted prompts', () => {
  it('are aligned by their words without brackets', () => {
    expect(weightedWords(tokenizer, 'a (blue:1.3)  cat')).toEqual(prompt('a blue cat'))
  })
})
