/** Languages that the bot speaks to people; every sentence stands once in each catalogue (src/language). */
export const languages = ['en', 'zh'] as const
export type Language = (typeof languages)[number]

/** The language for a platform's locale ('zh-CN', 'en_GB'); undefined for one that the bot does not speak. */
export function languageOf(locale: string | undefined): Language | undefined {
  const primary = locale?.toLowerCase().split(/[-_]/)[0]
  return languages.find((language) => language === primary)
}

const han = /\p{Script=Han}/u

/** The language that words are written in, where the letters tell. */
export const languageOfWords = (words: string): Language | undefined => (han.test(words) ? 'zh' : undefined)
