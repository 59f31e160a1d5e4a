import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { readRecord, type RecordKind } from '../../src/conversation/migrations.ts'

interface Note {
  readonly version: number
  readonly words: readonly string[]
}

/** Version 1 had one text, version 2 called it `words`, version 3 has several. */
const notes: RecordKind<Note> = {
  name: 'note',
  version: 3,
  migrations: {
    1: ({ text, ...rest }) => ({ ...rest, words: text }),
    2: (record) => ({ ...record, words: String(record['words']).split(' ') }),
  },
  schema: z.looseObject({ version: z.literal(3), words: z.array(z.string()) }),
}

describe('stored records', () => {
  it('are led through every version up to the present one', () => {
    const now = { version: 3, words: ['a', 'b'] }
    expect(readRecord(notes, 'n', { version: 1, text: 'a b' })).toEqual(now)
    expect(readRecord(notes, 'n', { version: 2, words: 'a b' })).toEqual(now)
    expect(readRecord(notes, 'n', now)).toEqual(now)
  })

  it('keep keys that this version does not know', () => {
    expect(readRecord(notes, 'n', { version: 2, words: 'a', colour: 'red' })).toMatchObject({ colour: 'red' })
  })

  it.each([
    [{ version: 4, words: [] }, 'storage/newer-version', /note n.*version 4; this one knows 3/],
    [{ version: 0, text: '' }, 'storage/corrupt', /no way from version 0/],
    [{ version: 2.5 }, 'storage/corrupt', /no version/],
    [{ version: '3', words: [] }, 'storage/corrupt', /no version/],
    [{ version: 3, words: 'a' }, 'storage/corrupt', /note n.*words/],
    [null, 'storage/corrupt', /not a record/],
    ['{}', 'storage/corrupt', /not a record/],
  ])('are refused as %j, never misread', (value, code, message) => {
    expect(() => readRecord(notes, 'n', value)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) as string }),
    )
  })
})
