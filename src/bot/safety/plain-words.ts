/** Digits and signs that stand for letters ("p0rn"); 1 is an i or an l, so there are two readings. */
const disguises: Readonly<Record<string, string>> = {
  0: 'o',
  3: 'e',
  4: 'a',
  5: 's',
  7: 't',
  '@': 'a',
  $: 's',
  '!': 'i',
}

/** Cyrillic and Greek letters that look like Latin ones. */
const lookAlikes: Readonly<Record<string, string>> = Object.fromEntries(
  [...'аaеeоoрpсcхxуyіiѕsԁdнhкkмmтtαaεeοoρpιiκkνvτtχx'].flatMap((letter, i, all) =>
    i % 2 === 0 ? [[letter, all[i + 1]!]] : [],
  ),
)

/** Scripts that are written without spaces between words. */
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u

/** Letters one by one, with spaces or signs between them: "n u d e", "n.u.d.e". */
const spelledOut = /(?<![\p{L}\p{N}])\p{L}(?:[\s._*-]+\p{L}(?![\p{L}\p{N}])){2,}/gu

/** A text as it is searched. */
export interface PlainWords {
  /** Readings of the text: lower-case words with one space around each. */
  readonly readings: readonly string[]
  /** Every letter and digit without anything between them, for scripts without spaces. */
  readonly unspaced: string
}

/** One form for what looks alike: NFKC, lower case, without accents and invisible characters. */
export const folded = (text: string): string =>
  text
    .normalize('NFKC')
    .replaceAll(/\p{Cf}/gu, '')
    .toLowerCase()
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .normalize('NFC')

/** Whether a word is found anywhere in a text, not between spaces. */
export const isUnspaced = (word: string): boolean => unspaced.test(word)

/** The words of folded text, with one space around each. */
export const spaced = (text: string): string => ` ${(text.match(/[\p{L}\p{N}]+/gu) ?? []).join(' ')} `

/** A text in the ways in which it may be meant: as it is, undisguised, and with spelled-out words put together. */
export function plainWords(text: string): PlainWords {
  const plain = folded(text)
  const latin = plain.replaceAll(/[^\p{ASCII}]/gu, (letter) => lookAlikes[letter] ?? letter)
  const joined = latin.replaceAll(spelledOut, (letters) => {
    const word = letters.replaceAll(/[^\p{L}]/gu, '')
    return `${word} ${word.slice(1)}` // "a n u d e" begins with an article
  })
  const undisguised = ['i', 'l'].map((one) => joined.replaceAll(/[013457@$!]/g, (sign) => disguises[sign] ?? one))
  const readings = new Set([plain, latin, joined, ...undisguised].map(spaced))
  return { readings: [...readings], unspaced: plain.replaceAll(/[^\p{L}\p{N}]/gu, '') }
}
