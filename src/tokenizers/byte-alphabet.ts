/** GPT-2's alphabet: every byte as a printable character, so that byte-level BPE works on strings. */
export const byteToCharacter: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  String.fromCharCode(isPrintable(byte) ? byte : 256 + unprintableBelow(byte)),
)

export const characterToByte: ReadonlyMap<string, number> = new Map(
  byteToCharacter.map((character, byte) => [character, byte]),
)

function isPrintable(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae
}

function unprintableBelow(byte: number): number {
  let count = 0
  for (let b = 0; b < byte; b++) if (!isPrintable(b)) count++
  return count
}
