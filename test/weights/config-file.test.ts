import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { readConfig } from '../../src/weights/config-file.ts'
import { temporaryFolder } from './write-safetensors.ts'

const folder = temporaryFolder()
const schema = z.object({
  hidden_size: z.number().int().positive(),
  hidden_act: z.enum(['gelu', 'silu']).default('silu'),
  rope: z.object({ theta: z.number() }).optional(),
})

function written(name: string, text: string): string {
  const file = path.join(folder, `${name}.json`)
  writeFileSync(file, text)
  return file
}

describe('a config file', () => {
  it('gives what the schema names, with its defaults', () => {
    const file = written('sound', '{"hidden_size": 8, "architectures": ["X"]}')
    expect(readConfig(file, schema)).toEqual({ hidden_size: 8, hidden_act: 'silu' })
  })

  it.each([
    [
      'wrong',
      '{"hidden_size": -8, "hidden_act": "mish"}',
      'model/unsupported',
      /hidden_size: .*; hidden_act: .*"silu"/,
    ],
    ['deep', '{"hidden_size": 8, "rope": {"theta": "a"}}', 'model/unsupported', /rope\.theta: /],
    ['array', '[]', 'model/unsupported', /the file: /],
    ['cut off', '{"hidden_size": 8', 'weights/corrupt', /not JSON/],
    ['empty', '', 'weights/corrupt', /not JSON/],
  ])('that is %s is refused by name', (name, text, code, message) => {
    const file = written(name, text)
    expect(() => readConfig(file, schema)).toThrow(
      expect.objectContaining({
        code,
        message: expect.stringMatching(message) as string,
        hint: expect.any(String) as string,
        details: { file },
      }),
    )
  })

  it.each(['nowhere.json', 'a-folder'])('%s cannot be opened', (name) => {
    mkdirSync(path.join(folder, 'a-folder'), { recursive: true })
    const file = path.join(folder, name)
    expect(() => readConfig(file, schema)).toThrow(
      expect.objectContaining({ code: 'weights/missing', message: `${file}: the file cannot be opened` }),
    )
  })
})
