import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createStopText } from '../../src/pipelines/stop-text.ts'

function through(stop: string, pieces: readonly string[]) {
  const filter = createStopText(stop)
  const out = pieces.map((piece) => filter.push(piece))
  return { text: out.join('') + filter.end(), stopped: filter.stopped, out }
}

it('lets everything up to the stop string through, however it is cut', () => {
  const pieces = fc.array(fc.string({ unit: fc.constantFrom('#', 'a', '\n'), maxLength: 4 }), { maxLength: 12 })
  fc.assert(
    fc.property(pieces, (cut) => {
      const whole = cut.join('')
      const at = whole.indexOf('###')
      expect(through('###', cut)).toMatchObject({ text: at < 0 ? whole : whole.slice(0, at), stopped: at >= 0 })
    }),
  )
})

it('holds back no more than may belong to the stop string', () => {
  expect(through('###', ['a#', 'b##', 'c']).out).toEqual(['a', '#b', '##c'])
})
