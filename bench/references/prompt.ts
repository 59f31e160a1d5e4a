/** The ids that language engines are given, above the special and byte tokens of their vocabularies. */
const first = 300
const idAt = (place: number, vocabulary: number): number => first + ((place * 7919) % (vocabulary - first))

export const promptIds = (count: number, vocabulary: number): number[] =>
  Array.from({ length: count }, (_, i) => idAt(i, vocabulary))

/** The id fed at a step of decoding: fixed, so that engines whose words differ still do the same work. */
export const decodedId = (step: number, vocabulary: number): number => idAt(step + 4000, vocabulary)
