const named: Readonly<Record<string, number>> = {
  a: 1, an: 1, one: 1, two: 2, three: 3, four: 4, five: 5, six: 6, seven: 7, eight: 8, nine: 9, ten: 10, twelve: 12,
  once: 1, twice: 2, thrice: 3, double: 2, both: 2, couple: 2, few: 3, several: 4,
  first: 1, second: 2, third: 3, fourth: 4, fifth: 5, sixth: 6, seventh: 7, eighth: 8, ninth: 9, tenth: 10,
  一: 1, 二: 2, 两: 2, 三: 3, 四: 4, 五: 5, 六: 6, 七: 7, 八: 8, 九: 9, 十: 10,
} // prettier-ignore

const digits = '\\d+(?:\\.\\d+)?'
const names = Object.keys(named).sort((a, b) => b.length - a.length)

/** A regular expression's source for a whole number in digits or words, English or Chinese. */
export const numberPattern = `(?:${digits}|${names.join('|')})`

/** The value of what `numberPattern` found; undefined for other words. */
export function numberOf(word: string | undefined): number | undefined {
  if (word === undefined) return undefined
  const value = /^[\d.]+$/.test(word) ? Number(word) : named[word.toLowerCase()]
  return value !== undefined && Number.isFinite(value) ? value : undefined
}

const shares: readonly (readonly [RegExp, number])[] = [
  [/\b(?:a|one) third\b|\bthird\b|三分之一/i, 1 / 3],
  [/\btwo[- ]thirds\b|三分之二/i, 2 / 3],
  [/\bquarter\b|四分之一/i, 1 / 4],
  [/\b(?:half|50 ?%)|一半|半/i, 1 / 2],
  [/\b(?:twice|double|doubled)\b|一倍|两倍/i, 1],
]

/** "by half", "25%", "a third", "twice as wide": a share of a side to add; undefined when none is said. */
export function shareOf(text: string): number | undefined {
  const percent = /(\d+(?:\.\d+)?) ?(?:%|percent\b|per cent\b)|百分之(\d+)/i.exec(text)
  if (percent) return Number(percent[1] ?? percent[2]) / 100
  if (/two[- ]thirds/i.test(text)) return 2 / 3
  return shares.find(([pattern]) => pattern.test(text))?.[1]
}

/** "200px", "200 pixels", "200像素". */
export function pixelsOf(text: string): number | undefined {
  const found = /(\d+) ?(?:px|pixels?|像素)/i.exec(text)
  return found ? Number(found[1]) : undefined
}

/** "16:9", "3 by 2", "16x9": width over height, from 1:10 to 10:1; undefined when none is said. */
export function ratioOf(text: string): number | undefined {
  const found = /(?<![\d:])(\d{1,2}(?:\.\d+)?) ?(?:[:：/x×]|by|比) ?(\d{1,2}(?:\.\d+)?)(?![\d:])/i.exec(text)
  const ratio = found ? Number(found[1]) / Number(found[2]) : Number.NaN
  return ratio >= 0.1 && ratio <= 10 ? ratio : undefined
}
