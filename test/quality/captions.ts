/** The factors of a scene of the embedded world, as its detailed captions say them. */
export interface Factors {
  readonly size: string
  readonly colour: string
  readonly object: string
  readonly accessory: string
  readonly position: string
  readonly background: string
}

export const factorNames = ['size', 'colour', 'object', 'accessory', 'position', 'background'] as const
export type FactorName = (typeof factorNames)[number]

const pattern =
  /^an? (small|big) (\w+) (\w+)( wearing a crown| wearing a top hat| with a red balloon|) (on the left|in the center|on the right), (.*), cartoon style$/

/** Reads a detailed caption ("a big red car on the left, on a sandy beach by the sea, cartoon style"). */
export function parseCaption(caption: string): Factors | undefined {
  const [, size, colour, object, accessory, position, background] = pattern.exec(caption.trim()) ?? []
  if (size === undefined) return undefined
  return {
    size,
    colour: colour!,
    object: object!,
    accessory: accessory!.trim(),
    position: position!,
    background: background!,
  }
}

export const writeCaption = (f: Factors): string =>
  `${/^[aeiou]/.test(f.size) ? 'an' : 'a'} ${f.size} ${f.colour} ${f.object}${f.accessory && ` ${f.accessory}`} ${f.position}, ${f.background}, cartoon style`

/** The factors in which two scenes differ. */
export const changedFactors = (a: Factors, b: Factors): readonly FactorName[] =>
  factorNames.filter((name) => a[name] !== b[name])

/** What a difference of factors is called: the edit's kind. */
export const editKinds: Readonly<Record<FactorName, string>> = {
  colour: 'colour',
  object: 'object',
  accessory: 'accessory',
  position: 'place',
  size: 'size',
  background: 'background',
}
