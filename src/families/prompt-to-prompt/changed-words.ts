/** What two prompts have that the other has not, and what kind of change that is. */

export interface ChangedWords {
  /** Places in each prompt's words. */
  readonly source: readonly number[]
  readonly target: readonly number[]
  /** Whether one prompt becomes the other by putting words in the places of words, one for one. */
  readonly oneForOne: boolean
}

/** A word without case and without the punctuation that touches it. */
export const plainWord = (word: string): string => word.toLowerCase().replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '')

/** Words outside of a longest common subsequence of both prompts; case and punctuation do not count. */
export function changedWords(source: readonly string[], target: readonly string[]): ChangedWords {
  const [a, b] = [source.map(plainWord), target.map(plainWord)]
  const width = b.length + 1
  const common = new Int32Array((a.length + 1) * width) // of a[i..] and b[j..]
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i * width + j] =
        a[i] === b[j]
          ? common[(i + 1) * width + j + 1]! + 1
          : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!)
  const changed = { source: [] as number[], target: [] as number[] }
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    if (i < a.length && a[i] === b[j]) {
      i++
      j++
    } else if (j === b.length || (i < a.length && common[(i + 1) * width + j]! >= common[i * width + j + 1]!))
      changed.source.push(i++)
    else changed.target.push(j++)
  }
  const inPlace = a.filter((word, i) => word === b[i]).length
  return { ...changed, oneForOne: a.length === b.length && inPlace === common[0] }
}

/**
 * - `object`: one thing becomes another, or goes;
 * - `addition`: something comes, where nothing of the source prompt went;
 * - `colour`: nothing but colours;
 * - `surroundings`: the place or the style around it;
 * - `layout`: where something is or how large: maps of the source would hold it where it was.
 */
export type ChangeKind = 'object' | 'addition' | 'colour' | 'surroundings' | 'layout'

const list = (words: string) => new Set(words.split(/\s+/))

const colours = list(
  `red orange yellow green blue purple pink brown black white grey gray golden gold silver violet turquoise cyan magenta
  beige maroon navy teal crimson scarlet dark light bright pale`,
)
const positions = list(
  'left right center centre middle top bottom upper lower corner side edge front back foreground far near away',
)
/** What stands before a word of position, and not before a top hat or a front door. */
const beforePositions = list('the at on in to far upper lower bottom top its')
const sizes = list(
  `big bigger biggest small smaller smallest large larger huge giant tiny little tall taller short shorter wide wider
  narrow enormous miniature`,
)
const styles = list(
  `style painting drawing sketch photo photograph watercolor watercolour cartoon anime render illustration pixel oil
  background sky weather season winter summer autumn spring night day sunset sunrise dawn dusk evening morning`,
)
const placePrepositions = list(
  `in on at under by inside outside near beside against above below over behind among within along across around
  against before amid beneath`,
)
/** Words that name nothing that could be seen. */
const functionWords = list(
  `a an the of and or with without to for from as is are was were be being been it its this that these those his her
  their some any one wearing holding having has have standing sitting who which ${[...placePrepositions].join(' ')}`,
)

/**
 * The kind of a change, by its words and by the phrase (between punctuation marks) in which they stand: words of size
 * and position move things; words of style, and phrases that begin with a preposition of place, are surroundings.
 */
export function changeKind(source: readonly string[], target: readonly string[], changed: ChangedWords): ChangeKind {
  const sides = [
    { words: source, places: changed.source },
    { words: target, places: changed.target },
  ].map((side) => ({ ...side, places: contentPlaces(side.words, side.places) }))
  type Test = (words: readonly string[], place: number) => boolean
  const any = (is: Test) => sides.some(({ words, places }) => places.some((place) => is(words, place)))
  const every = (is: Test) => sides.every(({ words, places }) => places.every((place) => is(words, place)))
  if (every(isLayout) && any(isLayout)) return 'layout'
  if (any(isSurrounding)) return 'surroundings'
  if (any(isLayout)) return 'layout'
  if (every(isColour) && any(isColour)) return 'colour'
  return sides[0]!.places.length === 0 ? 'addition' : 'object'
}

const isColour = (words: readonly string[], place: number): boolean => colours.has(plainWord(words[place]!))

const isSurrounding = (words: readonly string[], place: number): boolean =>
  styles.has(plainWord(words[place]!)) || (place > 0 && placePrepositions.has(phraseStart(words, place)))

const isLayout = (words: readonly string[], place: number): boolean =>
  sizes.has(plainWord(words[place]!)) ||
  (positions.has(plainWord(words[place]!)) && place > 0 && beforePositions.has(plainWord(words[place - 1]!)))

/** The first word of the phrase in which a word stands. */
function phraseStart(words: readonly string[], place: number): string {
  let start = place
  while (start > 0 && !/[,.;:!?]$/.test(words[start - 1]!)) start--
  return plainWord(words[start]!)
}

/** Of some places those whose words name something; all of them where none does. */
export function contentPlaces(words: readonly string[], places: readonly number[]): number[] {
  const content = places.filter((place) => !functionWords.has(plainWord(words[place]!)))
  return content.length > 0 ? content : [...places]
}

/**
 * The words of a prompt that a person means: as they stand there, else whatever their case and the punctuation around
 * them; several words are looked for one by one. Undefined when one of them is not in the prompt.
 */
export function findWords(prompt: readonly string[], wanted: string): string[] | undefined {
  const found: string[] = []
  for (const word of wanted.trim().split(/\s+/)) {
    const matches = prompt.includes(word) ? [word] : prompt.filter((one) => plainWord(one) === plainWord(word))
    if (matches.length === 0) return undefined
    found.push(...matches)
  }
  return [...new Set(found)]
}
