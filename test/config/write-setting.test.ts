import { describe, expect, it } from 'vitest'
import { parseJsonWithComments } from '../../config/config-file.ts'
import { withSetting } from '../../config/write-setting.ts'

describe('withSetting', () => {
  it.each([
    ['{}\n', '{\n  "t2i": "x"\n}\n'],
    [
      '{ "a": { "t2i": 1 }, "b": [1, { "t2i": "y" }] }',
      '{\n  "t2i": "x", "a": { "t2i": 1 }, "b": [1, { "t2i": "y" }] }',
    ],
    ['{ "LLMGA_T2I" : "old" /* kept */ }', '{ "LLMGA_T2I" : "x" /* kept */ }'],
    ['{ "models": ["t2i"], "t2i": ["a", "b"], "c": 1 }', '{ "models": ["t2i"], "t2i": "x", "c": 1 }'],
    ['{ // "t2i": 1\n "c": "// no comment" }', '{\n  "t2i": "x", // "t2i": 1\n "c": "// no comment" }'],
  ])('%s becomes %s', (before, after) => {
    expect(withSetting(before, 't2i', '"x"')).toBe(after)
    expect(Object.values(parseJsonWithComments(after) as object)).toContain('x')
  })
})
