import { describe, expect, it } from 'vitest'
import {
  changedWords,
  changeKind,
  findWords,
  type ChangeKind,
} from '../../../src/families/prompt-to-prompt/changed-words.ts'

const words = (prompt: string) => prompt.split(' ')
const changeOf = (source: string, target: string) => {
  const changed = changedWords(words(source), words(target))
  const named = (prompt: string, places: readonly number[]) => places.map((place) => words(prompt)[place])
  return { source: named(source, changed.source), target: named(target, changed.target), oneForOne: changed.oneForOne }
}

describe('changed words', () => {
  it.each([
    ['a cat on a mat', 'a dog on a mat', ['cat'], ['dog'], true],
    ['a cat on a mat', 'a big cat on a mat', [], ['big'], false],
    ['a big cat on a mat', 'a cat on a mat', ['big'], [], false],
    ['a cat on a mat', 'a cat on a mat', [], [], true],
    ['A Cat, asleep', 'a cat asleep', [], [], true],
    ['a red cat on a green mat', 'a blue cat on a pink mat', ['red', 'green'], ['blue', 'pink'], true],
    ['', 'a cat', [''], ['a', 'cat'], false],
  ])('%j becomes %j', (source, target, gone, come, oneForOne) => {
    expect(changeOf(source, target)).toEqual({ source: gone, target: come, oneForOne })
  })

  it('are no swaps where as many words stand in other places', () => {
    expect(changeOf('one two three four', 'four three two one').oneForOne).toBe(false)
    expect(changeOf('a cat on a mat', 'a big cat on mat').oneForOne).toBe(false)
  })
})

describe('the kind of a change', () => {
  it.each<[ChangeKind, string, string]>([
    ['colour', 'a big orange cat in the center, on a meadow', 'a big blue cat in the center, on a meadow'],
    ['colour', 'a cat with a dark red hat', 'a cat with a pale blue hat'],
    ['object', 'a big blue cat on the left, in the snow', 'a big blue dog on the left, in the snow'],
    ['object', 'a cat wearing a crown, in the snow', 'a cat, in the snow'],
    ['addition', 'a small boat on the left, on a beach', 'a small boat wearing a top hat on the left, on a beach'],
    [
      'surroundings',
      'a fox in the center, in a forest with tall trees',
      'a fox in the center, in the snow under a sky',
    ],
    ['surroundings', 'a heart, on a plain white background', 'a heart, in a room with a wooden floor'],
    ['surroundings', 'a photo of a cat', 'a watercolor of a cat'],
    ['layout', 'a small cat in the center, on a beach', 'a small cat on the left, on a beach'],
    ['layout', 'a small blue heart on the right', 'a big blue heart on the right'],
    ['layout', 'a small red heart on the right', 'a big blue heart on the right'],
  ])('is %s: %j to %j', (kind, source, target) => {
    const [a, b] = [words(source), words(target)]
    expect(changeKind(a, b, changedWords(a, b))).toBe(kind)
  })
})

describe('words that a person means', () => {
  const prompt = words('A cat, with a top hat, and another Cat')
  it.each([
    ['cat', ['cat,', 'Cat']],
    ['cat,', ['cat,']],
    ['top hat', ['top', 'hat,']],
    ['dog', undefined],
    ['top dog', undefined],
  ])('%j', (wanted, found) => {
    expect(findWords(prompt, wanted)).toEqual(found)
  })
})
