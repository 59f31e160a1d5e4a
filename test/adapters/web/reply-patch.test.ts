import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyPatch, diffReply } from '../../../adapters/web/reply-patch.ts'
import type { WirePart, WireReply } from '../../../adapters/web/wire.ts'

const text = fc.string({ maxLength: 8 })
const words = fc
  .constantFrom('text', 'prompt')
  .chain((type): fc.Arbitrary<WirePart> =>
    type === 'text'
      ? fc.record({ type: fc.constant('text'), text, streaming: fc.boolean() })
      : fc.record({ type: fc.constant('prompt'), block: fc.nat(2), text, streaming: fc.boolean() }),
  )
const drawing: fc.Arbitrary<WirePart> = fc
  .record({ step: fc.nat(3), previewUrl: fc.option(fc.constantFrom('data:a', 'data:b'), { nil: undefined }) })
  .map(({ step, previewUrl }) => ({
    type: 'progress',
    progress: {
      ...{ phase: 'drawing', block: 0, image: 0, images: 1, step, steps: 3, elapsedMs: step },
      ...(previewUrl === undefined ? {} : { previewUrl }),
    },
  }))
const part = fc.oneof(words, drawing, fc.constant<WirePart>({ type: 'progress', progress: { phase: 'thinking' } }))
const reply: fc.Arbitrary<WireReply> = fc.record({
  replyId: fc.constant('r'),
  jobId: fc.constant('j'),
  inReplyTo: fc.constant('e'),
  state: fc.constantFrom('running', 'done'),
  parts: fc.array(part, { maxLength: 4 }),
  final: fc.boolean(),
})

describe('a patch', () => {
  it('turns any state of a reply into any other', () => {
    fc.assert(
      fc.property(reply, reply, (before, after) => {
        const sent = JSON.parse(JSON.stringify(diffReply(before, after))) as ReturnType<typeof diffReply>
        expect(applyPatch(before, sent)).toEqual(after)
      }),
    )
  })

  it('sends added words alone, and a step without the preview that stays', () => {
    const state = (said: string, step: number): WireReply => ({
      ...{ replyId: 'r', jobId: 'j', inReplyTo: 'e', state: 'running', final: false },
      parts: [
        { type: 'text', text: said, streaming: true },
        {
          type: 'progress',
          progress: {
            ...{ phase: 'drawing', block: 0, image: 0, images: 1, step, steps: 9, elapsedMs: 1 },
            previewUrl: 'data:long',
          },
        },
      ],
    })
    const { changes } = diffReply(state('Once', 1), state('Once upon', 2))
    expect(changes).toEqual([
      { index: 0, append: ' upon' },
      { index: 1, progress: { phase: 'drawing', block: 0, image: 0, images: 1, step: 2, steps: 9, elapsedMs: 1 } },
    ])
  })
})
